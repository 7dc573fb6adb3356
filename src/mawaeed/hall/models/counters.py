"""Counters at work: who sits there, on a break or not, whom they may call, and calls for help."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mawaeed.centres.models import Centre, Counter
from mawaeed.centres.names import shown
from mawaeed.people.models import Staff


class CounterSession(models.Model):
    """A member of staff at a counter, from opening to closing it."""

    counter = models.ForeignKey(
        Counter, on_delete=models.PROTECT, related_name="work", verbose_name=_("counter")
    )
    staff = models.ForeignKey(
        Staff, on_delete=models.PROTECT, related_name="work", verbose_name=_("member of staff")
    )
    opened_at = models.DateTimeField(pgettext_lazy("counter", "opened"))
    closed_at = models.DateTimeField(pgettext_lazy("counter", "closed"), null=True)

    class Meta:
        verbose_name = _("work at a counter")
        verbose_name_plural = _("work at counters")
        constraints = [
            models.UniqueConstraint(
                fields=["counter"], name="counter_open_once", condition=Q(closed_at__isnull=True)
            ),
            models.UniqueConstraint(
                fields=["staff"], name="staff_at_one_counter", condition=Q(closed_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.counter} – {self.staff}"


class CounterBreak(models.Model):
    """A pause in the work at a counter: nobody is called to it meanwhile."""

    counter_session = models.ForeignKey(
        CounterSession,
        on_delete=models.CASCADE,
        related_name="breaks",
        verbose_name=_("work at a counter"),
    )
    began_at = models.DateTimeField(pgettext_lazy("break", "began"))
    ended_at = models.DateTimeField(pgettext_lazy("break", "ended"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("from work", "break")
        verbose_name_plural = pgettext_lazy("from work", "breaks")
        constraints = [
            models.UniqueConstraint(
                fields=["counter_session"], name="one_break_at_once", condition=Q(ended_at=None)
            ),
        ]


class Profile(models.Model):
    """Whom a counter may call: conditions that filter before the score decides.

    See `hall.profiles` for the conditions.
    """

    centre = models.ForeignKey(
        Centre, on_delete=models.CASCADE, related_name="profiles", verbose_name=_("centre")
    )
    name = models.JSONField(_("name"))
    conditions = models.JSONField(_("conditions"), default=list, blank=True)
    active = models.BooleanField(pgettext_lazy("row", "active"), default=True)

    class Meta:
        verbose_name = pgettext_lazy("of a counter", "profile")
        verbose_name_plural = pgettext_lazy("of a counter", "profiles")

    def __str__(self) -> str:
        return shown(self.name)


class CounterProfile(models.Model):
    """The profile a counter works by; without one it serves its whole pool."""

    counter = models.OneToOneField(
        Counter, on_delete=models.CASCADE, related_name="working_profile", verbose_name=_("counter")
    )
    profile = models.ForeignKey(
        Profile,
        on_delete=models.CASCADE,
        related_name="counters",
        verbose_name=pgettext_lazy("of a counter", "profile"),
    )

    class Meta:
        verbose_name = _("profile in use")
        verbose_name_plural = _("profiles in use")


class HelpCall(models.Model):
    """Somebody presses for help: a visitor at the kiosk, a clerk at a counter, an emergency."""

    class Kind(models.TextChoices):
        KIOSK = "kiosk", pgettext_lazy("call for help", "kiosk")
        COUNTER = "counter", pgettext_lazy("call for help", "counter")
        EMERGENCY = "emergency", pgettext_lazy("call for help", "emergency")

    centre = models.ForeignKey(
        Centre,
        on_delete=models.CASCADE,
        related_name="help_calls",
        verbose_name=_("centre"),
        db_index=False,
    )
    kind = models.CharField(pgettext_lazy("sort", "kind"), max_length=12, choices=Kind.choices)
    counter = models.ForeignKey(
        Counter, on_delete=models.CASCADE, null=True, related_name="+", verbose_name=_("counter")
    )
    device = models.CharField(
        max_length=16, blank=True, default="", editable=False, help_text="Tells kiosks apart."
    )
    device_name = models.CharField(
        pgettext_lazy("call for help", "kiosk"), max_length=40, blank=True, default=""
    )
    raised_at = models.DateTimeField(pgettext_lazy("call for help", "raised"))
    answered_at = models.DateTimeField(pgettext_lazy("call for help", "answered"), null=True)
    answered_by = models.ForeignKey(
        Staff,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("member of staff"),
    )

    class Meta:
        verbose_name = _("call for help")
        verbose_name_plural = _("calls for help")
        indexes = [models.Index(fields=["centre", "answered_at"], name="help_open")]
