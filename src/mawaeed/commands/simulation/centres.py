"""Which centres play on which day, what they offer there, and how many people come to each."""

from __future__ import annotations

import math
from collections import Counter as Tally
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from mawaeed.availability.actions import open_days
from mawaeed.availability.models import Session
from mawaeed.centres.models import Centre, Counter, Offering, Pool
from mawaeed.commands.refusal import CommandRefused
from mawaeed.commands.simulation.plan import Offered, Opening
from mawaeed.kernel import clock
from mawaeed.kernel.actor import SYSTEM
from mawaeed.kernel.database import write_transaction

DEFAULT_SHARE_OF_CAPACITY = 0.85
DAYS_AHEAD = 10


@dataclass(frozen=True, slots=True)
class Place:
    """A centre that is open on the day."""

    centre: Centre
    offered: list[Offered]
    openings: list[Opening]

    @property
    def capacity(self) -> float:
        """Visitors the day has room for."""
        return sum(one.weight for one in self.offered)


def chosen_centres(codes: Sequence[str] | None) -> list[Centre]:
    """The active centres with these codes, or all; refuses a code there is none of."""
    active = {one.code: one for one in Centre.objects.filter(active=True).order_by("order", "id")}
    if codes is None:
        return list(active.values())
    unknown = [code for code in codes if code not in active]
    if unknown:
        raise CommandRefused(f"no centre {', '.join(unknown)}. There are: {', '.join(active)}")
    return [active[code] for code in dict.fromkeys(codes)]


def open_on(centres: Sequence[Centre], day: date | None, now: datetime) -> tuple[date, list[Place]]:
    """The day on which most of the centres are open next, and those that are.

    Refuses a day on which all are closed.
    """
    today = clock.local_date(now, centres[0].timezone)
    until = day or today + timedelta(days=DAYS_AHEAD)
    open_days(until=until, now=now, actor=SYSTEM, centres=[one.code for one in centres])
    names = ", ".join(one.code for one in centres)
    chosen = day or _busiest_day(centres, today)
    if chosen is None:
        raise CommandRefused(f"{names}: not open within the coming days; give --date")
    places = [place for one in centres if (place := _place(one, chosen)) is not None]
    if not places:
        raise CommandRefused(f"{names}: closed on {chosen}")
    return chosen, places


def _busiest_day(centres: Sequence[Centre], today: date) -> date | None:
    days = Session.objects.filter(centre__in=centres, date__gt=today).order_by("date")
    open_there = Tally(dict.fromkeys(days.values_list("date", "centre_id")).keys())
    by_day = Tally(day for day, _ in open_there)
    return min(by_day, key=lambda day: (-by_day[day], day), default=None)


def _place(centre: Centre, day: date) -> Place | None:
    openings = [
        Opening(row.pool_id, row.starts_at, row.ends_at, row.places)
        for row in Session.objects.filter(centre=centre, date=day).order_by("starts_at", "pk")
    ]
    offerings = [
        one
        for one in Offering.objects.select_related("service").filter(centre=centre, active=True)
        if any(opening.pool_id == one.pool_id for opening in openings)
    ]
    if not offerings:
        return None
    counters = Tally(
        Counter.objects.filter(centre=centre, active=True).values_list("pool_id", flat=True)
    )
    room = {
        pool_id: _room(pool_id, offerings, openings, counters[pool_id])
        for pool_id in {one.pool_id for one in offerings}
    }
    each = Tally(one.pool_id for one in offerings)
    offered = [
        Offered(
            one.pk,
            one.service.code,
            one.pool_id,
            one.duration_minutes,
            one.walk_ins,
            room[one.pool_id] / each[one.pool_id],
        )
        for one in sorted(offerings, key=lambda one: one.pk)
    ]
    return Place(centre, offered, openings)


def _room(
    pool_id: int, offerings: Sequence[Offering], openings: Sequence[Opening], counters: int
) -> float:
    """Visitors a pool's counters can serve that day; people on seats need a counter too."""
    minutes = [one.duration_minutes for one in offerings if one.pool_id == pool_id]
    open_minutes = sum(
        min(one.places, counters) * (one.ends_at - one.starts_at).total_seconds() / 60
        for one in openings
        if one.pool_id == pool_id
    )
    return open_minutes / (sum(minutes) / len(minutes))


def shares(places: Sequence[Place], visitors: int | None) -> list[int]:
    """How many come to each; in all `visitors`, by default 85 % of what there is room for."""
    room = [place.capacity for place in places]
    whole = sum(room)
    wanted = visitors if visitors is not None else round(whole * DEFAULT_SHARE_OF_CAPACITY)
    wanted = max(len(places), wanted)
    exact = [wanted * each / whole for each in room] if whole else [0.0] * len(room)
    found = [math.floor(each) for each in exact]
    by_rest = sorted(range(len(room)), key=lambda n: found[n] - exact[n])
    for n in by_rest[: wanted - sum(found)]:
        found[n] += 1
    return found


def add_counters(centres: Sequence[Centre], times: float) -> int:
    """Give every pool so many times its counters, before its days are opened; returns how many."""
    added = []
    for centre in centres:
        last = max(
            Counter.objects.filter(centre=centre).values_list("number", flat=True), default=0
        )
        for pool in Pool.objects.filter(centre=centre, active=True).order_by("pk"):
            there = Counter.objects.filter(pool=pool, active=True).count()
            for _ in range(round(there * times) - there):
                last += 1
                added.append(Counter(centre=centre, pool=pool, number=last))
    with write_transaction():
        Counter.objects.bulk_create(added)
    return len(added)
