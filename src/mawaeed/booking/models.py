"""Appointments: promises of a place."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from mawaeed.centres.models import Agency, Centre, Offering, Pool, Service
from mawaeed.people.models import Beneficiary, Person


class Appointment(models.Model):
    """A promise of one place to a person for a beneficiary.

    Arrival, waiting and service times are not here: they come from history only.
    """

    class State(models.TextChoices):
        BOOKED = "booked"
        CHECKED_IN = "checked_in"
        FULFILLED = "fulfilled"
        CANCELLED = "cancelled"
        NO_SHOW = "no_show"

    ACTIVE = (State.BOOKED, State.CHECKED_IN)
    COVERING = (State.BOOKED, State.CHECKED_IN, State.FULFILLED)

    class Places(models.TextChoices):
        PUBLIC = "public"
        STAFF = "staff"

    reference = models.CharField(max_length=12, unique=True)
    secret = models.CharField(max_length=40, unique=True, help_text="Of the e-ticket's link.")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="appointments")
    beneficiary = models.ForeignKey(
        Beneficiary, on_delete=models.PROTECT, related_name="appointments"
    )
    offering = models.ForeignKey(Offering, on_delete=models.PROTECT, related_name="appointments")
    service = models.ForeignKey(Service, on_delete=models.PROTECT)
    centre = models.ForeignKey(Centre, on_delete=models.PROTECT, related_name="appointments")
    pool = models.ForeignKey(Pool, on_delete=models.PROTECT)
    day = models.DateField(help_text="Local date of the start.")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    places = models.CharField(max_length=8, choices=Places.choices, default=Places.PUBLIC)
    state = models.CharField(max_length=12, choices=State.choices, default=State.BOOKED)
    limit_ordinal = models.PositiveSmallIntegerField(
        default=1, help_text="Which of the service's allowed appointments this is (1…limit)."
    )
    moves = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["beneficiary", "service", "limit_ordinal"],
                name="appointment_limit",
                condition=Q(state__in=("booked", "checked_in")),
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="appointment_positive"
            ),
        ]
        indexes = [
            models.Index(fields=["centre", "day", "starts_at"], name="appointment_centre_day"),
            models.Index(fields=["person", "-starts_at"], name="appointment_person"),
            models.Index(fields=["starts_at"], name="appointment_due", condition=Q(state="booked")),
        ]
