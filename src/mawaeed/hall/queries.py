"""Reads of the hall. Waits are worked out from history; nothing stores them.

Each function makes a fixed number of queries, however many tickets there are.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Case, Count, Q, QuerySet, When

from mawaeed.availability.queries import serving_pool_id
from mawaeed.centres.models import Centre, Counter, Offering
from mawaeed.hall import ahead, dispatch
from mawaeed.hall.heads import SHOWN
from mawaeed.hall.models import CounterSession, HelpCall, Ticket, TicketLeg
from mawaeed.hall.policies import rates_for
from mawaeed.hall.rules import (
    Change,
    Place,
    order_key,
    time_in_states,
)
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.errors import NotFound
from mawaeed.kernel.models import History
from mawaeed.kernel.statements import Question, given

# Who is next, and how many are before somebody: asked for here, decided there.
next_for_counter = dispatch.next_for_counter
people_ahead = ahead.people_ahead

RECENT_CALLS = 6
# Called once, but not to be looked for at that counter any more.
SENT_AWAY = (Ticket.State.WAITING, Ticket.State.PARKED)
# Up to so many tickets their history is read by id; beyond, the whole day in one go.
FEW = 200
# A ticket's page still answers on the day after, then no more.
SECRET_LIVES = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Call:
    """One line of the board."""

    ticket_id: int
    number: str
    counter: int
    state: str
    called_at: datetime
    calls: int


@dataclass(frozen=True, slots=True)
class Board:
    """What the hall sees: who is at which counter, newest call first, and the last calls."""

    now_called: list[Call]
    recent: list[Call]


@dataclass(frozen=True, slots=True)
class Waiting:
    """One waiting (or parked) ticket as the supervisor sees it."""

    ticket: Ticket
    arrived_at: datetime
    waited: timedelta


@dataclass(frozen=True, slots=True)
class Serving:
    """One visitor being served, since when, and how long that has taken."""

    ticket: Ticket
    counter: int
    started_at: datetime
    served_for: timedelta
    planned: timedelta

    @property
    def is_long(self) -> bool:
        """Whether it takes longer than planned."""
        return self.served_for > self.planned


@dataclass(frozen=True, slots=True)
class TicketTimes:
    """A ticket's day, from its history alone (UTC). Durations add up every leg.

    `wait` is time waiting (joined to called), `way` called to present, `service` being served.
    `wait_after_due` is from the due time to the first call, zero when called before.
    """

    ticket_id: int
    number: str
    priority_class: str
    state: str
    service_id: int
    has_appointment: bool
    issued_at: datetime
    due_at: datetime
    called_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    wait: timedelta
    way: timedelta
    service: timedelta

    @property
    def wait_after_due(self) -> timedelta | None:
        """What the service promised to keep short; None for whoever was never called."""
        if self.called_at is None:
            return None
        return max(timedelta(), self.called_at - self.due_at)


@dataclass(frozen=True, slots=True)
class CounterState:
    """What a counter's page shows."""

    session: CounterSession
    ticket: Ticket | None
    called_at: datetime | None
    started_at: datetime | None
    waiting: int
    parked: list[Ticket]


def tickets_of_day(centre: Centre, day: date) -> QuerySet[Ticket]:
    """A centre's tickets of a local day with what every screen shows of them."""
    return Ticket.objects.select_related(*SHOWN).filter(centre=centre, day=day)


def ticket_of_centre(centre: Centre, ticket_id: int) -> Ticket:
    """A ticket of this centre for its staff; another centre's is `NotFound`."""
    found = (
        Ticket.objects.select_related(
            "centre", "counter", "offering__service", "appointment__beneficiary"
        )
        .filter(centre=centre, pk=ticket_id)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def ticket_by_secret(secret: str, now: datetime) -> Ticket:
    """The ticket behind the link of a message; `NotFound` from the second day on."""
    found = (
        Ticket.objects.select_related("centre__directorate", "counter", "offering__service")
        .filter(secret=secret)
        .first()
    )
    if found is None or local_date(now, found.centre.timezone) > found.day + SECRET_LIVES:
        raise NotFound
    return found


def following_ticket(ticket: Ticket) -> Ticket | None:
    """The number that goes on with the visit after this part of it; None: nothing follows."""
    if ticket.appointment_id is None:
        return None
    before = Ticket.objects.filter(pk=ticket.pk)
    later = Ticket.objects.filter(
        day=ticket.day,
        state__in=Ticket.OPEN,
        appointment__visit__in=before.values("appointment__visit"),
        appointment__leg__gt=before.values("appointment__leg"),
    )
    return later.order_by("appointment__leg").first()


def place_of(ticket: Ticket) -> Place:
    """What the order looks at of a ticket."""
    return Place(ticket.pk, ticket.priority_class, ticket.due_at)


def out_of_order_share(centre: Centre, day: date) -> tuple[int, int]:
    """How many of the day's calls were out of order, and all calls. Recalls count for nothing."""
    calls = _history(centre, day).filter(from_state="waiting", to_state="called")
    out = Count("pk", filter=Q(details__out_of_order=True))
    found = calls.aggregate(out=out, calls=Count("pk"))
    return found["out"], found["calls"]


def board_for(
    centre: Centre, day: date, recent: int = RECENT_CALLS, letters: Collection[str] = ()
) -> Board:
    """The board: tickets at counters and the last `recent` calls, both newest first.

    With `letters`: only tickets of these groups.
    """
    tickets = tickets_of_day(centre, day)
    called = _history(centre, day).filter(to_state="called").order_by("-pk")
    if letters:
        tickets = tickets.filter(group__letter__in=letters)
        called = called.filter(subject_id__in=tickets.values("pk"))
    now_ids = set(tickets.filter(state__in=Ticket.AT_COUNTER).values_list("pk", flat=True))
    rows = called.values_list("subject_id", "at", "details")
    newest: dict[int, tuple[datetime, int]] = {}
    # Recalls repeat a ticket, so a few more rows are read than lines are shown.
    for subject_id, at, details in [*rows[: recent * 4], *rows.filter(subject_id__in=now_ids)]:
        newest.setdefault(subject_id, (at, details.get("counter", 0)))
    found = Ticket.objects.in_bulk(list(newest))
    calls = [
        Call(pk, found[pk].number, counter, found[pk].state, at, found[pk].calls)
        for pk, (at, counter) in newest.items()
        if found[pk].state not in SENT_AWAY
    ]
    return Board([call for call in calls if call.ticket_id in now_ids], calls[:recent])


def waiting_for(
    centre: Centre, day: date, now: datetime, state: str = Ticket.State.WAITING
) -> list[Waiting]:
    """Who waits and how long they have waited so far, in the order of calling.

    `waited` adds up every leg in the queue, as `waits_from_history` will.
    """
    tickets = _IN_STATE.all(centre=centre.pk, day=day, state=state)
    changes = changes_of(tickets)
    rates = rates_for(centre, now)
    tickets.sort(key=lambda ticket: order_key(place_of(ticket), now, rates))
    return [
        Waiting(
            ticket,
            arrived_at=changes[ticket.pk][0].at,
            waited=time_in_states(changes[ticket.pk], now)["waiting"],
        )
        for ticket in tickets
    ]


_IN_STATE = Question(
    lambda: Ticket.objects.select_related(*SHOWN).filter(
        centre_id=given("centre"), day=given("day"), state=given("state")
    )
)


def serving_now(centre: Centre, day: date, now: datetime) -> list[Serving]:
    """Who is being served, longest first."""
    tickets = list(tickets_of_day(centre, day).filter(state=Ticket.State.SERVING))
    changes = changes_of(tickets)
    found = []
    for ticket in tickets:
        started_at = changes[ticket.pk][-1].at
        assert ticket.counter is not None
        planned = timedelta(minutes=ticket.offering.duration_minutes)
        found.append(Serving(ticket, ticket.counter.number, started_at, now - started_at, planned))
    return sorted(found, key=lambda item: item.started_at)


def counter_state(session: CounterSession, now: datetime) -> CounterState:
    """The counter's visitor with the times of this call, and how many wait for its pool."""
    counter = session.counter
    day = local_date(now, counter.centre.timezone)
    ticket = (
        Ticket.objects.select_related(
            "centre", "counter", "offering__service", "appointment__beneficiary", "person"
        )
        .filter(counter=counter, state__in=Ticket.AT_COUNTER)
        .first()
    )
    pool = tickets_of_day(counter.centre, day).filter(pool_id=serving_pool_id(counter, now))
    mine = pool.filter(Q(wanted_counter=None) | Q(wanted_counter=counter))
    changes = changes_of([ticket])[ticket.pk] if ticket else []
    return CounterState(
        session=session,
        ticket=ticket,
        called_at=_last_at(changes, "called"),
        started_at=_last_at(changes, "serving"),
        waiting=mine.filter(state=Ticket.State.WAITING).count(),
        parked=list(pool.filter(state=Ticket.State.PARKED).order_by("due_at", "pk")),
    )


def ticket_at_counter(counter: Counter) -> Ticket | None:
    """The ticket called to a counter or served there; one at most, by constraint."""
    tickets = Ticket.objects.select_related("centre", "counter", "offering__service")
    return tickets.filter(counter=counter, state__in=Ticket.AT_COUNTER).first()


def session_of_staff(centre: Centre, staff_id: int) -> CounterSession | None:
    """The counter a member of staff has open at this centre."""
    return (
        CounterSession.objects.select_related("counter__centre", "counter__pool", "staff")
        .filter(counter__centre=centre, staff_id=staff_id, closed_at__isnull=True)
        .first()
    )


def open_sessions(centre: Centre) -> QuerySet[CounterSession]:
    """Who works at which counter of the centre now."""
    return CounterSession.objects.select_related("counter", "staff").filter(
        counter__centre=centre, closed_at__isnull=True
    )


def parts_of(ticket: Ticket) -> QuerySet[TicketLeg]:
    """The services of a ticket with several, in turn; nothing for one with its own only."""
    legs = TicketLeg.objects.select_related("offering__service").filter(ticket=ticket)
    return legs.order_by("position")


def open_help_calls(centre: Centre) -> QuerySet[HelpCall]:
    """Who has called for help at this centre and waits for somebody: emergencies first."""
    waiting = HelpCall.objects.select_related("centre", "counter").filter(
        centre=centre, answered_at__isnull=True
    )
    emergency = Q(kind=HelpCall.Kind.EMERGENCY)
    return waiting.order_by(Case(When(emergency, then=0), default=1), "raised_at", "pk")


def walk_in_offerings(centre: Centre, now: datetime) -> list[Offering]:
    """What the kiosk offers without an appointment now: open pools, walk-ins allowed."""
    if not (centre.walk_ins and centre.active):
        return []
    found = Offering.objects.select_related("service", "centre", "pool", "group").filter(
        centre=centre,
        active=True,
        walk_ins=True,
        service__active=True,
        pool__sessions__starts_at__lte=now,
        pool__sessions__ends_at__gt=now,
    )
    return list(found.distinct().order_by("service__order", "service__code"))


def waits_from_history(centre: Centre, day: date, until: datetime) -> list[TicketTimes]:
    """Every ticket of the day with its times, by issue. Open states count up to `until`."""
    tickets = list(tickets_of_day(centre, day).order_by("pk"))
    changes = changes_of(tickets)
    return [_times(ticket, changes[ticket.pk], until) for ticket in tickets]


def _times(ticket: Ticket, changes: list[Change], until: datetime) -> TicketTimes:
    spent = time_in_states(changes, until)
    return TicketTimes(
        ticket_id=ticket.pk,
        number=ticket.number,
        priority_class=ticket.priority_class,
        state=ticket.state,
        service_id=ticket.offering.service_id,
        has_appointment=ticket.appointment_id is not None,
        issued_at=changes[0].at,
        due_at=ticket.due_at,
        called_at=_first_at(changes, "called"),
        started_at=_first_at(changes, "serving"),
        finished_at=_last_at(changes, "served"),
        wait=spent["waiting"],
        way=spent["called"],
        service=spent["serving"],
    )


def calls_of(ticket: Ticket) -> tuple[datetime, datetime]:
    """The first and the last call of the present call-up (UTC): since the ticket last waited."""
    rows = History.objects.filter(
        subject_kind="ticket", subject_id=ticket.pk, to_state="called"
    ).order_by("-pk")
    moments: list[datetime] = []
    for at, from_state in rows.values_list("at", "from_state"):
        moments.append(at)
        if from_state == "waiting":
            break
    return moments[-1], moments[0]


def changes_of(tickets: Sequence[Ticket]) -> dict[int, list[Change]]:
    """The history of these tickets (of one centre and day), oldest row first; one query."""
    if not tickets:
        return {}
    found: dict[int, list[Change]] = {ticket.pk: [] for ticket in tickets}
    rows = _history(tickets[0].centre, tickets[0].day).order_by("pk")
    if len(found) <= FEW:
        rows = rows.filter(subject_id__in=list(found))
    for subject_id, at, to_state in rows.values_list("subject_id", "at", "to_state"):
        if subject_id in found:
            found[subject_id].append(Change(at, to_state))
    return found


def _history(centre: Centre, day: date) -> QuerySet[History]:
    return History.objects.filter(centre_id=centre.pk, day=day, subject_kind="ticket")


def _first_at(changes: list[Change], state: str) -> datetime | None:
    return next((change.at for change in changes if change.to_state == state), None)


def _last_at(changes: list[Change], state: str) -> datetime | None:
    return next((change.at for change in reversed(changes) if change.to_state == state), None)
