"""Free times, read from the ledger: one statement for every centre asked about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connections
from django.db.models import Exists, Func, IntegerField, OuterRef, Q, QuerySet

from mawaeed.availability.models import CounterAbsence, Interval, Session
from mawaeed.availability.places import FREE, PUBLIC_PLACES_LEFT, Stay
from mawaeed.availability.rules import FreeTime, Row, find_slots, intervals_needed
from mawaeed.centres.models import Counter, Offering
from mawaeed.kernel.clock import day_bounds, local_date
from mawaeed.kernel.policies import policy
from mawaeed.kernel.statements import Question, given

_Sql = tuple[str, list[str | int] | tuple[str | int, ...] | tuple[()]]

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.sql.compiler import SQLCompiler


# Most people take one of the next days, and reading fewer rows is all that makes this faster.
NEAR = timedelta(days=2)
LONGEST_INTERVAL = timedelta(minutes=15)


class Slot(NamedTuple):
    """A time that could be promised now: a value, never a row."""

    service_code: str
    centre_code: str
    offering_id: int
    pool_id: int
    starts_at: datetime
    ends_at: datetime
    places_left: int


@dataclass(frozen=True, slots=True)
class _Asked:
    """An offering and the bounds (UTC, half-open) in which its times are wanted."""

    service_code: str
    centre_code: str
    offering_id: int
    pool_id: int
    minutes: int
    grid_minutes: int
    step_minutes: int
    earliest: datetime
    latest: datetime

    def narrowed(self, *, latest: datetime) -> _Asked:
        """The same question, up to `latest` at most."""
        return replace(self, latest=min(self.latest, latest))


def slots_for(
    *,
    service: str,
    now: datetime,
    centre: str | None = None,
    from_date: date | None = None,
    to_date: date | None = None,
) -> list[Slot]:
    """Free times of a service, earliest first, in every active centre that offers it or in one.

    `from_date` and `to_date` are local dates, inclusive. Never in the past, never beyond the
    horizon. Three statements, whatever the number of centres.
    """
    asked = _asked(service=service, centre=centre, now=now, from_date=from_date, to_date=to_date)
    slots = [slot for each, times in _free_times(asked) for slot in _slots(each, times)]
    return sorted(slots, key=attrgetter("starts_at", "centre_code"))


def earliest_slots(*, service: str, now: datetime, per_centre: int = 1) -> dict[str, list[Slot]]:
    """Centre code → its first free times, for every active centre that offers the service.

    Centres with the earliest time come first; those with none come last, with an empty list.
    The coming two days are read first and the rest only for centres that are full in them.
    """
    asked = _asked(service=service, now=now)
    soon = now + NEAR
    found: dict[str, list[Slot]] = {}
    for each, times in _free_times([each.narrowed(latest=soon) for each in asked]):
        found[each.centre_code] = list(_slots(each, times[:per_centre]))
    lacking = [each for each in asked if len(found.get(each.centre_code, ())) < per_centre]
    for each, times in _free_times(lacking):
        found[each.centre_code] = list(_slots(each, times[:per_centre]))
    never = datetime.max.replace(tzinfo=UTC)
    order = sorted(found, key=lambda code: found[code][0].starts_at if found[code] else never)
    return {code: found[code] for code in order}


def last_bookable_date(now: datetime, zone: str) -> date:
    """The local date up to which one may book today, inclusive."""
    days = int(policy("booking.horizon_days", now))
    return local_date(now, zone) + timedelta(days=days)


def _asked(
    *,
    service: str,
    now: datetime,
    centre: str | None = None,
    from_date: date | None = None,
    to_date: date | None = None,
) -> list[_Asked]:
    wanted = Q(service__code=service, active=True, service__active=True, centre__active=True)
    if centre is not None:
        wanted &= Q(centre__code=centre)
    rows = Offering.objects.filter(wanted, pool__active=True).values_list(
        "service__code",
        "centre__code",
        "id",
        "pool_id",
        "duration_override",
        "service__duration_minutes",
        "pool__grid_minutes",
        "pool__start_step_minutes",
        "centre__timezone",
    )
    asked = []
    for service_code, centre_code, offering, pool, own, usual, grid, step, zone in rows:
        earliest, latest = _bounds(zone, now, from_date, to_date)
        asked.append(
            _Asked(
                service_code,
                centre_code,
                offering,
                pool,
                own or usual,
                grid,
                step,
                earliest,
                latest,
            )
        )
    return asked


def _bounds(
    zone: str, now: datetime, from_date: date | None, to_date: date | None
) -> tuple[datetime, datetime]:
    horizon = last_bookable_date(now, zone)
    last = min(to_date, horizon) if to_date else horizon
    earliest = max(now, day_bounds(from_date, zone)[0]) if from_date else now
    return earliest, day_bounds(last, zone)[1]


class _UnixSeconds(Func):
    """A moment as whole seconds since 1970: cheaper to read by the thousand than datetimes."""

    output_field = IntegerField()

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> _Sql:
        template = "CAST(strftime('%%%%s', %(expressions)s) AS INTEGER)"
        return self.as_sql(compiler, connection, template=template, **context)

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> _Sql:
        template = "EXTRACT(EPOCH FROM %(expressions)s)::bigint"
        return self.as_sql(compiler, connection, template=template, **context)


def _free_times(asked: list[_Asked]) -> Iterator[tuple[_Asked, list[FreeTime]]]:
    """Each offering with its free times in order, from one read of the ledger."""
    if not asked:
        return
    pools = _free_rows(
        {each.pool_id for each in asked},
        min(each.earliest for each in asked),
        max(each.latest for each in asked),
    )
    for each in asked:
        times = find_slots(
            pools.get(each.pool_id, ()),
            needed=intervals_needed(each.minutes, each.grid_minutes),
            grid_minutes=each.grid_minutes,
            step_minutes=each.step_minutes,
        )
        earliest, latest = each.earliest.timestamp(), each.latest.timestamp()
        yield each, [time for time in times if earliest < time.starts < latest]


def _free_rows(pool_ids: set[int], after: datetime, before: datetime) -> dict[int, list[Row]]:
    """Pool → its intervals with a free public place, by start; an index read.

    The statement runs on the bare cursor: thousands of whole numbers need no conversion.
    """
    started = _session_starts(pool_ids, after, before)
    wanted = (
        Interval.objects.filter(
            FREE["public"], pool_id__in=pool_ids, starts_at__gt=after, starts_at__lt=before
        )
        .order_by("pool_id", "starts_at")
        .values_list("pool_id", _UnixSeconds("starts_at"), PUBLIC_PLACES_LEFT, "session_id")
    )
    sql, parameters = wanted.query.get_compiler(wanted.db).as_sql()
    pools: dict[int, list[Row]] = {}
    with connections[wanted.db].cursor() as cursor:
        cursor.execute(sql, parameters)
        for pool_id, starts, free, session_id in cursor.fetchall():
            row = Row(starts, free, session_id, started.get(session_id, starts))
            pools.setdefault(pool_id, []).append(row)
    return pools


def _session_starts(pool_ids: set[int], after: datetime, before: datetime) -> dict[int, int]:
    sessions = Session.objects.filter(pool_id__in=pool_ids)
    near = sessions.filter(starts_at__lt=before, ends_at__gt=after).values_list("id", "starts_at")
    return {session_id: int(starts_at.timestamp()) for session_id, starts_at in near}


def _slots(asked: _Asked, times: list[FreeTime]) -> Iterator[Slot]:
    length = timedelta(minutes=asked.minutes)
    for seconds, left in times:
        starts_at = datetime.fromtimestamp(seconds, UTC)
        yield Slot(
            asked.service_code,
            asked.centre_code,
            asked.offering_id,
            asked.pool_id,
            starts_at,
            starts_at + length,
            left,
        )


def is_open_at(centre_id: int, moment: datetime) -> bool:
    """Whether a session of the centre runs at `moment`."""
    return _running(moment).filter(centre_id=centre_id).exists()


def open_centre_ids(moment: datetime) -> set[int]:
    """The centres with a session running at `moment`, in one statement."""
    return set(_running(moment).values_list("centre_id", flat=True))


def next_opening(after: datetime) -> datetime | None:
    """When the first session anywhere starts after `after`, as far as days are opened."""
    coming = Session.objects.filter(starts_at__gt=after, ends_at__gt=after)
    served = Interval.objects.filter(session=OuterRef("pk"), capacity__gt=0)
    return (
        coming.filter(Exists(served))
        .order_by("starts_at")
        .values_list("starts_at", flat=True)
        .first()
    )


def pool_is_open(pool_id: int, moment: datetime) -> bool:
    """Whether a pool serves at `moment`: a session runs, and nobody has closed the time since."""
    return bool(_SERVED.all(pool=pool_id, moment=moment, earlier=moment - LONGEST_INTERVAL))


_SERVED = Question(
    lambda: (
        _serving(given("moment"), given("earlier"))
        .filter(pool_id=given("pool"))
        .values_list("pk")[:1]
    )
)


def serving_pool_id(counter: Counter, moment: datetime) -> int:
    """The pool a counter feeds at `moment`: its own, or the one it is lent to."""
    lending = lending_of(counter, moment)
    return lending.pool_id if lending else counter.pool_id


class Lending(NamedTuple):
    """The pool that a counter feeds instead of its own, and until when (UTC)."""

    pool_id: int
    ends_at: datetime


def lending_of(counter: Counter, moment: datetime) -> Lending | None:
    """What lends a counter to another pool at `moment`, if anything does."""
    row = _LENT_TO.first(counter=counter.pk, moment=moment)
    return Lending(*row) if row else None


def lent_counters(centre_id: int, moment: datetime) -> dict[int, int]:
    """Counters of a centre that feed another pool at `moment` than their own, and which."""
    rows = _LENT_AT.all(centre=centre_id, moment=moment)
    return {counter: pool for counter, pool in rows if pool}


def _lent() -> QuerySet[CounterAbsence]:
    return CounterAbsence.objects.filter(
        undone_at__isnull=True,
        to_pool__isnull=False,
        starts_at__lte=given("moment"),
        ends_at__gt=given("moment"),
    )


_LENT_TO = Question(
    lambda: (
        _lent()
        .filter(counter_id=given("counter"))
        .order_by("pk")
        .values_list("to_pool_id", "ends_at")[:1]
    )
)
_LENT_AT = Question(
    lambda: (
        _lent().filter(counter__centre_id=given("centre")).values_list("counter_id", "to_pool_id")
    )
)


def _running(moment: datetime) -> QuerySet[Session]:
    served = _serving(moment, moment - LONGEST_INTERVAL).filter(pool_id=OuterRef("pool_id"))
    running = Session.objects.filter(starts_at__lte=moment, ends_at__gt=moment)
    return running.filter(Exists(served))


def _serving(moment: Any, earlier: Any) -> QuerySet[Interval]:
    """The intervals of `moment` that have places; the lower bound keeps the index read short."""
    near = Interval.objects.filter(starts_at__gt=earlier, starts_at__lte=moment)
    return near.filter(ends_at__gt=moment, capacity__gt=0)


def free_starts(
    offering: Offering, after: datetime, before: datetime, *, giving_up: Sequence[Stay] = ()
) -> list[int]:
    """Starts (Unix seconds, sorted) of an offering between two moments (UTC, exclusive).

    Places of the stays in `giving_up` count as free, so that one may move by a few minutes.
    """
    pool = offering.pool
    rows = Interval.objects.filter(
        pool=pool, starts_at__gt=after, starts_at__lt=before, shortfall=0
    )
    found = []
    for starts_at, session_id, session_starts, left in rows.order_by("starts_at").values_list(
        "starts_at", "session_id", "session__starts_at", PUBLIC_PLACES_LEFT
    ):
        mine = sum(
            stay.pool_id == pool.pk and stay.starts_at <= starts_at < stay.ends_at
            for stay in giving_up
        )
        if left + mine > 0:
            begun = int(session_starts.timestamp())
            found.append(Row(int(starts_at.timestamp()), left + mine, session_id, begun))
    times = find_slots(
        found,
        needed=intervals_needed(offering.duration_minutes, pool.grid_minutes),
        grid_minutes=pool.grid_minutes,
        step_minutes=pool.start_step_minutes,
    )
    return [time.starts for time in times if after.timestamp() < time.starts < before.timestamp()]
