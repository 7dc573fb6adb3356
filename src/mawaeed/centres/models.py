"""The catalogue everything refers to: agencies, directorates, centres, services, counters.

Texts for people are JSON objects keyed by language (`{"ar": …, "en": …}`), so that a third
language needs no migration; `centres.names.localised` reads them.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mawaeed.centres.names import shown


class Agency(models.Model):
    """A tenant: the body that owns directorates and centres."""

    code = models.SlugField(pgettext_lazy("catalogue", "code"), max_length=40, unique=True)
    name = models.JSONField(_("name"))
    timezone = models.CharField(_("time zone"), max_length=40, default="Asia/Bahrain")
    contact = models.JSONField(_("ways of contact"), default=dict, blank=True)

    class Meta:
        verbose_name = _("agency")
        verbose_name_plural = _("agencies")

    def __str__(self) -> str:
        return shown(self.name)


class Directorate(models.Model):
    """A part of an agency that defines services."""

    agency = models.ForeignKey(
        Agency, on_delete=models.PROTECT, related_name="directorates", verbose_name=_("agency")
    )
    code = models.SlugField(pgettext_lazy("catalogue", "code"), max_length=40, unique=True)
    name = models.JSONField(_("name"))
    order = models.PositiveSmallIntegerField(pgettext_lazy("position", "order"), default=0)

    class Meta:
        verbose_name = _("directorate")
        verbose_name_plural = _("directorates")

    def __str__(self) -> str:
        return shown(self.name)


class Centre(models.Model):
    """A place people come to. Always shown together with its directorate."""

    agency = models.ForeignKey(
        Agency, on_delete=models.PROTECT, related_name="centres", verbose_name=_("agency")
    )
    directorate = models.ForeignKey(
        Directorate, on_delete=models.PROTECT, related_name="centres", verbose_name=_("directorate")
    )
    code = models.SlugField(pgettext_lazy("catalogue", "code"), max_length=40, unique=True)
    name = models.JSONField(_("name"))
    short_name = models.JSONField(
        _("short name"), help_text=_("For messages: at most about 16 characters.")
    )
    address = models.JSONField(_("address"), default=dict)
    latitude = models.FloatField(_("latitude"), null=True)
    longitude = models.FloatField(_("longitude"), null=True)
    timezone = models.CharField(_("time zone"), max_length=40, default="Asia/Bahrain")
    walk_ins = models.BooleanField(
        _("walk-ins"), default=True, help_text=_("The kiosk gives walk-in tickets.")
    )
    active = models.BooleanField(pgettext_lazy("row", "active"), default=True)
    order = models.PositiveSmallIntegerField(pgettext_lazy("position", "order"), default=0)
    assumed = models.JSONField(_("assumed values"), default=list)

    class Meta:
        verbose_name = _("centre")
        verbose_name_plural = _("centres")

    def __str__(self) -> str:
        return f"{self.directorate} – {shown(self.name)}"


class Service(models.Model):
    """What a citizen comes for."""

    agency = models.ForeignKey(
        Agency, on_delete=models.PROTECT, related_name="services", verbose_name=_("agency")
    )
    directorate = models.ForeignKey(
        Directorate,
        on_delete=models.PROTECT,
        related_name="services",
        verbose_name=_("directorate"),
    )
    code = models.SlugField(pgettext_lazy("catalogue", "code"), max_length=60, unique=True)
    name = models.JSONField(_("name"))
    public_name = models.JSONField(
        _("public name"),
        default=dict,
        blank=True,
        help_text=_("Neutral name for messages and screens, if needed."),
    )
    description = models.JSONField(_("description"), default=dict, blank=True)
    duration_minutes = models.PositiveSmallIntegerField(_("duration in minutes"))
    papers = models.JSONField(
        _("papers to bring"), default=list, help_text=_("List of texts keyed by language.")
    )
    fee_fils = models.PositiveIntegerField(
        _("fee in fils"),
        null=True,
        blank=True,
        help_text=_("1 dinar = 1000 fils; empty: told at the counter."),
    )
    audience = models.JSONField(_("for whom"), default=dict, blank=True)
    who_must_attend = models.JSONField(_("who must come"), default=dict, blank=True)
    limit_per_beneficiary = models.PositiveSmallIntegerField(_("limit per beneficiary"), default=1)
    people_present = models.PositiveSmallIntegerField(
        _("people present"),
        default=1,
        help_text=_("How many must attend together: 2 for seller and buyer."),
    )
    dependants = models.BooleanField(_("for dependants too"), default=False)
    online_url = models.CharField(_("online address"), max_length=200, blank=True, default="")
    online_note = models.JSONField(_("note about online"), default=dict, blank=True)
    search_text = models.TextField(
        _("text for searching"), blank=True, default="", help_text=_("Folded; see centres.search.")
    )
    active = models.BooleanField(pgettext_lazy("row", "active"), default=True)
    order = models.PositiveSmallIntegerField(pgettext_lazy("position", "order"), default=0)
    assumed = models.JSONField(_("assumed values"), default=list)

    class Meta:
        verbose_name = _("service")
        verbose_name_plural = _("services")

    def __str__(self) -> str:
        return shown(self.name)


class ServiceGroup(models.Model):
    """Owns the letter of ticket numbers at a centre."""

    centre = models.ForeignKey(
        Centre,
        on_delete=models.PROTECT,
        related_name="groups",
        verbose_name=_("centre"),
        db_index=False,
    )
    letter = models.CharField(pgettext_lazy("ticket", "letter"), max_length=1)
    name = models.JSONField(_("name"))
    active = models.BooleanField(pgettext_lazy("row", "active"), default=True)

    class Meta:
        verbose_name = _("service group")
        verbose_name_plural = _("service groups")
        constraints = [
            models.UniqueConstraint(fields=["centre", "letter"], name="group_letter_once"),
        ]

    def __str__(self) -> str:
        return f"{self.letter} – {shown(self.name)}"


class Pool(models.Model):
    """A set of interchangeable counters at a centre: what the ledger counts."""

    centre = models.ForeignKey(
        Centre,
        on_delete=models.PROTECT,
        related_name="pools",
        verbose_name=_("centre"),
        db_index=False,
    )
    code = models.SlugField(pgettext_lazy("catalogue", "code"), max_length=40)
    name = models.JSONField(_("name"))
    grid_minutes = models.PositiveSmallIntegerField(_("grid in minutes"), default=5)
    start_step_minutes = models.PositiveSmallIntegerField(_("minutes between starts"), default=10)
    places = models.PositiveSmallIntegerField(
        pgettext_lazy("capacity", "places"),
        null=True,
        help_text=_("Places per interval where a place is a seat, not a counter."),
    )
    walk_in_reserve = models.PositiveSmallIntegerField(_("reserve for walk-ins"), default=0)
    staff_reserve = models.PositiveSmallIntegerField(_("reserve for staff"), default=0)
    release = models.JSONField(
        _("release of places"),
        default=list,
        blank=True,
        help_text=_(
            "Steps in which public places are let go; all at once if empty. "
            "See availability.release_rules."
        ),
    )
    active = models.BooleanField(pgettext_lazy("row", "active"), default=True)

    class Meta:
        verbose_name = _("pool of counters")
        verbose_name_plural = _("pools of counters")
        constraints = [
            models.UniqueConstraint(fields=["centre", "code"], name="pool_code_once"),
        ]

    def __str__(self) -> str:
        return shown(self.name)


class Offering(models.Model):
    """A service at a centre, with overrides."""

    service = models.ForeignKey(
        Service,
        on_delete=models.PROTECT,
        related_name="offerings",
        verbose_name=_("service"),
        db_index=False,
    )
    centre = models.ForeignKey(
        Centre, on_delete=models.PROTECT, related_name="offerings", verbose_name=_("centre")
    )
    pool = models.ForeignKey(
        Pool, on_delete=models.PROTECT, related_name="offerings", verbose_name=_("pool of counters")
    )
    group = models.ForeignKey(
        ServiceGroup,
        on_delete=models.PROTECT,
        related_name="offerings",
        verbose_name=_("service group"),
    )
    duration_override = models.PositiveSmallIntegerField(_("own duration"), null=True, blank=True)
    walk_ins = models.BooleanField(_("walk-ins"), default=True)
    active = models.BooleanField(pgettext_lazy("row", "active"), default=True)

    class Meta:
        verbose_name = _("offering")
        verbose_name_plural = _("offerings")
        constraints = [
            models.UniqueConstraint(fields=["service", "centre"], name="offering_once"),
        ]

    def __str__(self) -> str:
        return f"{self.service} – {self.centre}"

    @property
    def duration_minutes(self) -> int:
        """Attended minutes of this service here."""
        return self.duration_override or self.service.duration_minutes


class Counter(models.Model):
    """A desk where people are served; feeds exactly one pool at any moment."""

    centre = models.ForeignKey(
        Centre,
        on_delete=models.PROTECT,
        related_name="counters",
        verbose_name=_("centre"),
        db_index=False,
    )
    pool = models.ForeignKey(
        Pool, on_delete=models.PROTECT, related_name="counters", verbose_name=_("pool of counters")
    )
    number = models.PositiveSmallIntegerField(
        pgettext_lazy("counter", "number"), help_text=_("Shown on the board.")
    )
    active = models.BooleanField(pgettext_lazy("row", "active"), default=True)

    class Meta:
        verbose_name = _("counter")
        verbose_name_plural = _("counters")
        constraints = [
            models.UniqueConstraint(fields=["centre", "number"], name="counter_number_once"),
        ]

    def __str__(self) -> str:
        return str(self.number)


class Governorate(models.Model):
    """A part of the country with a point that stands for it, for those who give no position."""

    agency = models.ForeignKey(
        Agency, on_delete=models.PROTECT, related_name="governorates", verbose_name=_("agency")
    )
    code = models.SlugField(pgettext_lazy("catalogue", "code"), max_length=40, unique=True)
    name = models.JSONField(_("name"))
    latitude = models.FloatField(_("latitude"))
    longitude = models.FloatField(_("longitude"))
    order = models.PositiveSmallIntegerField(pgettext_lazy("position", "order"), default=0)
    active = models.BooleanField(pgettext_lazy("row", "active"), default=True)
    assumed = models.JSONField(_("assumed values"), default=list)

    class Meta:
        verbose_name = _("governorate")
        verbose_name_plural = _("governorates")

    def __str__(self) -> str:
        return shown(self.name)
