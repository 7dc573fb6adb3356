"""Appointments, visits of several, holds on the way to one, and the waiting list."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mawaeed.centres.models import Agency, Centre, Offering, Pool, Service
from mawaeed.people.models import Beneficiary, Person


class Visit(models.Model):
    """Several appointments of one person at one centre, one after another on one day."""

    reference = models.CharField(max_length=12, unique=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="visits")
    centre = models.ForeignKey(Centre, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("visit")
        verbose_name_plural = _("visits")


class Channel(models.TextChoices):
    """Through what an appointment was booked."""

    WEB = "web"
    API = "api"
    DESK = "desk"
    PHONE = "phone"
    SYSTEM = "system"


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

    reference = models.CharField(max_length=12)
    secret = models.CharField(max_length=40, help_text="Of the e-ticket's link.")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, db_index=False)
    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="appointments", db_index=False
    )
    beneficiary = models.ForeignKey(
        Beneficiary, on_delete=models.PROTECT, related_name="appointments"
    )
    offering = models.ForeignKey(
        Offering, on_delete=models.PROTECT, related_name="appointments", db_index=False
    )
    service = models.ForeignKey(Service, on_delete=models.PROTECT, db_index=False)
    centre = models.ForeignKey(
        Centre, on_delete=models.PROTECT, related_name="appointments", db_index=False
    )
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
    visit = models.ForeignKey(
        Visit, on_delete=models.PROTECT, null=True, related_name="appointments", db_index=False
    )
    leg = models.PositiveSmallIntegerField(default=1, help_text="Its turn in the visit, from 1.")
    companion = models.ForeignKey(
        Beneficiary,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        help_text="Who must be present too, where the service needs two.",
    )
    channel = models.CharField(max_length=8, choices=Channel.choices, default=Channel.WEB)
    staff_id = models.BigIntegerField(null=True, help_text="Who booked it at the desk or phone.")
    reserve_reason = models.CharField(
        max_length=200, blank=True, default="", help_text="Why a staff place was given."
    )
    confirm_asked_at = models.DateTimeField(null=True)
    confirm_by = models.DateTimeField(
        null=True, help_text="Freed without a strike unless confirmed by then."
    )
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("appointment")
        verbose_name_plural = _("appointments")
        constraints = [
            models.UniqueConstraint(fields=["reference"], name="appointment_reference_once"),
            models.UniqueConstraint(fields=["secret"], name="appointment_secret_once"),
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
            models.Index(
                fields=["visit"], name="appointment_visit", condition=Q(visit__isnull=False)
            ),
            models.Index(fields=["starts_at"], name="appointment_due", condition=Q(state="booked")),
            models.Index(
                fields=["confirm_by"],
                name="appointment_unconfirmed",
                condition=Q(state="booked", confirmed_at__isnull=True, confirm_by__isnull=False),
            ),
        ]


class Hold(models.Model):
    """A short claim on a place: while a form is filled in, or while an offer is open.

    It takes its places in the ledger like an appointment. One of each purpose per person; a
    visit's hold has one row per leg. An expired one is reclaimed by whoever needs the place.
    """

    class Purpose(models.TextChoices):
        FORM = "form"
        OFFER = "offer"

    person = models.ForeignKey(
        Person, on_delete=models.CASCADE, related_name="holds", db_index=False
    )
    purpose = models.CharField(max_length=8, choices=Purpose.choices, default=Purpose.FORM)
    leg = models.PositiveSmallIntegerField(default=1)
    offering = models.ForeignKey(Offering, on_delete=models.PROTECT, related_name="+")
    pool = models.ForeignKey(Pool, on_delete=models.PROTECT, related_name="+", db_index=False)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    places = models.CharField(
        max_length=8, choices=Appointment.Places.choices, default=Appointment.Places.PUBLIC
    )
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = pgettext_lazy("booking", "hold")
        verbose_name_plural = pgettext_lazy("booking", "holds")
        constraints = [
            models.UniqueConstraint(fields=["person", "purpose", "leg"], name="hold_once"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="hold_positive"),
        ]
        indexes = [
            models.Index(fields=["expires_at"], name="hold_expiry"),
            models.Index(fields=["pool", "starts_at"], name="hold_pool"),
        ]


class WaitingEntry(models.Model):
    """Somebody waits for a place: earlier than one they hold, or any at all."""

    class State(models.TextChoices):
        WAITING = "waiting"
        OFFERED = "offered"
        SATISFIED = "satisfied"
        LEFT = "left"
        EXPIRED = "expired"

    OPEN = (State.WAITING, State.OFFERED)

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="waiting_entries")
    beneficiary = models.ForeignKey(Beneficiary, on_delete=models.PROTECT, related_name="+")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+")
    centre = models.ForeignKey(
        Centre, on_delete=models.PROTECT, null=True, related_name="+", help_text="Any if empty."
    )
    appointment = models.ForeignKey(
        Appointment,
        on_delete=models.CASCADE,
        null=True,
        related_name="waiting_entries",
        help_text="The one to be moved to something earlier; empty for anything at all.",
    )
    from_date = models.DateField()
    until_date = models.DateField(help_text="Last local date wanted, inclusive.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    created_at = models.DateTimeField()
    messages = models.PositiveSmallIntegerField(default=0, help_text="Sent about it in all.")
    last_message_at = models.DateTimeField(null=True)
    offered_pool = models.ForeignKey(
        Pool, on_delete=models.PROTECT, null=True, related_name="+", help_text="What was told last."
    )
    offered_starts_at = models.DateTimeField(null=True)
    offer_expires_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("place on the waiting list")
        verbose_name_plural = _("places on the waiting list")
        constraints = [
            models.UniqueConstraint(
                fields=["person", "beneficiary", "service"],
                name="waiting_once",
                condition=Q(state__in=("waiting", "offered")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["service", "created_at"],
                name="waiting_in_turn",
                condition=Q(state__in=("waiting", "offered")),
            ),
        ]


class LedgerCheck(models.Model):
    """One run of the ledger's check: when, over how much, and what differed."""

    at = models.DateTimeField(_("time"))
    intervals = models.PositiveIntegerField(_("intervals"))
    differences = models.JSONField(
        _("differences"), default=list, help_text=_("At most a hundred, as shown.")
    )
    seconds = models.FloatField(_("seconds"))

    class Meta:
        verbose_name = _("check of the ledger")
        verbose_name_plural = _("checks of the ledger")
