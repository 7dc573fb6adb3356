"""Changes to the days of a centre: what they would do, doing them, and undoing them.

`outcome_of` only looks. `write_change` and `undo_change` write, inside the caller's transaction:
the centre's calendar row is locked first, then the intervals in (pool, start) order. Whom a change
displaces is the business of booking; here it shows as shortfall, and never makes a change fail.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from django.db.models import F, Max, Q

from mawaeed.availability.calendar.capacity_rules import (
    Away,
    Closed,
    Facts,
    Shape,
    Span,
    places_after,
)
from mawaeed.availability.calendar.expansion import facts_of
from mawaeed.availability.calendar.hours import hours_if, most_counters, rewrite_sessions
from mawaeed.availability.calendar.shaping import (
    LedgerRow,
    ledger_rows,
    let_go_of,
    shapes,
    write_shapes,
)
from mawaeed.availability.calendar.wishes import (
    AddCounter,
    ChangeHours,
    CloseTime,
    RetireCounter,
    SendAway,
    Wish,
)
from mawaeed.availability.errors import (
    CannotUndo,
    CounterAwayAlready,
    CounterNotHere,
    CounterNumberTaken,
    HoursTooSoon,
    PeriodOver,
    UndoneAlready,
)
from mawaeed.availability.models import (
    CalendarChange,
    CentreCalendar,
    CounterAbsence,
    OpeningRule,
    Session,
)
from mawaeed.centres.models import Centre, Counter, Pool
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.clock import day_bounds, local_date

Kind = CalendarChange.Kind
# The end of what holds for good.
OPEN_END = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The intervals a change touches, each as it is and as it would be."""

    starts_at: datetime
    ends_at: datetime
    facts: Facts
    rows: Sequence[tuple[LedgerRow, Shape]]

    @property
    def short(self) -> dict[tuple[int, datetime], int]:
        """(pool, start) → how many are sold beyond the places there would be."""
        return {
            (row.pool_id, row.starts_at): shape.shortfall
            for row, shape in self.rows
            if shape.shortfall
        }

    @property
    def grows_short(self) -> bool:
        """Whether anybody would lose a place who has one now."""
        return any(shape.shortfall > row.shape.shortfall for row, shape in self.rows)


def outcome_of(centre: Centre, wish: Wish, now: datetime, *, lock: bool = False) -> Outcome:
    """What a wish would do from `now` on; refuses what cannot be, and changes nothing."""
    _require_possible(centre, wish, now)
    begin, end = _bounds(centre, wish, now)
    facts = _facts_with(centre, wish, facts_of(centre, begin), begin, end)
    return _outcome(_pools(centre, wish), facts, begin, end, lock=lock)


def lock_calendar(centre: Centre) -> CentreCalendar:
    """The first lock of everything that changes a centre's days."""
    CentreCalendar.objects.get_or_create(centre=centre)
    return CentreCalendar.objects.select_for_update().get(centre=centre)


def write_change(
    *,
    centre: Centre,
    wish: Wish,
    reason: str,
    details: dict[str, Any],
    actor: Actor,
    now: datetime,
) -> CalendarChange:
    """Carry a wish out on the days that are open; inside a transaction of the caller's.

    Refuses `PeriodOver`, `HoursTooSoon`, `CounterAwayAlready`, `CounterNotHere`,
    `CounterNumberTaken`. `details` are kept with the change.
    """
    calendar = lock_calendar(centre)
    outcome = outcome_of(centre, wish, now, lock=True)
    kept = _write_fact(centre, wish)
    _write_sessions(centre, outcome)
    write_shapes(outcome.rows)
    _next_version(calendar)
    return CalendarChange.objects.create(
        centre=centre,
        kind=_kind(wish),
        starts_at=outcome.starts_at,
        ends_at=outcome.ends_at,
        reason=reason,
        details={**details, **kept, "pools": _pools(centre, wish)},
        made_at=now,
        made_by_id=actor.id,
    )


def undo_change(*, change: CalendarChange, actor: Actor, now: datetime) -> CalendarChange:
    """Take a change back as far as its time is still to come; inside the caller's transaction.

    Refuses `UndoneAlready` and `CannotUndo` (somebody would lose a place by it).
    """
    centre = change.centre
    calendar = lock_calendar(centre)
    undone = CalendarChange.objects.filter(
        pk=change.pk, undone_at__isnull=True, ends_at__gt=now
    ).update(undone_at=now, undone_by_id=actor.id)
    if undone != 1:
        raise UndoneAlready
    change.refresh_from_db()
    begin = max(now, change.starts_at)
    facts = _facts_without(change, begin, now)
    outcome = _outcome(change.details["pools"], facts, begin, change.ends_at, lock=True)
    if outcome.grows_short:
        raise CannotUndo
    _write_sessions(centre, outcome)
    write_shapes(outcome.rows)
    _next_version(calendar)
    return change


def _outcome(
    pools: Sequence[int], facts: Facts, begin: datetime, end: datetime, *, lock: bool
) -> Outcome:
    rows = ledger_rows(pools, begin, end, lock=lock)
    first = min((row.day for row in rows), default=begin.date())
    return Outcome(begin, end, facts, shapes(rows, facts, let_go_of(pools, first)))


def _require_possible(centre: Centre, wish: Wish, now: datetime) -> None:
    if isinstance(wish, CloseTime | SendAway) and not now < wish.ends_at > wish.starts_at:
        raise PeriodOver
    if isinstance(wish, ChangeHours):
        if wish.from_date <= local_date(now, centre.timezone):
            raise HoursTooSoon
        if wish.closes <= wish.opens or (wish.until and wish.until < wish.from_date):
            raise PeriodOver
    if isinstance(wish, SendAway):
        _require_free(centre, wish)
    if isinstance(wish, RetireCounter) and not wish.counter.active:
        raise CounterNotHere
    if isinstance(wish, AddCounter):
        known = Counter.objects.filter(centre=centre, number=wish.number, active=True)
        if known.exists():
            raise CounterNumberTaken


def _require_free(centre: Centre, wish: SendAway) -> None:
    counter, to_pool = wish.counter, wish.to_pool
    here = counter.active and counter.centre_id == centre.pk
    if not here or (to_pool and to_pool.pk == counter.pool_id):
        raise CounterNotHere
    if to_pool is not None and (to_pool.centre_id != centre.pk or not to_pool.active):
        raise CounterNotHere
    overlapping = CounterAbsence.objects.filter(
        counter=counter,
        undone_at__isnull=True,
        starts_at__lt=wish.ends_at,
        ends_at__gt=wish.starts_at,
    )
    if overlapping.exists():
        raise CounterAwayAlready


def _bounds(centre: Centre, wish: Wish, now: datetime) -> tuple[datetime, datetime]:
    """From and until when (UTC, half-open) a wish counts, not before `now`; maybe without end."""
    if isinstance(wish, CloseTime | SendAway):
        return max(now, wish.starts_at), wish.ends_at
    if isinstance(wish, ChangeHours):
        begin, _ = day_bounds(wish.from_date, centre.timezone)
        return begin, day_bounds(wish.until, centre.timezone)[1] if wish.until else OPEN_END
    return now, OPEN_END


def _opened_until(centre: Centre) -> datetime:
    """The end of the last day that is open (UTC); long ago where none is."""
    opened = CentreCalendar.objects.filter(centre=centre).values_list("open_until", flat=True)
    day = opened.first()
    return day_bounds(day, centre.timezone)[1] if day else datetime.min.replace(tzinfo=UTC)


def _pools(centre: Centre, wish: Wish) -> list[int]:
    if isinstance(wish, SendAway):
        found = [wish.counter.pool_id, wish.to_pool.pk if wish.to_pool else None]
        return sorted(pk for pk in found if pk is not None)
    if isinstance(wish, CloseTime | ChangeHours) and wish.pool is not None:
        return [wish.pool.pk]
    # A counter that comes or goes takes the absences along in which it helps other pools.
    return sorted(Pool.objects.filter(centre=centre, active=True).values_list("pk", flat=True))


def _facts_with(centre: Centre, wish: Wish, facts: Facts, begin: datetime, end: datetime) -> Facts:
    if isinstance(wish, CloseTime):
        pool_id = wish.pool.pk if wish.pool else None
        return replace(facts, closed=(*facts.closed, Closed(pool_id, begin, wish.ends_at)))
    if isinstance(wish, SendAway):
        away = _away(wish, begin)
        return replace(facts, away=(*facts.away, away))
    if isinstance(wish, ChangeHours):
        rules = [*_rules(centre), _rule(centre, wish)]
        end = min(end, _opened_until(centre))
        return replace(facts, hours=hours_if(centre, _pools(centre, wish), rules, begin, end))
    if isinstance(wish, AddCounter):
        absent = (*facts.away, *_absences_waiting(centre, wish, begin))
        return _with_counters(centre, wish.pool.pk, replace(facts, away=absent), begin, +1)
    others = tuple(each for each in facts.away if each.counter_id != wish.counter.pk)
    return _with_counters(centre, wish.counter.pool_id, replace(facts, away=others), begin, -1)


def _absences_waiting(centre: Centre, wish: AddCounter, begin: datetime) -> Iterator[Away]:
    """Absences from before a counter went out of service, which count again with it."""
    waiting = CounterAbsence.objects.filter(
        counter__centre=centre,
        counter__number=wish.number,
        counter__active=False,
        from_pool=wish.pool,
        undone_at__isnull=True,
        ends_at__gt=begin,
    )
    for row in waiting:
        yield Away(row.from_pool_id, row.to_pool_id, row.starts_at, row.ends_at, row.counter_id)


def _away(wish: SendAway, begin: datetime) -> Away:
    to_pool = wish.to_pool.pk if wish.to_pool else None
    return Away(wish.counter.pool_id, to_pool, begin, wish.ends_at, wish.counter.pk)


def _with_counters(
    centre: Centre, pool_id: int, facts: Facts, begin: datetime, difference: int
) -> Facts:
    """The facts with one counter more or fewer in a pool, and its coming sessions with them."""
    pool = facts.pools[pool_id]
    after = replace(pool, counters=pool.counters + difference)
    spans = {}
    for session in Session.objects.filter(pool_id=pool_id, ends_at__gt=begin):
        places = session.places
        if pool.seats is None:
            most = most_counters(centre, session)
            places = places_after(places, pool.counters, after.counters, most)
        spans[session.pk] = Span(session.starts_at, session.ends_at, places)
    return replace(facts, pools={**facts.pools, pool_id: after}, spans=spans)


def _facts_without(change: CalendarChange, begin: datetime, now: datetime) -> Facts:
    """Put the fact behind a change away, and say what is then known."""
    centre, details = change.centre, change.details
    if change.kind == Kind.COUNTER_AWAY:
        CounterAbsence.objects.filter(pk=details["absence"]).update(undone_at=now)
    if change.kind == Kind.OPENING_RULE:
        OpeningRule.objects.filter(pk=details["rule"]).update(active=False)
        end = min(change.ends_at, _opened_until(centre))
        hours = hours_if(centre, details["pools"], _rules(centre), begin, end)
        return replace(facts_of(centre, begin), hours=hours)
    if change.kind == Kind.COUNTER_ADDED:
        back = bool(details.get("retired"))
        before = facts_of(centre, begin)
        counter = Counter.objects.filter(
            pk=details["counter"], pool=details["pool_id"], active=not back
        )
        if counter.update(active=back) != 1:
            raise UndoneAlready  # it was added again, or retired again, in the meantime
        away = facts_of(centre, begin).away
        return _with_counters(
            centre, details["pool_id"], replace(before, away=away), begin, +1 if back else -1
        )
    return facts_of(centre, begin)


def _write_fact(centre: Centre, wish: Wish) -> dict[str, Any]:
    """Store what a wish is about; returns what is needed to undo it."""
    if isinstance(wish, CloseTime):
        return {"pool_id": wish.pool.pk if wish.pool else None}
    if isinstance(wish, SendAway):
        absence = CounterAbsence.objects.create(
            counter=wish.counter,
            from_pool_id=wish.counter.pool_id,
            to_pool=wish.to_pool,
            starts_at=wish.starts_at,
            ends_at=wish.ends_at,
            reason="",
        )
        return {"absence": absence.pk, "counter": wish.counter.pk, "number": wish.counter.number}
    if isinstance(wish, ChangeHours):
        rule = _rule(centre, wish)
        rule.save()
        return {"rule": rule.pk}
    if isinstance(wish, AddCounter):
        counter, _ = Counter.objects.update_or_create(
            centre=centre, number=wish.number, defaults={"pool": wish.pool, "active": True}
        )
        return {"counter": counter.pk, "number": counter.number, "pool_id": wish.pool.pk}
    counter = wish.counter
    Counter.objects.filter(pk=counter.pk).update(active=False)
    told = {"counter": counter.pk, "number": counter.number, "pool_id": counter.pool_id}
    return {**told, "retired": True}


def _write_sessions(centre: Centre, outcome: Outcome) -> None:
    for session_id, span in outcome.facts.spans.items():
        Session.objects.filter(pk=session_id).update(places=span.places)
    rewrite_sessions(centre, outcome.facts, outcome.starts_at)


def _rules(centre: Centre) -> list[OpeningRule]:
    return list(OpeningRule.objects.filter(centre=centre, active=True))


def _rule(centre: Centre, wish: ChangeHours) -> OpeningRule:
    """The rule (not saved) a wish makes: it goes before all there are."""
    stored = OpeningRule.objects.filter(centre=centre)
    highest = stored.filter(Q(active=True)).aggregate(most=Max("precedence"))["most"] or 0
    return OpeningRule(
        centre=centre,
        pool=wish.pool,
        code=f"changed-{wish.from_date.isoformat()}-{stored.count() + 1}",
        weekdays=wish.weekdays,
        opens_time=wish.opens,
        closes_time=wish.closes,
        effective_from=wish.from_date,
        effective_until=wish.until,
        precedence=highest + 1,
    )


def _kind(wish: Wish) -> Kind:
    if isinstance(wish, CloseTime):
        return Kind.CLOSURE
    if isinstance(wish, SendAway):
        return Kind.COUNTER_AWAY
    return Kind.OPENING_RULE if isinstance(wish, ChangeHours) else Kind.COUNTER_ADDED


def _next_version(calendar: CentreCalendar) -> None:
    CentreCalendar.objects.filter(pk=calendar.pk).update(version=F("version") + 1)
