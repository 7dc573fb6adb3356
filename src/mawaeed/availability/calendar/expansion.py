"""From a centre's rules, closures and counters to the sessions and intervals they make."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Q

from mawaeed.availability.calendar.capacity_rules import (
    Away,
    Closed,
    Facts,
    PoolFacts,
    Sold,
    Span,
    capacity_at,
    shape_of,
)
from mawaeed.availability.models import (
    CalendarChange,
    Closure,
    CounterAbsence,
    Interval,
    OpeningRule,
    Session,
)
from mawaeed.availability.release_rules import LetGo
from mawaeed.availability.rules import DayOff, Hours, Period, cut, periods_on
from mawaeed.centres.models import Centre, Counter, Pool


def planned_sessions(
    pool: Pool, day: date, rules: list[OpeningRule], days_off: list[DayOff], staffed: int
) -> Iterator[Session]:
    """The sessions (not saved) that the rules give a pool on a local day."""
    centre = pool.centre
    hours = [hours_of(rule) for rule in rules if rule.pool_id in {None, pool.pk}]
    for period in periods_on(day, hours, days_off, ZoneInfo(centre.timezone)):
        session = _session(centre, pool, day, period, staffed)
        if session is not None:
            yield session


def _session(centre: Centre, pool: Pool, day: date, period: Period, staffed: int) -> Session | None:
    counters = staffed if period.counters is None else min(period.counters, staffed)
    places = pool.places if pool.places and counters else counters
    steps = cut(period, pool.grid_minutes)
    if not places or not steps:
        return None
    return Session(
        centre=centre,
        pool=pool,
        date=day,
        starts_at=steps[0][0],
        ends_at=steps[-1][1],
        places=places,
    )


def planned_intervals(
    session: Session, pool: Pool, facts: Facts, let_go: LetGo
) -> Iterator[Interval]:
    """A session's intervals (not saved), with the places they have as things stand."""
    span = Span(session.starts_at, session.ends_at, session.places)
    for starts_at, ends_at in cut(Period(session.starts_at, session.ends_at), pool.grid_minutes):
        capacity = capacity_at(pool.pk, starts_at, ends_at, span, facts)
        shape = shape_of(capacity, facts.pools[pool.pk], Sold(), let_go)
        yield Interval(
            session=session, pool=pool, starts_at=starts_at, ends_at=ends_at, **shape.columns()
        )


def facts_of(centre: Centre, since: datetime) -> Facts:
    """What is known of a centre's time from `since` on, beside its sessions."""
    changes = CalendarChange.objects.filter(
        centre=centre,
        kind=CalendarChange.Kind.CLOSURE,
        undone_at__isnull=True,
        ends_at__gt=since,
    )
    absences = CounterAbsence.objects.filter(
        counter__centre=centre,
        counter__active=True,
        counter__pool=F("from_pool"),
        undone_at__isnull=True,
        ends_at__gt=since,
    )
    return Facts(
        pools=pool_facts(centre),
        closed=tuple(
            Closed(row.details.get("pool_id"), row.starts_at, row.ends_at) for row in changes
        ),
        away=tuple(
            Away(row.from_pool_id, row.to_pool_id, row.starts_at, row.ends_at, row.counter_id)
            for row in absences
        ),
    )


def pool_facts(centre: Centre) -> dict[int, PoolFacts]:
    """Pool → its counters in service, seats and reserves."""
    pools = Pool.objects.filter(centre=centre).annotate(
        staffed=Count("counters", filter=Q(counters__active=True))
    )
    rows = pools.values_list("id", "staffed", "places", "staff_reserve", "walk_in_reserve")
    return {pool_id: PoolFacts(*rest) for pool_id, *rest in rows}


def staffed_counters(centre: Centre) -> dict[int, int]:
    """Pool → how many counters in service feed it."""
    staffed: dict[int, int] = {}
    counters = Counter.objects.filter(centre=centre, active=True)
    for pool_id in counters.values_list("pool_id", flat=True):
        staffed[pool_id] = staffed.get(pool_id, 0) + 1
    return staffed


def days_off_between(centre: Centre, first: date, last: date) -> list[DayOff]:
    """Confirmed closures of the centre or of its whole agency between two local dates."""
    scope = Q(centre=centre) | Q(centre=None, agency_id=centre.agency_id)
    confirmed = Closure.objects.filter(scope, confirmed=True, active=True)
    rows = confirmed.filter(from_date__lte=last, until_date__gte=first)
    return [DayOff(row.from_date, row.until_date, row.from_time, row.until_time) for row in rows]


def hours_of(rule: OpeningRule) -> Hours:
    """A stored rule as the rules know it."""
    return Hours(
        weekdays=frozenset(int(digit) for digit in rule.weekdays),
        opens=rule.opens_time,
        closes=rule.closes_time,
        effective_from=rule.effective_from,
        effective_until=rule.effective_until,
        precedence=rule.precedence,
        counters=rule.counters,
        for_pool=rule.pool_id is not None,
    )
