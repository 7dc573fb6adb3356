"""A person's standing: active appointments and blocks; events of conduct; appeals."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from mawaeed.centres.models import Centre
from mawaeed.people.models import Person


class Standing(models.Model):
    """The person's limit row, locked by everything that books: makes caps and blocks exact."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="standing")
    active_count = models.PositiveSmallIntegerField(default=0)
    blocked_until = models.DateTimeField(null=True)


class Event(models.Model):
    """Something a person did with an appointment that bears on the conduct rule."""

    class Kind(models.TextChoices):
        MISSED = "missed"
        LATE_CANCELLATION = "late_cancellation"
        CANCELLATION = "cancellation"
        ATTENDED = "attended"

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    at = models.DateTimeField(help_text="Slot start for a missed one, click time otherwise.")
    recorded_at = models.DateTimeField()
    appointment_id = models.BigIntegerField(
        null=True, help_text="Reference only; booking is above."
    )
    centre_id = models.BigIntegerField(null=True)
    visit_day = models.DateField(null=True, help_text="Local date of the visit.")
    booked_at = models.DateTimeField(
        null=True, help_text="When the appointment was made: tells visits of one day apart."
    )
    reversed_at = models.DateTimeField(null=True)
    reversed_reason = models.CharField(max_length=200, blank=True, default="")

    class Meta:
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

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="blocks")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    events = models.JSONField(default=list, help_text="Ids of the events that led to it.")
    lifted_at = models.DateTimeField(null=True)
    lifted_by_id = models.BigIntegerField(null=True)
    lifted_reason = models.CharField(max_length=200, blank=True, default="")


class Pardon(models.Model):
    """A centre's day on which the system was at fault: nothing of it counts, then or later."""

    centre = models.ForeignKey(Centre, on_delete=models.CASCADE, related_name="+")
    day = models.DateField(help_text="Local date of the visits.")
    reason = models.CharField(max_length=200)
    pardoned_at = models.DateTimeField()
    pardoned_by_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["centre", "day"], name="pardon_once")]


class Appeal(models.Model):
    """A person's objection to a block; a member of staff decides."""

    class State(models.TextChoices):
        OPEN = "open"
        UPHELD = "upheld"
        REFUSED = "refused"

    block = models.OneToOneField(Block, on_delete=models.CASCADE, related_name="appeal")
    text = models.TextField(max_length=1000)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    created_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by_id = models.BigIntegerField(null=True)
    answer = models.TextField(max_length=1000, blank=True, default="")
