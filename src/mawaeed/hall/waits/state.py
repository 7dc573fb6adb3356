"""The live state of a centre's hall, read in a fixed number of queries, however many wait."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from mawaeed.availability.models import Session
from mawaeed.availability.queries import lent_counters
from mawaeed.booking.models import Appointment
from mawaeed.centres.models import Centre, Offering
from mawaeed.hall.conditions import Conditions
from mawaeed.hall.dispatch import hall_kinds, profiles_of
from mawaeed.hall.models import CounterBreak, CounterSession, EstimateCorrection, Ticket
from mawaeed.hall.policies import rates_for
from mawaeed.hall.profiles import CounterRules, brought_to
from mawaeed.hall.waits.pace import Stay, pace_from
from mawaeed.hall.waits.snapshot import Desk, Expected, Planned, Queued, Snapshot
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.models import History
from mawaeed.kernel.statements import Question, given

AT_COUNTER = tuple(str(state) for state in Ticket.AT_COUNTER)
# Whoever has an appointment and has not come by then is not waited for.
TOO_LATE = timedelta(minutes=15)
# Appointments later than that come too late to keep anybody waiting who is here.
FAR = timedelta(hours=3)
# Priority visitors are counted over so long.
LATELY = timedelta(minutes=90)
USUAL_MINUTES = 10.0


class _Row(NamedTuple):
    """What a ticket of the day came for, and its counter."""

    ticket_id: int
    offering_id: int
    counter_id: int | None


@dataclass(frozen=True, slots=True)
class Visit:
    """A ticket's stay at a counter, from the call on; `ended_at` is None while it lasts."""

    ticket_id: int
    called_at: datetime
    ended_at: datetime | None


def live_state(centre: Centre, now: datetime) -> Snapshot:
    """Everything a simulation of this centre starts from.

    Twelve queries, two more with profiles; only whoever waits is read whole.
    """
    day = local_date(now, centre.timezone)
    rows = _tickets(centre, day)
    visits = visits_of_day(centre, day)
    planned_minutes = minutes_by_offering(centre)
    stays = _stays(visits, rows, planned_minutes)
    return Snapshot(
        now=now,
        rates=rates_for(centre, now),
        waiting=_waiting(centre, day),
        desks=_desks(centre, now, rows, visits),
        expected=_expected(centre, day, now),
        planned=_planned(centre, day, now),
        pace=pace_from(kept_of(centre).get("pace", {}), stays),
        planned_minutes=planned_minutes,
        priority_arrivals=_priority_arrivals(centre, day, now),
    )


def kept_of(centre: Centre) -> dict[str, Any]:
    """What was learned of a centre: `pace` of earlier days, additions to ranges; empty at first."""
    return _KEPT.first(centre=centre.pk) or {}


_KEPT = Question(
    lambda: (
        EstimateCorrection.objects.filter(centre_id=given("centre"))
        .order_by("pk")
        .values_list("content", flat=True)[:1]
    )
)


def minutes_by_offering(centre: Centre) -> dict[int, float]:
    """Planned minutes of everything the centre offers."""
    return {pk: float(planned) for pk, planned in _MINUTES.all(centre=centre.pk)}


_MINUTES = Question(
    lambda: Offering.objects.filter(centre_id=given("centre")).values_list(
        "pk", Coalesce(F("duration_override"), F("service__duration_minutes"))
    )
)


def visits_of_day(centre: Centre, day: date) -> list[Visit]:
    """Every stay at a counter on a local day, from history; stays taken back are left out."""
    begun: dict[int, datetime] = {}
    found = []
    for ticket_id, at, from_state, to_state in _CAME_AND_WENT.all(centre=centre.pk, day=day):
        if to_state in AT_COUNTER:
            begun.setdefault(ticket_id, at)
        elif ticket_id in begun and from_state in AT_COUNTER:
            found.append(Visit(ticket_id, begun.pop(ticket_id), at))
    return found + [Visit(ticket_id, at, None) for ticket_id, at in begun.items()]


def _came_and_went() -> QuerySet[History, tuple[Any, ...]]:
    came, went = Q(to_state__in=AT_COUNTER), Q(from_state__in=AT_COUNTER)
    rows = History.objects.filter(
        (came & ~went) | (went & ~came),
        centre_id=given("centre"),
        day=given("day"),
        subject_kind="ticket",
    )
    return rows.order_by("pk").values_list("subject_id", "at", "from_state", "to_state")


_CAME_AND_WENT = Question(_came_and_went)


def stays_of_day(centre: Centre, day: date) -> list[Stay]:
    """The ended stays of a local day, with what was planned for each. Three queries."""
    rows = _tickets(centre, day)
    return _stays(visits_of_day(centre, day), rows, minutes_by_offering(centre))


def _tickets(centre: Centre, day: date) -> dict[int, _Row]:
    return {row[0]: _Row(*row) for row in _TICKETS.all(centre=centre.pk, day=day)}


def _of_day() -> QuerySet[Ticket]:
    return Ticket.objects.filter(centre_id=given("centre"), day=given("day"))


_TICKETS = Question(lambda: _of_day().values_list("pk", "offering_id", "counter_id"))
_WAITING = Question(
    lambda: (
        _of_day()
        .filter(state=Ticket.State.WAITING)
        .values_list(
            "pk",
            "pool_id",
            "priority_class",
            "due_at",
            "offering_id",
            "created_at",
            "wanted_counter_id",
            "wanted_staff_id",
            "not_before",
        )
    )
)


def _waiting(centre: Centre, day: date) -> list[Queued]:
    return [Queued(*row) for row in _WAITING.all(centre=centre.pk, day=day)]


def _stays(
    visits: Iterable[Visit], rows: Mapping[int, _Row], planned: Mapping[int, float]
) -> list[Stay]:
    found = []
    for visit in visits:
        row = rows.get(visit.ticket_id)
        if row is not None and visit.ended_at is not None:
            minutes = (visit.ended_at - visit.called_at).total_seconds() / 60
            usual = planned.get(row.offering_id, USUAL_MINUTES)
            found.append(Stay(row.offering_id, row.counter_id, usual, minutes))
    return found


def _desks(
    centre: Centre, now: datetime, rows: Mapping[int, _Row], visits: Iterable[Visit]
) -> list[Desk]:
    """The counters at work, with who is there since when."""
    on_break = dict(_PAUSES.all(centre=centre.pk))
    lent = lent_counters(centre.pk, now)
    rules = _Rules(centre)
    there = {
        row.counter_id: (row.offering_id, visit.called_at)
        for visit in visits
        if visit.ended_at is None and (row := rows.get(visit.ticket_id)) is not None
    }
    found = []
    for pk, counter_id, pool_id, staff_id in _AT_WORK.all(centre=centre.pk):
        offering_id, since = there.get(counter_id, (None, None))
        serving = lent.get(counter_id, pool_id)
        desk = Desk(counter_id, serving, staff_id, offering_id, since, break_since=on_break.get(pk))
        found.append(replace(desk, rules=rules(counter_id, serving)))
    return found


_AT_WORK = Question(
    lambda: (
        CounterSession.objects.filter(counter__centre_id=given("centre"), closed_at__isnull=True)
        .order_by("pk")
        .values_list("pk", "counter_id", "counter__pool_id", "staff_id")
    )
)
_PAUSES = Question(
    lambda: CounterBreak.objects.filter(
        counter_session__counter__centre_id=given("centre"),
        counter_session__closed_at__isnull=True,
        ended_at__isnull=True,
    ).values_list("counter_session_id", "began_at")
)


class _Rules:
    """What each counter may call; None at a centre without profiles: its whole pool."""

    def __init__(self, centre: Centre) -> None:
        self.profiles = profiles_of(centre.pk)
        self.hall = hall_kinds(centre.pk) if self.profiles else None

    def __call__(self, counter_id: int, pool_id: int) -> CounterRules | None:
        if self.hall is None:
            return None
        return brought_to(self.profiles.get(counter_id, Conditions()), pool_id, self.hall)


def _expected(centre: Centre, day: date, now: datetime) -> list[Expected]:
    """Appointments of the coming hours."""
    rows = _EXPECTED.all(centre=centre.pk, day=day, after=now - TOO_LATE, before=now + FAR)
    return [Expected(*row) for row in rows]


_EXPECTED = Question(
    lambda: (
        Appointment.objects.filter(
            centre_id=given("centre"),
            day=given("day"),
            state=Appointment.State.BOOKED,
            starts_at__gt=given("after"),
            starts_at__lt=given("before"),
        )
        .order_by("pk")
        .values_list("pk", "pool_id", "offering_id", "starts_at")
    )
)


def _planned(centre: Centre, day: date, now: datetime) -> Sequence[Planned]:
    return [Planned(*row) for row in _SESSIONS.all(centre=centre.pk, day=day, now=now)]


_SESSIONS = Question(
    lambda: (
        Session.objects.filter(
            centre_id=given("centre"), date=given("day"), ends_at__gt=given("now")
        )
        .order_by("starts_at", "pk")
        .values_list("pool_id", "starts_at", "places")
    )
)


def _priority_arrivals(centre: Centre, day: date, now: datetime) -> dict[int, float]:
    """Priority visitors per minute lately, by pool."""
    minutes = LATELY.total_seconds() / 60
    found: dict[int, float] = {}
    for pool_id in _PRIORITY.all(centre=centre.pk, day=day, since=now - LATELY):
        found[pool_id] = found.get(pool_id, 0.0) + 1 / minutes
    return found


_PRIORITY = Question(
    lambda: (
        _of_day()
        .filter(priority_class=Ticket.PriorityClass.PRIORITY, created_at__gt=given("since"))
        .values_list("pool_id", flat=True)
    )
)
