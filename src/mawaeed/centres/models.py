"""The catalogue everything refers to: agencies, directorates, centres, services, counters.

Texts for people are JSON objects keyed by language (`{"ar": …, "en": …}`), so that a third
language needs no migration; `centres.names.localised` reads them.
"""

from __future__ import annotations

from django.db import models


class Agency(models.Model):
    """A tenant: the body that owns directorates and centres."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.JSONField()
    timezone = models.CharField(max_length=40, default="Asia/Bahrain")
    contact = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name_plural = "agencies"

    def __str__(self) -> str:
        return self.code


class Directorate(models.Model):
    """A part of an agency that defines services."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="directorates")
    code = models.SlugField(max_length=40, unique=True)
    name = models.JSONField()
    order = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return self.code


class Centre(models.Model):
    """A place people come to. Always shown together with its directorate."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="centres")
    directorate = models.ForeignKey(Directorate, on_delete=models.PROTECT, related_name="centres")
    code = models.SlugField(max_length=40, unique=True)
    name = models.JSONField()
    short_name = models.JSONField(help_text="For messages: at most about 16 characters.")
    address = models.JSONField(default=dict)
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    timezone = models.CharField(max_length=40, default="Asia/Bahrain")
    walk_ins = models.BooleanField(default=True, help_text="The kiosk gives walk-in tickets.")
    active = models.BooleanField(default=True)
    order = models.PositiveSmallIntegerField(default=0)
    assumed = models.JSONField(default=list)

    def __str__(self) -> str:
        return self.code


class Service(models.Model):
    """What a citizen comes for."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="services")
    directorate = models.ForeignKey(Directorate, on_delete=models.PROTECT, related_name="services")
    code = models.SlugField(max_length=60, unique=True)
    name = models.JSONField()
    public_name = models.JSONField(
        default=dict, blank=True, help_text="Neutral name for messages and screens, if needed."
    )
    description = models.JSONField(default=dict, blank=True)
    duration_minutes = models.PositiveSmallIntegerField()
    papers = models.JSONField(default=list, help_text="List of texts keyed by language.")
    fee_fils = models.PositiveIntegerField(
        null=True, blank=True, help_text="1 dinar = 1000 fils; empty: told at the counter."
    )
    audience = models.JSONField(default=dict, blank=True)
    who_must_attend = models.JSONField(default=dict, blank=True)
    limit_per_beneficiary = models.PositiveSmallIntegerField(default=1)
    people_present = models.PositiveSmallIntegerField(
        default=1, help_text="How many must attend together: 2 for seller and buyer."
    )
    dependants = models.BooleanField(default=False)
    online_url = models.CharField(max_length=200, blank=True, default="")
    online_note = models.JSONField(default=dict, blank=True)
    search_text = models.TextField(blank=True, default="", help_text="Folded; see centres.search.")
    active = models.BooleanField(default=True)
    order = models.PositiveSmallIntegerField(default=0)
    assumed = models.JSONField(default=list)

    def __str__(self) -> str:
        return self.code


class ServiceGroup(models.Model):
    """Owns the letter of ticket numbers at a centre."""

    centre = models.ForeignKey(Centre, on_delete=models.PROTECT, related_name="groups")
    letter = models.CharField(max_length=1)
    name = models.JSONField()
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["centre", "letter"], name="group_letter_once"),
        ]

    def __str__(self) -> str:
        return f"{self.centre_id}/{self.letter}"


class Pool(models.Model):
    """A set of interchangeable counters at a centre: what the ledger counts."""

    centre = models.ForeignKey(Centre, on_delete=models.PROTECT, related_name="pools")
    code = models.SlugField(max_length=40)
    name = models.JSONField()
    grid_minutes = models.PositiveSmallIntegerField(default=5)
    start_step_minutes = models.PositiveSmallIntegerField(default=10)
    places = models.PositiveSmallIntegerField(
        null=True, help_text="Places per interval where a place is a seat, not a counter."
    )
    walk_in_reserve = models.PositiveSmallIntegerField(default=0)
    staff_reserve = models.PositiveSmallIntegerField(default=0)
    release = models.JSONField(
        default=list,
        blank=True,
        help_text="Steps in which public places are let go; all at once if empty. "
        "See availability.release_rules.",
    )
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["centre", "code"], name="pool_code_once"),
        ]

    def __str__(self) -> str:
        return f"{self.centre_id}/{self.code}"


class Offering(models.Model):
    """A service at a centre, with overrides."""

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="offerings")
    centre = models.ForeignKey(Centre, on_delete=models.PROTECT, related_name="offerings")
    pool = models.ForeignKey(Pool, on_delete=models.PROTECT, related_name="offerings")
    group = models.ForeignKey(ServiceGroup, on_delete=models.PROTECT, related_name="offerings")
    duration_override = models.PositiveSmallIntegerField(null=True, blank=True)
    walk_ins = models.BooleanField(default=True)
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["service", "centre"], name="offering_once"),
        ]

    def __str__(self) -> str:
        return f"{self.service_id}@{self.centre_id}"

    @property
    def duration_minutes(self) -> int:
        """Attended minutes of this service here."""
        return self.duration_override or self.service.duration_minutes


class Counter(models.Model):
    """A desk where people are served; feeds exactly one pool at any moment."""

    centre = models.ForeignKey(Centre, on_delete=models.PROTECT, related_name="counters")
    pool = models.ForeignKey(Pool, on_delete=models.PROTECT, related_name="counters")
    number = models.PositiveSmallIntegerField(help_text="Shown on the board.")
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["centre", "number"], name="counter_number_once"),
        ]

    def __str__(self) -> str:
        return f"{self.centre_id}/{self.number}"
