"""Other hours on days that are open already: which sessions there would be, and making them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from mawaeed.availability.calendar.capacity_rules import Facts, Span
from mawaeed.availability.calendar.expansion import (
    days_off_between,
    hours_of,
    planned_intervals,
    planned_sessions,
    staffed_counters,
)
from mawaeed.availability.calendar.shaping import PoolDay, let_go_of
from mawaeed.availability.models import Interval, OpeningRule, Session
from mawaeed.availability.release_rules import ALL
from mawaeed.availability.releases import announce_releases
from mawaeed.availability.rules import periods_on
from mawaeed.centres.models import Centre, Pool
from mawaeed.kernel.clock import local_date

ONE_DAY = timedelta(days=1)


def hours_if(
    centre: Centre,
    pool_ids: Iterable[int],
    rules: list[OpeningRule],
    begin: datetime,
    end: datetime,
) -> dict[PoolDay, tuple[Span, ...]]:
    """The sessions that pools would have by these rules on the local days in [begin, end)."""
    first = local_date(begin, centre.timezone)
    last = local_date(end - timedelta(seconds=1), centre.timezone)
    days_off = days_off_between(centre, first, last)
    staffed = staffed_counters(centre)
    found = {}
    for pool in Pool.objects.filter(pk__in=list(pool_ids)).select_related("centre"):
        day = first
        while day <= last:
            planned = planned_sessions(pool, day, rules, days_off, staffed.get(pool.pk, 0))
            found[pool.pk, day] = tuple(
                Span(each.starts_at, each.ends_at, each.places) for each in planned
            )
            day += ONE_DAY
    return found


def most_counters(centre: Centre, session: Session) -> int | None:
    """How many counters the hours of a session staff; None for all, or where no rule is known."""
    rules = OpeningRule.objects.filter(centre=centre, active=True)
    hours = [hours_of(rule) for rule in rules if rule.pool_id in {None, session.pool_id}]
    periods = periods_on(session.date, hours, (), ZoneInfo(centre.timezone))
    for period in periods:
        if period.starts_at <= session.starts_at < period.ends_at:
            return period.counters
    return None


def rewrite_sessions(centre: Centre, facts: Facts, now: datetime) -> None:
    """Make stored sessions those of `facts.hours`: cut, extended, added.

    Intervals outside every session stay as they are (without places); those that are missing are
    added.
    """
    days = sorted(facts.hours)
    opened = {each for each in days if not _sessions(each)}
    let_go = (
        let_go_of({pool_id for pool_id, _ in days}, min(day for _, day in days)) if days else {}
    )
    let_go |= announce_releases(centre, sorted(opened), now=now) if opened else {}
    pools = {pool.pk: pool for pool in Pool.objects.filter(pk__in={each[0] for each in days})}
    for pool_id, day in days:
        wanted = facts.hours[pool_id, day]
        stored = _sessions((pool_id, day))
        found = matched(wanted, [(each.starts_at, each.ends_at) for each in stored])
        spare = [each for index, each in enumerate(stored) if index not in found]
        for each in spare:
            Session.objects.filter(pk=each.pk).update(places=0)
        released = let_go.get((pool_id, day), ALL)
        for span, index in zip(wanted, found, strict=True):
            session = _session(centre, pools[pool_id], day, span, stored, index)
            steps = planned_intervals(session, pools[pool_id], facts, released)
            _fill(session, pools[pool_id], list(steps))
        for each in spare:
            if not each.intervals.exists():
                each.delete()


def matched(
    wanted: Sequence[Span], stored: Sequence[tuple[datetime, datetime]]
) -> list[int | None]:
    """For each session wanted the stored one it may become: of the same start, else overlapping.

    The same start goes first, so that no two ever begin together.
    """
    found: list[int | None] = [None] * len(wanted)
    left = set(range(len(stored)))
    for place, span in enumerate(wanted):
        same = next((index for index in left if stored[index][0] == span.starts_at), None)
        if same is not None:
            found[place] = same
            left.discard(same)
    for place, span in enumerate(wanted):
        if found[place] is None:
            best = max(left, key=lambda index: _shared(span, stored[index]), default=None)
            if best is not None and _shared(span, stored[best]) > timedelta(0):
                found[place] = best
                left.discard(best)
    return found


def _shared(span: Span, stored: tuple[datetime, datetime]) -> timedelta:
    return min(span.ends_at, stored[1]) - max(span.starts_at, stored[0])


def _sessions(where: PoolDay) -> list[Session]:
    return list(Session.objects.filter(pool_id=where[0], date=where[1]).order_by("starts_at"))


def _session(  # noqa: PLR0917 (one row, everything it is made of)
    centre: Centre, pool: Pool, day: date, span: Span, stored: list[Session], index: int | None
) -> Session:
    session = Session(centre=centre, pool=pool, date=day) if index is None else stored[index]
    session.starts_at, session.ends_at, session.places = span
    session.save()
    return session


def _fill(session: Session, pool: Pool, planned: list[Interval]) -> None:
    """Every step of a session is a row of it; steps that are there keep what they have."""
    inside = Interval.objects.filter(
        pool=pool, starts_at__gte=session.starts_at, ends_at__lte=session.ends_at
    )
    inside.exclude(session=session).update(session=session)
    known = set(inside.values_list("starts_at", flat=True))
    Interval.objects.bulk_create([each for each in planned if each.starts_at not in known])
