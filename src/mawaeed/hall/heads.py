"""The few waiting tickets a choice is made from, found by index: never the whole hall."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import Combinable

from mawaeed.centres.models import Counter, Offering
from mawaeed.hall import events
from mawaeed.hall.choosing import Candidate, LastCalls
from mawaeed.hall.models import CounterSession, Ticket
from mawaeed.hall.profiles import KindsRatio
from mawaeed.hall.rules import CLASSES
from mawaeed.kernel.models import History
from mawaeed.kernel.statements import Question, given

# So many of a counter's last calls tell whose turn it is, whatever the ratio.
LAST = 60
# Mostly these tell it already; the day's history need not be read then.
LATELY = timedelta(minutes=45)


@dataclass(frozen=True, slots=True)
class Asking:
    """A counter that asks for its next visitor, who works there, and on which local day."""

    counter: Counter
    staff_id: int | None
    day: date
    now: datetime


class Head(NamedTuple):
    """A waiting ticket that may be called: what the choice looks at, and where it is sent."""

    pk: int
    number: str
    priority_class: str
    due_at: datetime
    offering_id: int
    pool_id: int
    not_before: datetime | None
    wanted_counter_id: int | None
    wanted_staff_id: int | None


COLUMNS = tuple(Head.__annotations__)
SHOWN = ("centre", "counter", "offering__service")
NOBODY = 0


def _waiting(day: Any, now: Any) -> QuerySet[Ticket]:
    """The day's waiting tickets, without those who asked for more time."""
    may_come = Q(not_before=None) | Q(not_before__lte=now)
    return Ticket.objects.filter(may_come, day=day, state=Ticket.State.WAITING)


def sent_nowhere() -> Combinable:
    """Tickets any counter of the pool may call.

    Sent to a counter or a person, a ticket is passed over by the others while somebody works
    there, or while that person works at the centre; after that it is nobody's own.
    """
    working = CounterSession.objects.filter(
        Q(counter_id=OuterRef("wanted_counter_id"))
        | Q(staff_id=OuterRef("wanted_staff_id"), counter__centre_id=OuterRef("centre_id")),
        closed_at__isnull=True,
    )
    return Q(wanted_counter=None, wanted_staff=None) | ~Exists(working)


def as_seen(head: Head) -> Ticket | None:
    """The waiting ticket, whole, if nothing that the choice was made from has changed."""
    ticket = _STILL_WAITING.first(ticket=head.pk)
    if ticket is None or head != tuple(getattr(ticket, name) for name in COLUMNS):
        return None
    return ticket


_STILL_WAITING = Question(
    lambda: Ticket.objects.select_related(*SHOWN).filter(
        pk=given("ticket"), state=Ticket.State.WAITING
    )
)


def first_of_each_class(asking: Asking, pool_ids: Sequence[int]) -> list[Head]:
    """The first ticket of each class of each pool: reads of `ticket_heads`, one statement."""
    pools = {f"pool_{place}": pool_id for place, pool_id in enumerate(pool_ids)}
    return _read(_firsts_of_pools(len(pools)), asking, **pools)


@cache
def _firsts_of_pools(pools: int) -> Question[tuple[Any, ...]]:
    def firsts() -> QuerySet[Ticket, tuple[Any, ...]]:
        general = _waiting(given("day"), given("now")).filter(sent_nowhere())
        found = [
            Subquery(_first(general.filter(pool_id=given(f"pool_{place}")), name))
            for place in range(pools)
            for name in CLASSES
        ]
        return Ticket.objects.filter(pk__in=found).values_list(*COLUMNS)

    return Question(firsts)


def first_of_each_service(
    asking: Asking, pool_ids: Sequence[int], offerings: Iterable[int]
) -> list[Head]:
    """The same for each offering: reads of `ticket_heads_offering`, one statement."""
    waiting = _waiting(asking.day, asking.now)
    general = waiting.filter(sent_nowhere(), offering_id=OuterRef("pk"))
    firsts = {
        f"first_{pool_id}_{name}": Subquery(_first(general.filter(pool_id=pool_id), name))
        for pool_id in pool_ids
        for name in CLASSES
    }
    rows = Offering.objects.filter(pk__in=offerings).annotate(**firsts).values_list(*firsts)
    found = {ticket_id for row in rows for ticket_id in row if ticket_id is not None}
    return [Head(*row) for row in Ticket.objects.filter(pk__in=found).values_list(*COLUMNS)]


def sent_here(asking: Asking) -> list[Head]:
    """Tickets transferred to this counter or to whoever works there, of any pool: a few."""
    return _read(
        _SENT_HERE,
        asking,
        counter=asking.counter.pk,
        staff=asking.staff_id or NOBODY,
        centre=asking.counter.centre_id,
    )


_SENT_HERE = Question(
    lambda: (
        _waiting(given("day"), given("now"))
        .filter(
            Q(wanted_counter_id=given("counter"))
            | Q(wanted_staff_id=given("staff"), centre_id=given("centre"))
        )
        .values_list(*COLUMNS)
    )
)


def _read(question: Question[tuple[Any, ...]], asking: Asking, **values: int) -> list[Head]:
    """The few columns a choice is made from; the one chosen is read whole, by `as_seen`."""
    rows = question.all(now=asking.now, day=asking.day, **values)
    return [Head(*row) for row in rows]


def last_calls(asking: Asking, ratio: KindsRatio) -> LastCalls:
    """Whom the counter called last today (offering, class), newest first, from history.

    As many as decide whose turn it is: of the last while, else of the whole day. Calls that were
    taken back at once are left out.
    """
    lately = _calls_since(asking, asking.now - LATELY)
    counted = sum(ratio.first.covers(*call) or ratio.second.covers(*call) for call in lately)
    return lately if counted >= ratio.memory else _calls_since(asking, None)


def _calls_since(asking: Asking, since: datetime | None) -> LastCalls:
    """By `history_centre_moment`; a call is taken back after it, so never without being seen."""
    called = Q(from_state="waiting", to_state="called", details__counter=asking.counter.number)
    taken_back = Q(from_state="called", to_state="waiting", details__event=events.TICKET_TAKEN_BACK)
    rows = History.objects.filter(
        called | taken_back,
        centre_id=asking.counter.centre_id,
        day=asking.day,
        subject_kind="ticket",
        **({"at__gte": since} if since is not None else {}),
    )
    void: set[int] = set()
    found: list[int] = []
    for ticket_id, to_state in rows.order_by("-pk").values_list("subject_id", "to_state")[:LAST]:
        if to_state == "waiting":
            void.add(ticket_id)
        elif ticket_id in void:
            void.discard(ticket_id)
        else:
            found.append(ticket_id)
    tickets = Ticket.objects.filter(pk__in=found)
    rows_of_tickets = tickets.values_list("pk", "offering_id", "priority_class")
    kinds = {pk: (offering_id, name) for pk, offering_id, name in rows_of_tickets}
    return [kinds[pk] for pk in found if pk in kinds]


def candidate(ticket: Ticket | Head, asking: Asking) -> Candidate:
    """What the choice looks at of a ticket."""
    return Candidate(
        ticket_id=ticket.pk,
        priority_class=ticket.priority_class,
        due_at=ticket.due_at,
        offering_id=ticket.offering_id,
        pool_id=ticket.pool_id,
        not_before=ticket.not_before,
        sent_here=ticket.wanted_counter_id == asking.counter.pk
        or (asking.staff_id is not None and ticket.wanted_staff_id == asking.staff_id),
    )


def _first(tickets: QuerySet[Ticket], priority_class: str) -> QuerySet[Ticket, Any]:
    of_class = tickets.filter(priority_class=priority_class)
    return of_class.order_by("due_at", "pk").values("pk")[:1]
