"""A person's standing: active appointments and blocks; events of conduct; appeals."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mawaeed.centres.models import Centre
from mawaeed.people.models import Person


class Standing(models.Model):
    """The person's limit row, locked by everything that books: makes caps and blocks exact."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="standing")
    active_count = models.PositiveSmallIntegerField(default=0)
    blocked_until = models.DateTimeField(null=True)
    held_at = models.DateTimeField(null=True, help_text="When a time was last held for the person.")
    held_until = models.DateTimeField(
        null=True, help_text="When that hold ends or ended; empty if it was given up before."
    )

    class Meta:
        verbose_name = _("standing")
        verbose_name_plural = _("standings")


class Event(models.Model):
    """Something a person did with an appointment that bears on the conduct rule."""

    class Kind(models.TextChoices):
        MISSED = "missed", pgettext_lazy("event of conduct", "missed")
        LATE_CANCELLATION = "late_cancellation", pgettext_lazy("event of conduct", "cancelled late")
        CANCELLATION = "cancellation", pgettext_lazy("event of conduct", "cancelled")
        ATTENDED = "attended", pgettext_lazy("event of conduct", "attended")

    person = models.ForeignKey(
        Person,
        on_delete=models.CASCADE,
        related_name="events",
        verbose_name=_("customer"),
        db_index=False,
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    at = models.DateTimeField(
        _("time"), help_text=_("Slot start for a missed one, click time otherwise.")
    )
    recorded_at = models.DateTimeField(pgettext_lazy("time", "recorded"))
    appointment_id = models.BigIntegerField(
        _("appointment"), null=True, help_text=_("Reference only; booking is above.")
    )
    centre_id = models.BigIntegerField(_("centre"), null=True)
    visit_day = models.DateField(
        _("day of the visit"), null=True, help_text=_("Local date of the visit.")
    )
    booked_at = models.DateTimeField(
        pgettext_lazy("time", "booked"),
        null=True,
        help_text=_("When the appointment was made: tells visits of one day apart."),
    )
    reversed_at = models.DateTimeField(pgettext_lazy("time", "reversed"), null=True)
    reversed_reason = models.CharField(
        _("reason for reversing"), max_length=200, blank=True, default=""
    )

    class Meta:
        verbose_name = _("event of conduct")
        verbose_name_plural = _("events of conduct")
        constraints = [
            models.UniqueConstraint(
                fields=["appointment_id", "kind"],
                name="conduct_event_once",
                condition=Q(reversed_at__isnull=True),
            ),
        ]
        indexes = [
            models.Index(fields=["person", "at"], name="conduct_event_person"),
            models.Index(fields=["centre_id", "visit_day"], name="conduct_event_visit"),
        ]


class Block(models.Model):
    """Booking is refused to a person from `starts_at` until `ends_at`, unless lifted."""

    person = models.ForeignKey(
        Person, on_delete=models.CASCADE, related_name="blocks", verbose_name=_("customer")
    )
    starts_at = models.DateTimeField(pgettext_lazy("time", "starts"))
    ends_at = models.DateTimeField(pgettext_lazy("time", "ends"))
    events = models.JSONField(
        _("events of conduct"), default=list, help_text=_("Ids of the events that led to it.")
    )
    lifted_at = models.DateTimeField(pgettext_lazy("time", "lifted"), null=True)
    lifted_by_id = models.BigIntegerField(_("lifted by"), null=True)
    lifted_reason = models.CharField(
        _("reason for lifting"), max_length=200, blank=True, default=""
    )

    class Meta:
        verbose_name = pgettext_lazy("conduct", "block")
        verbose_name_plural = pgettext_lazy("conduct", "blocks")

    def __str__(self) -> str:
        return str(self.pk)


class Pardon(models.Model):
    """A centre's day on which the system was at fault: nothing of it counts, then or later."""

    centre = models.ForeignKey(
        Centre, on_delete=models.CASCADE, related_name="+", verbose_name=_("centre"), db_index=False
    )
    day = models.DateField(_("day"), help_text=_("Local date of the visits."))
    reason = models.CharField(_("reason"), max_length=200)
    pardoned_at = models.DateTimeField(pgettext_lazy("time", "pardoned"))
    pardoned_by_id = models.BigIntegerField(_("pardoned by"), null=True)

    class Meta:
        verbose_name = _("pardoned day")
        verbose_name_plural = _("pardoned days")
        constraints = [models.UniqueConstraint(fields=["centre", "day"], name="pardon_once")]

    def __str__(self) -> str:
        return f"{self.centre} – {self.day}"


class Appeal(models.Model):
    """A person's objection to a block; a member of staff decides."""

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("appeal", "open")
        UPHELD = "upheld", pgettext_lazy("appeal", "upheld")
        REFUSED = "refused", pgettext_lazy("appeal", "refused")

    block = models.OneToOneField(
        Block,
        on_delete=models.CASCADE,
        related_name="appeal",
        verbose_name=pgettext_lazy("conduct", "block"),
    )
    text = models.TextField(_("text"), max_length=1000)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    created_at = models.DateTimeField(pgettext_lazy("time", "made"))
    decided_at = models.DateTimeField(pgettext_lazy("time", "decided"), null=True)
    decided_by_id = models.BigIntegerField(_("decided by"), null=True)
    answer = models.TextField(_("answer"), max_length=1000, blank=True, default="")

    class Meta:
        verbose_name = _("appeal")
        verbose_name_plural = _("appeals")
