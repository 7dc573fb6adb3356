"""Writes opening rules and closures, and expands them into the ledger's sessions and intervals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import F, Q

from mawaeed.availability.models import (
    CentreCalendar,
    Closure,
    Interval,
    OpeningRule,
    Session,
)
from mawaeed.availability.queries import last_bookable_date
from mawaeed.availability.rules import DayOff, Hours, Period, cut, periods_on
from mawaeed.centres.models import Centre, Counter, Pool
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.clock import day_bounds, local_date
from mawaeed.kernel.database import write_transaction
from mawaeed.kernel.history import record

BATCH = 1000


@dataclass(frozen=True, slots=True)
class OpenedDays:
    """What an expansion added."""

    centres: int = 0
    sessions: int = 0
    intervals: int = 0

    def __add__(self, other: OpenedDays) -> OpenedDays:
        return OpenedDays(
            self.centres + other.centres,
            self.sessions + other.sessions,
            self.intervals + other.intervals,
        )


def open_days(
    *, now: datetime, actor: Actor, until: date | None = None, centres: Iterable[str] | None = None
) -> OpenedDays:
    """Expand opening rules into sessions and intervals, centre by centre, up to `until`.

    `until` is a local date, inclusive; without it, the last bookable date. Each centre is one
    transaction that takes its calendar row first. Days already opened are left as they are (a
    change to them displaces people and is a matter of closures); a pool that is new gets its
    share of them. Running it twice changes nothing.
    """
    chosen = Centre.objects.filter(active=True).order_by("order", "id")
    if centres is not None:
        chosen = chosen.filter(code__in=list(centres))
    total = OpenedDays()
    for centre in chosen:
        last = until or last_bookable_date(now, centre.timezone)
        total += _open_centre(centre, last, now, actor)
    return total


def _open_centre(centre: Centre, until: date, now: datetime, actor: Actor) -> OpenedDays:
    today = local_date(now, centre.timezone)
    CentreCalendar.objects.get_or_create(centre=centre)
    with write_transaction():
        calendar = CentreCalendar.objects.select_for_update().get(centre=centre)
        opened_until = calendar.open_until or today - timedelta(days=1)
        first = max(today, opened_until + timedelta(days=1))
        last = max(until, opened_until)
        sessions = list(_sessions(centre, first, today, last))
        if until < first and not sessions:
            return OpenedDays()
        intervals = _write(sessions)
        calendar.open_until = last
        calendar.version = F("version") + 1
        calendar.save(update_fields=["open_until", "version"])
        opened = OpenedDays(1, len(sessions), intervals)
        _note(centre, calendar.pk, opened, last, now=now, actor=actor)
    return opened


def _sessions(
    centre: Centre, first: date, today: date, until: date
) -> Iterator[tuple[Session, Pool]]:
    """Sessions still missing: of every pool from `first`, of a pool without any from `today`."""
    zone = ZoneInfo(centre.timezone)
    pools = list(Pool.objects.filter(centre=centre, active=True).order_by("id"))
    staffed = _counters(centre)
    rules = list(OpeningRule.objects.filter(centre=centre, active=True))
    days_off = _days_off(centre, today, until)
    existing = _existing(centre, today)
    for pool in pools:
        hours = [_hours(rule) for rule in rules if rule.pool_id in {None, pool.pk}]
        day = first if pool.pk in existing else today
        while day <= until:
            for period in periods_on(day, hours, days_off, zone):
                session = _session(centre, pool, day, period, staffed.get(pool.pk, 0))
                if session and not _clashes(session, existing.get(pool.pk, [])):
                    yield session, pool
            day += timedelta(days=1)


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


def _clashes(session: Session, existing: list[tuple[datetime, datetime]]) -> bool:
    return any(start < session.ends_at and session.starts_at < end for start, end in existing)


def _write(sessions: list[tuple[Session, Pool]]) -> int:
    Session.objects.bulk_create([session for session, _ in sessions], batch_size=BATCH)
    intervals = [row for session, pool in sessions for row in _intervals(session, pool)]
    Interval.objects.bulk_create(intervals, batch_size=BATCH)
    return len(intervals)


def _intervals(session: Session, pool: Pool) -> Iterator[Interval]:
    staff = min(pool.staff_reserve, session.places)
    walk_in = min(pool.walk_in_reserve, session.places - staff)
    for starts_at, ends_at in cut(Period(session.starts_at, session.ends_at), pool.grid_minutes):
        yield Interval(
            session=session,
            pool=pool,
            starts_at=starts_at,
            ends_at=ends_at,
            capacity=session.places,
            staff_reserve=staff,
            walk_in_reserve=walk_in,
        )


def _counters(centre: Centre) -> dict[int, int]:
    staffed: dict[int, int] = {}
    counters = Counter.objects.filter(centre=centre, active=True)
    for pool_id in counters.values_list("pool_id", flat=True):
        staffed[pool_id] = staffed.get(pool_id, 0) + 1
    return staffed


def _existing(centre: Centre, today: date) -> dict[int, list[tuple[datetime, datetime]]]:
    begin = day_bounds(today, centre.timezone)[0]
    stored = Session.objects.filter(centre=centre, ends_at__gt=begin)
    found: dict[int, list[tuple[datetime, datetime]]] = {}
    for pool_id, starts_at, ends_at in stored.values_list("pool_id", "starts_at", "ends_at"):
        found.setdefault(pool_id, []).append((starts_at, ends_at))
    return found


def _days_off(centre: Centre, first: date, last: date) -> list[DayOff]:
    """Confirmed closures of the centre or of its whole agency between two local dates."""
    scope = Q(centre=centre) | Q(centre=None, agency_id=centre.agency_id)
    confirmed = Closure.objects.filter(scope, confirmed=True, active=True)
    rows = confirmed.filter(from_date__lte=last, until_date__gte=first)
    return [DayOff(row.from_date, row.until_date, row.from_time, row.until_time) for row in rows]


def _hours(rule: OpeningRule) -> Hours:
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


def _note(
    centre: Centre,
    calendar_id: int,
    opened: OpenedDays,
    until: date,
    *,
    now: datetime,
    actor: Actor,
) -> None:
    record(
        subject_kind="calendar",
        subject_id=calendar_id,
        from_state="",
        to_state="opened",
        actor=actor,
        at=now,
        day=local_date(now, centre.timezone),
        agency_id=centre.agency_id,
        centre_id=centre.pk,
        details={
            "until": until.isoformat(),
            "sessions": opened.sessions,
            "intervals": opened.intervals,
        },
    )
