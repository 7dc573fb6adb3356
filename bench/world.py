"""A synthetic country: agencies of thirteen centres, seven days ahead, realistically booked.

Every identifier follows from arithmetic (`Plan`), so that pgbench can name the rows of a booking
without looking them up. All numbers, names and tokens are invented.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Bahrain")
CENTRES_PER_AGENCY = 13
# Which of its agency's four directorates a centre belongs to.
DIRECTORATE_OF = (0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3)
SERVICES = 5
DAYS = 7
OPENS, CLOSES = 7, 14
GRID, STEP = 5, 10
INTERVALS = (CLOSES - OPENS) * 60 // GRID
# (places, services served): two halls of counters, one of seats where bookings are timed.
POOLS = ((5, (0, 1)), (3, (2, 3)), (60, (4,)))
TIMED_POOL, TIMED_SERVICE = 2, 4
MINUTES = (10, 15, 20, 30, 15)
TIMED_INTERVALS = MINUTES[TIMED_SERVICE] // GRID
TIMED_STARTS = ((CLOSES - OPENS) * 60 - MINUTES[TIMED_SERVICE]) // STEP + 1
SOLD = 0.55
# The hall whose last day is let go at once: this many starts are set by the scale, ten places each.
RELEASED_CENTRE, RELEASED_POOL, RELEASED_SERVICE, RELEASED_DAY = 1, 0, 0, 6
RELEASED_PLACES = 10
# Places of the one start that everybody wants.
POPULAR_PLACES = 32_000


@dataclass(frozen=True, slots=True)
class Plan:
    """How much there is, and where: `first_day` is the local midnight of the first day, UTC."""

    centres: int
    residents: int  # who hold what is booked already
    fresh: int  # who hold nothing yet; each books once
    first_day: datetime

    @property
    def agencies(self) -> int:
        """Agencies, the last one perhaps with fewer centres."""
        return -(-self.centres // CENTRES_PER_AGENCY)

    def opens_at(self, day: int) -> datetime:
        """When every centre opens on a day (0…6), UTC."""
        return self.first_day + timedelta(days=day, hours=OPENS)

    def fresh_person(self, number: int) -> int:
        """The id of the `number`-th person who holds nothing."""
        if number >= self.fresh:
            raise RuntimeError("not enough people for so many bookings")
        return self.residents + 1 + number

    def timed_start(self, day: int, step: int) -> datetime:
        """A start of the timed service."""
        return self.opens_at(day) + timedelta(minutes=STEP * step)


def plan(centres: int, *, residents: int, fresh: int) -> Plan:
    """A plan that begins tomorrow, so that nothing in it is over."""
    tomorrow = datetime.now(ZONE).date() + timedelta(days=1)
    midnight = datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=ZONE)
    return Plan(centres, residents, fresh, midnight.astimezone(UTC))


def token_of(person_id: int) -> str:
    """The bearer token of a fresh person."""
    return f"bench-{person_id}"


def centre_code(centre: int) -> str:
    """The code of the centre with index `centre`."""
    return f"c{centre + 1}"


def service_code(centre: int, service: int) -> str:
    """The code of one of the services of that centre's directorate."""
    return f"s{service_id(centre, service)}"


def service_id(centre: int, service: int) -> int:
    """The id of one of the services of that centre's directorate."""
    agency, place = divmod(centre, CENTRES_PER_AGENCY)
    return (agency * 4 + DIRECTORATE_OF[place]) * SERVICES + service + 1


def load_catalogue(world: Plan, *, first: int = 0) -> None:
    """Agencies, directorates, services, centres, pools and offerings from the `first` centre on."""
    from mawaeed.centres import models

    agencies = range(-(-first // CENTRES_PER_AGENCY), world.agencies)
    load(
        models.Agency, ("id", "code", "name"), ((a + 1, f"a{a}", _name("Agency")) for a in agencies)
    )
    parts = [(a, j) for a in agencies for j in range(4)]
    load(
        models.Directorate,
        ("id", "agency_id", "code", "name"),
        ((a * 4 + j + 1, a + 1, f"d{a}-{j}", _name("Directorate")) for a, j in parts),
    )
    load(
        models.Service,
        ("id", "agency_id", "directorate_id", "code", "name", "duration_minutes", "search_text"),
        (
            (
                (key := (a * 4 + j) * SERVICES + s + 1),
                a + 1,
                a * 4 + j + 1,
                f"s{key}",
                _name("Service"),
                MINUTES[s],
                "service",
            )
            for a, j in parts
            for s in range(SERVICES)
        ),
    )
    _load_centres(world, range(first, world.centres))


def _load_centres(world: Plan, centres: range) -> None:
    from mawaeed.availability.models import CentreCalendar
    from mawaeed.centres import models

    last = (world.first_day + timedelta(days=DAYS - 1)).astimezone(ZONE).date()
    load(
        models.Centre,
        (
            "id",
            "agency_id",
            "directorate_id",
            "code",
            "name",
            "short_name",
            "latitude",
            "longitude",
        ),
        (
            (
                c + 1,
                c // 13 + 1,
                c // 13 * 4 + DIRECTORATE_OF[c % 13] + 1,
                centre_code(c),
                _name("Centre"),
                _name("Centre"),
                26.0 + c % 50 / 100,
                50.4 + c % 30 / 100,
            )
            for c in centres
        ),
    )
    load(CentreCalendar, ("centre_id", "open_until"), ((c + 1, last) for c in centres))
    load(
        models.ServiceGroup,
        ("id", "centre_id", "letter", "name"),
        ((c + 1, c + 1, "A", _name("General")) for c in centres),
    )
    load(
        models.Pool,
        ("id", "centre_id", "code", "name", "places"),
        (
            (c * 3 + p + 1, c + 1, f"p{p}", _name("Hall"), POOLS[p][0])
            for c in centres
            for p in range(3)
        ),
    )
    load(
        models.Offering,
        ("id", "service_id", "centre_id", "pool_id", "group_id"),
        (
            (c * SERVICES + s + 1, service_id(c, s), c + 1, c * 3 + p + 1, c + 1)
            for c in centres
            for p, (_, served) in enumerate(POOLS)
            for s in served
        ),
    )


def load_days(world: Plan, *, first: int = 0) -> None:
    """Sessions, the ledger, and the appointments that cover more than half of it."""
    from mawaeed.availability.models import Interval, Session
    from mawaeed.booking.models import Appointment

    pools = range(first * 3, world.centres * 3)
    load(
        Session,
        ("id", "centre_id", "pool_id", "date", "starts_at", "ends_at", "places"),
        (
            (
                pool * DAYS + day + 1,
                pool // 3 + 1,
                pool + 1,
                _date(world, day),
                world.opens_at(day),
                world.opens_at(day) + timedelta(hours=CLOSES - OPENS),
                POOLS[pool % 3][0],
            )
            for pool in pools
            for day in range(DAYS)
        ),
    )
    booked = Booked(world, pools)
    load(Appointment, Booked.FIELDS, booked.appointments())
    load(
        Interval,
        ("id", "session_id", "pool_id", "starts_at", "ends_at", "capacity", "taken_public"),
        _intervals(world, pools, booked.taken),
    )


def _intervals(world: Plan, pools: range, taken: dict[int, list[int]]) -> Iterator[tuple[Any, ...]]:
    none = [0] * INTERVALS
    for pool in pools:
        for day in range(DAYS):
            session = pool * DAYS + day
            opens, sold = world.opens_at(day), taken.get(session, none)
            for index in range(INTERVALS):
                starts_at = opens + timedelta(minutes=GRID * index)
                popular = session == TIMED_POOL * DAYS + DAYS - 1 and index < TIMED_INTERVALS
                capacity = POPULAR_PLACES if popular else POOLS[pool % 3][0]
                yield (
                    *(session * INTERVALS + index + 1, session + 1, pool + 1, starts_at),
                    *(starts_at + timedelta(minutes=GRID), capacity, sold[index]),
                )


class Booked:
    """Appointments at each counter, one after another with gaps, and what they take."""

    FIELDS = (
        *("reference", "secret", "agency_id", "person_id", "beneficiary_id", "offering_id"),
        *("service_id", "centre_id", "pool_id", "day", "starts_at", "ends_at", "created_at"),
    )

    def __init__(self, world: Plan, pools: range) -> None:
        self.world, self.pools = world, pools
        self.taken: dict[int, list[int]] = {}

    def appointments(self) -> Iterator[tuple[Any, ...]]:
        """The rows; `taken` is complete once all were read."""
        chance = random.Random(13)
        number = self.pools.start * 10_000
        for pool in self.pools:
            centre, kind = divmod(pool, 3)
            if kind == TIMED_POOL:
                continue
            places, services = POOLS[kind]
            for day in range(DAYS):
                if (centre, kind, day) == (RELEASED_CENTRE, RELEASED_POOL, RELEASED_DAY):
                    continue
                sold = self.taken.setdefault(pool * DAYS + day, [0] * INTERVALS)
                for _ in range(places):
                    for service, index in _lane(chance, services):
                        for step in range(index, index + MINUTES[service] // GRID):
                            sold[step] += 1
                        number += 1
                        yield self._row(number, pool, service, day, index)

    def _row(self, number: int, pool: int, service: int, day: int, index: int) -> tuple[Any, ...]:
        centre = pool // len(POOLS)
        starts_at = self.world.opens_at(day) + timedelta(minutes=GRID * index)
        person = number % self.world.residents + 1
        return (
            *(
                f"B{number:09d}",
                f"bench-{number}",
                centre // CENTRES_PER_AGENCY + 1,
                person,
                person,
            ),
            *(centre * SERVICES + service + 1, service_id(centre, service), centre + 1, pool + 1),
            *(_date(self.world, day), starts_at),
            *(starts_at + timedelta(minutes=MINUTES[service]), self.world.first_day),
        )


def _lane(chance: random.Random, services: Sequence[int]) -> Iterator[tuple[int, int]]:
    """One counter's day: (service, first interval), starts at whole steps."""
    index, step = 0, STEP // GRID
    while True:
        service = chance.choice(services)
        length = MINUTES[service] // GRID
        if index + length > INTERVALS:
            return
        if chance.random() < SOLD:
            yield service, index
            index += -(-length // step) * step
        else:
            index += step


def load_people(world: Plan) -> None:
    """Residents with bookings and fresh people, all with their limit rows, signed in."""
    from mawaeed.conduct.models import Standing
    from mawaeed.people.models import Beneficiary, Person, SignIn

    everybody = range(1, world.residents + world.fresh + 1)
    fresh = range(world.residents + 1, world.residents + world.fresh + 1)
    born, now = "1990-01-01", datetime.now(UTC)
    fields = ("id", "number_hash", "number_sealed", "birth_date")
    load(Beneficiary, fields, ((n, f"{n:064x}", "-", born) for n in everybody))
    load(
        Person,
        (*fields, "beneficiary_id", "mobile", "created_at"),
        ((n, f"{n:064x}", "-", born, n, "+97336001234", now) for n in everybody),
    )
    load(Standing, ("person_id",), ((n,) for n in everybody))
    load(
        SignIn,
        ("token_hash", "person_id", "created_at", "last_used_at", "expires_at"),
        (
            (
                hashlib.sha256(token_of(n).encode()).hexdigest(),
                n,
                now,
                now,
                now + timedelta(hours=12),
            )
            for n in fresh
        ),
    )


def load(model: Any, fields: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Write many rows by the database's own bulk way; other fields get their defaults."""
    from django.db import connection

    given = set(fields)
    rest = [
        field
        for field in model._meta.concrete_fields
        if field.attname not in given and not field.null and not field.primary_key
    ]
    constants = tuple(_constant(field) for field in rest)
    columns = [model._meta.get_field(name).column for name in fields]
    columns += [field.column for field in rest]
    table, names = model._meta.db_table, ", ".join(f'"{name}"' for name in columns)
    complete = (row + constants for row in rows)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")  # the rows are right
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in complete:
                    copy.write_row(row)
            cursor.execute("SET session_replication_role = origin")
            cursor.execute(
                "SELECT setval(pg_get_serial_sequence(%s, 'id'), (SELECT max(id) FROM "
                f"{table})) WHERE pg_get_serial_sequence(%s, 'id') IS NOT NULL",
                [table, table],
            )
        else:
            marks = ", ".join("?" for _ in columns)
            cursor.execute("BEGIN IMMEDIATE")
            cursor.connection.executemany(
                f"INSERT INTO {table} ({names}) VALUES ({marks})",
                (tuple(map(_for_sqlite, row)) for row in complete),
            )
            cursor.execute("COMMIT")


def withhold(world: Plan, starts: int) -> None:
    """Keep the released day back: `starts` starts of ten places, none of them bookable yet."""
    intervals = _released(world)
    intervals.update(capacity=0)
    last = world.opens_at(RELEASED_DAY) + timedelta(minutes=STEP * starts)
    kept = intervals.filter(starts_at__lt=last)
    kept.update(capacity=RELEASED_PLACES, withheld=RELEASED_PLACES)


def release(world: Plan) -> None:
    """Let the whole day go in one statement, as the release of a pool does."""
    _released(world).update(withheld=0)


def _released(world: Plan) -> Any:
    from mawaeed.availability.models import Interval

    opens = world.opens_at(RELEASED_DAY)
    pool = RELEASED_CENTRE * len(POOLS) + RELEASED_POOL + 1
    day = (opens, opens + timedelta(hours=CLOSES - OPENS))
    return Interval.objects.filter(pool_id=pool, starts_at__gte=day[0], starts_at__lt=day[1])


def settle() -> None:
    """Let the database see what it holds, as it would after a night."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
        if connection.vendor == "postgresql":
            cursor.execute("CHECKPOINT")


def _constant(field: Any) -> Any:
    if not field.has_default():
        raise RuntimeError(f"{field} must be given")
    value = field.get_default()
    return json.dumps(value) if isinstance(value, (dict, list)) else value


def _for_sqlite(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
    return value.isoformat() if hasattr(value, "isoformat") else value


def _name(text: str) -> str:
    return json.dumps({"ar": text, "en": text})


def _date(world: Plan, day: int) -> Any:
    return (world.first_day + timedelta(days=day)).astimezone(ZONE).date()
