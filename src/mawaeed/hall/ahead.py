"""How many people are before somebody in the queue, by the same rules that call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from mawaeed.availability.queries import lent_counters
from mawaeed.hall.conditions import Conditions, HallKinds
from mawaeed.hall.dispatch import hall_kinds, profiles_of
from mawaeed.hall.models import CounterSession, Ticket
from mawaeed.hall.policies import rates_for
from mawaeed.hall.profiles import CounterRules, brought_to
from mawaeed.hall.rules import Place, order_key

FIELDS = (
    "pk",
    "priority_class",
    "due_at",
    "pool_id",
    "offering_id",
    "wanted_counter_id",
    "wanted_staff_id",
)
# Pool, offering, class, wanted counter, wanted person: who may call depends on these alone.
Kind = tuple[int, int, str, int | None, int | None]


@dataclass(frozen=True, slots=True)
class _AtWork:
    """An open counter: who works there, and what it may call."""

    counter_id: int
    staff_id: int
    rules: CounterRules


def people_ahead(ticket: Ticket, now: datetime) -> int:
    """How many waiting tickets are before this one; 0 unless it waits. Six reads at most.

    Counted are those that every counter which may call this ticket would call first. Whoever
    asked for more time is not, until then; and whoever asks while it lasts is counted from its end.
    Ratios of profiles are not looked at.
    """
    if ticket.state != Ticket.State.WAITING:
        return 0
    moment = max(now, ticket.not_before or now)
    rates = rates_for(ticket.centre, now)
    mine = order_key(Place(ticket.pk, ticket.priority_class, ticket.due_at), moment, rates)
    at_work = _at_work(ticket.centre_id, now)
    callers = _callers(_kind(ticket), at_work)
    before: dict[Kind, bool] = {}
    count = 0
    for pk, priority_class, due_at, pool_id, offering_id, counter, staff in _others(ticket, moment):
        if order_key(Place(pk, priority_class, due_at), moment, rates) >= mine:
            continue
        kind = (pool_id, offering_id, priority_class, counter, staff)
        if kind not in before:
            before[kind] = callers <= _callers(kind, at_work)
        count += before[kind]
    return count


def _others(ticket: Ticket, moment: datetime) -> Sequence[tuple]:  # type: ignore[type-arg]
    near = Q(pool_id=ticket.pool_id)
    if ticket.wanted_counter_id is not None:
        near |= Q(wanted_counter_id=ticket.wanted_counter_id)
    if ticket.wanted_staff_id is not None:
        near |= Q(wanted_staff_id=ticket.wanted_staff_id, centre_id=ticket.centre_id)
    waiting = Ticket.objects.filter(
        near,
        Q(not_before=None) | Q(not_before__lte=moment),
        day=ticket.day,
        state=Ticket.State.WAITING,
    )
    return list(waiting.exclude(pk=ticket.pk).values_list(*FIELDS))


def _kind(ticket: Ticket) -> Kind:
    return (
        ticket.pool_id,
        ticket.offering_id,
        ticket.priority_class,
        ticket.wanted_counter_id,
        ticket.wanted_staff_id,
    )


def _callers(kind: Kind, at_work: Sequence[_AtWork]) -> frozenset[int]:
    """The open counters that may call such a ticket."""
    pool_id, offering_id, priority_class, counter_id, staff_id = kind
    sent = {
        each.counter_id
        for each in at_work
        if each.counter_id == counter_id or each.staff_id == staff_id
    }
    return frozenset(sent) or frozenset(
        each.counter_id
        for each in at_work
        if each.rules.may_ever_serve(pool_id, offering_id, priority_class)
    )


def _at_work(centre_id: int, now: datetime) -> list[_AtWork]:
    profiles = profiles_of(centre_id)
    hall = hall_kinds(centre_id) if profiles else HallKinds()
    lent = lent_counters(centre_id, now)
    working = CounterSession.objects.filter(counter__centre_id=centre_id, closed_at=None)
    rows = working.values_list("counter_id", "staff_id", "counter__pool_id")
    return [
        _AtWork(pk, staff, brought_to(profiles.get(pk, Conditions()), lent.get(pk, pool), hall))
        for pk, staff, pool in rows
    ]
