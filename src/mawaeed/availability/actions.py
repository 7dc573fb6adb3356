"""Opens days: expands opening rules and closures into the ledger's sessions and intervals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import F

from mawaeed.availability.calendar.expansion import (
    days_off_between,
    facts_of,
    planned_intervals,
    planned_sessions,
    staffed_counters,
)
from mawaeed.availability.models import CentreCalendar, Interval, OpeningRule, Session
from mawaeed.availability.queries import last_bookable_date
from mawaeed.availability.releases import announce_releases
from mawaeed.centres.models import Centre, Pool
from mawaeed.kernel import outbox
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
    change to them displaces people and is an action of booking); a pool that is new gets its
    share of them. A pool with a release policy gets the steps of each new day with it: those that
    are due already are carried out at once. Running it twice changes nothing. Emits
    `places_opened`.
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
        intervals = _write(centre, sessions, now)
        calendar.open_until = last
        calendar.version = F("version") + 1
        calendar.save(update_fields=["open_until", "version"])
        opened = OpenedDays(1, len(sessions), intervals)
        _note(centre, calendar.pk, opened, last, now=now, actor=actor)
        if intervals:
            _tell(centre, calendar.pk, min(row.date for row, _ in sessions), last, now)
    return opened


def _sessions(
    centre: Centre, first: date, today: date, until: date
) -> Iterator[tuple[Session, Pool]]:
    """Sessions still missing: of every pool from `first`, of a pool without any from `today`."""
    pools = list(
        Pool.objects.filter(centre=centre, active=True).select_related("centre").order_by("id")
    )
    staffed = staffed_counters(centre)
    rules = list(OpeningRule.objects.filter(centre=centre, active=True))
    days_off = days_off_between(centre, today, until)
    existing = _existing(centre, today)
    for pool in pools:
        day = first if pool.pk in existing else today
        while day <= until:
            for session in planned_sessions(pool, day, rules, days_off, staffed.get(pool.pk, 0)):
                if not _clashes(session, existing.get(pool.pk, [])):
                    yield session, pool
            day += timedelta(days=1)


def _clashes(session: Session, existing: list[tuple[datetime, datetime]]) -> bool:
    return any(start < session.ends_at and session.starts_at < end for start, end in existing)


def _write(centre: Centre, sessions: list[tuple[Session, Pool]], now: datetime) -> int:
    Session.objects.bulk_create([session for session, _ in sessions], batch_size=BATCH)
    days = sorted({(pool.pk, session.date) for session, pool in sessions})
    let_go = announce_releases(centre, days, now=now)
    facts = facts_of(centre, now)
    intervals = [
        row
        for session, pool in sessions
        for row in planned_intervals(session, pool, facts, let_go[pool.pk, session.date])
    ]
    Interval.objects.bulk_create(intervals, batch_size=BATCH)
    return len(intervals)


def _existing(centre: Centre, today: date) -> dict[int, list[tuple[datetime, datetime]]]:
    begin = day_bounds(today, centre.timezone)[0]
    stored = Session.objects.filter(centre=centre, ends_at__gt=begin)
    found: dict[int, list[tuple[datetime, datetime]]] = {}
    for pool_id, starts_at, ends_at in stored.values_list("pool_id", "starts_at", "ends_at"):
        found.setdefault(pool_id, []).append((starts_at, ends_at))
    return found


def _tell(centre: Centre, calendar_id: int, first: date, last: date, now: datetime) -> None:
    outbox.emit(
        kind="places_opened",
        subject_kind="calendar",
        subject_id=calendar_id,
        at=now,
        day=local_date(now, centre.timezone),
        centre_id=centre.pk,
        payload={"from_date": first.isoformat(), "until_date": last.isoformat()},
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
