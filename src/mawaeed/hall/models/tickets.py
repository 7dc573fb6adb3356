"""Tickets, their number series, and the services of one ticket after each other."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mawaeed.booking.models import Appointment
from mawaeed.centres.models import Agency, Centre, Counter, Offering, Pool, ServiceGroup
from mawaeed.people.models import Person, Staff


class NumberSeries(models.Model):
    """The last number given for a letter at a centre on a day."""

    centre = models.ForeignKey(Centre, on_delete=models.CASCADE, db_index=False)
    letter = models.CharField(max_length=1)
    day = models.DateField()
    last_number = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("series of numbers")
        verbose_name_plural = _("series of numbers")
        constraints = [
            models.UniqueConstraint(fields=["centre", "letter", "day"], name="series_once"),
        ]


class Ticket(models.Model):
    """A person's place in the hall's queue. Every time is in history, none here but `due_at`."""

    class State(models.TextChoices):
        WAITING = "waiting"
        CALLED = "called"
        SERVING = "serving"
        PARKED = "parked"
        SERVED = "served"
        MISSED = "missed"
        LEFT = "left"
        CANCELLED = "cancelled"

    OPEN = (State.WAITING, State.CALLED, State.SERVING, State.PARKED)
    AT_COUNTER = (State.CALLED, State.SERVING)

    class PriorityClass(models.TextChoices):
        APPOINTMENT = "appointment"
        WALK_IN = "walk_in"
        PRIORITY = "priority"

    # Every call rewrites the row in each index: none here but those that something reads by, which
    # are below. Centre, offering, pool and counter begin one of them.
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, db_index=False)
    centre = models.ForeignKey(
        Centre, on_delete=models.PROTECT, db_index=False, related_name="tickets"
    )
    day = models.DateField()
    group = models.ForeignKey(ServiceGroup, on_delete=models.PROTECT, db_index=False)
    number = models.CharField(max_length=6, help_text="Letter and digits: what is called.")
    secret = models.CharField(max_length=40, help_text="Of the ticket page's link.")
    offering = models.ForeignKey(
        Offering, on_delete=models.PROTECT, db_index=False, related_name="tickets"
    )
    pool = models.ForeignKey(Pool, on_delete=models.PROTECT, db_index=False, related_name="tickets")
    appointment = models.ForeignKey(
        Appointment, on_delete=models.PROTECT, null=True, related_name="tickets", db_index=False
    )
    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="tickets", db_index=False
    )
    mobile = models.CharField(max_length=16, blank=True, default="", help_text="E.164.")
    language = models.CharField(max_length=10, default="ar")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    priority_class = models.CharField(max_length=12, choices=PriorityClass.choices)
    late = models.BooleanField(default=False)
    due_at = models.DateTimeField(help_text="The score grows from here.")
    counter = models.ForeignKey(
        Counter, on_delete=models.PROTECT, null=True, db_index=False, related_name="tickets"
    )
    wanted_counter = models.ForeignKey(
        Counter,
        on_delete=models.PROTECT,
        null=True,
        db_index=False,
        related_name="+",
        help_text="Transferred to this counter: others pass it over while somebody works there.",
    )
    wanted_staff = models.ForeignKey(
        Staff,
        on_delete=models.PROTECT,
        null=True,
        db_index=False,
        related_name="+",
        help_text="Transferred to this person: others pass it over while they are at work.",
    )
    not_before = models.DateTimeField(null=True, help_text="Passed over until then.")
    more_time_used = models.PositiveSmallIntegerField(
        default=0, help_text="How often the visitor asked for more time."
    )
    printed = models.PositiveSmallIntegerField(default=0, help_text="Paper tickets printed.")
    calls = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        constraints = [
            models.UniqueConstraint(fields=["centre", "day", "number"], name="ticket_number_once"),
            models.UniqueConstraint(fields=["secret"], name="ticket_secret_once"),
            models.UniqueConstraint(
                fields=["counter"],
                name="counter_serves_one",
                condition=Q(state__in=("called", "serving")),
            ),
            models.UniqueConstraint(
                fields=["appointment"],
                name="one_open_ticket_per_appointment",
                condition=Q(state__in=("waiting", "called", "serving", "parked")),
            ),
        ]
        indexes = [
            # Not partial: SQLite cannot match a partial index with a bound state. The second is for
            # counters whose profile tells services apart.
            models.Index(
                fields=["pool", "day", "state", "priority_class", "due_at", "id"],
                name="ticket_heads",
            ),
            models.Index(
                fields=["offering", "day", "state", "priority_class", "due_at", "id"],
                name="ticket_heads_offering",
            ),
            # Partial: hardly any ticket is sent to somebody; the others are not written here.
            models.Index(
                fields=["wanted_counter", "day", "state"],
                name="ticket_sent_to_counter",
                condition=Q(wanted_counter__isnull=False),
            ),
            models.Index(
                fields=["wanted_staff", "day", "state"],
                name="ticket_sent_to_staff",
                condition=Q(wanted_staff__isnull=False),
            ),
            # The same for those without an appointment, whom nobody knows.
            models.Index(
                fields=["appointment"],
                name="ticket_appointment",
                condition=Q(appointment__isnull=False),
            ),
            models.Index(
                fields=["person"], name="ticket_person", condition=Q(person__isnull=False)
            ),
            models.Index(fields=["counter", "state"], name="ticket_at_counter"),
            models.Index(fields=["centre", "day", "state"], name="ticket_centre_day"),
        ]


class TicketLeg(models.Model):
    """One of several services a ticket goes through, in turn; the first is the ticket's own.

    A ticket without legs has one service. `offering` of the ticket is that of the present leg.
    """

    ticket = models.ForeignKey(
        Ticket, on_delete=models.CASCADE, related_name="legs", db_index=False
    )
    position = models.PositiveSmallIntegerField(help_text="From 1.")
    offering = models.ForeignKey(Offering, on_delete=models.PROTECT, related_name="+")
    done = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("part of a ticket")
        verbose_name_plural = _("parts of tickets")
        constraints = [
            models.UniqueConstraint(fields=["ticket", "position"], name="ticket_leg_once"),
        ]


class ServiceGiven(models.Model):
    """What was really done for a ticket at a counter, and how it ended."""

    class Outcome(models.TextChoices):
        DONE = "done", pgettext_lazy("outcome", "done")
        PAPERS_MISSING = "papers_missing", pgettext_lazy("outcome", "papers missing")
        NOT_ENTITLED = "not_entitled", pgettext_lazy("outcome", "not entitled")
        ELSEWHERE = "elsewhere", pgettext_lazy("outcome", "sent elsewhere")
        SYSTEM_DOWN = "system_down", pgettext_lazy("outcome", "system was down")
        OTHER = "other", pgettext_lazy("outcome", "other")

    ticket = models.ForeignKey(
        Ticket, on_delete=models.CASCADE, related_name="services_given", verbose_name=_("ticket")
    )
    offering = models.ForeignKey(
        Offering, on_delete=models.PROTECT, related_name="+", verbose_name=_("offering")
    )
    outcome = models.CharField(
        pgettext_lazy("of a service", "outcome"), max_length=20, choices=Outcome.choices
    )
    note = models.CharField(
        _("note"), max_length=200, blank=True, default="", help_text=_("No personal data.")
    )
    staff = models.ForeignKey(
        Staff, on_delete=models.PROTECT, related_name="+", verbose_name=_("member of staff")
    )
    at = models.DateTimeField(pgettext_lazy("time", "at"))

    class Meta:
        verbose_name = _("service given")
        verbose_name_plural = _("services given")
