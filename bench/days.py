"""The days of the synthetic country: sessions, the ledger, and appointments that cover it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from bulk import load
from world import (
    CENTRES_PER_AGENCY,
    CLOSES,
    DAYS,
    GRID,
    INTERVALS,
    MINUTES,
    OPENS,
    POOLS,
    POPULAR_PLACES,
    RELEASED_CENTRE,
    RELEASED_DAY,
    RELEASED_POOL,
    SERVICES,
    SOLD,
    STEP,
    TIMED_INTERVALS,
    TIMED_POOL,
    Plan,
    service_id,
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
                world.date(day),
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
        self.dates = [world.date(day) for day in range(DAYS)]
        self.opens = [world.opens_at(day) for day in range(DAYS)]
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
        starts_at = self.opens[day] + timedelta(minutes=GRID * index)
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
            *(self.dates[day], starts_at),
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
