"""The nearest equal place for somebody who loses one: the same service, at the nearest time.

Reads each pool's free places once and keeps count of what it has given away itself, so that many
people are not all sent to the same place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from mawaeed.availability.calendar.capacity_rules import Shape
from mawaeed.availability.calendar.shaping import LedgerRow
from mawaeed.availability.finding.rules import Position, distance_km
from mawaeed.availability.models import Interval
from mawaeed.availability.places import FREE, PUBLIC_PLACES_LEFT
from mawaeed.availability.rules import Row, find_slots, intervals_needed
from mawaeed.booking.actions.steps import scopes_of
from mawaeed.booking.displacing.rules import earliest_start, keeps_order, nearness
from mawaeed.booking.models import Appointment
from mawaeed.booking.rules import chain_from, last_bookable_date
from mawaeed.centres.models import Centre, Offering
from mawaeed.kernel.clock import day_bounds, local_date
from mawaeed.kernel.policies import policy

Busy = Mapping[int, Sequence[tuple[int, datetime, datetime]]]


@dataclass(frozen=True, slots=True)
class NewPlace:
    """Where and when the legs of a group could be instead (UTC), in their order."""

    offerings: tuple[Offering, ...]
    starts: tuple[datetime, ...]

    @property
    def centre(self) -> Centre:
        """All legs are at one centre."""
        return self.offerings[0].centre


class FreePlaces:
    """Public places as they are, or as a change would leave them; less those given away here."""

    def __init__(self, now: datetime, changed: Iterable[tuple[LedgerRow, Shape]] = ()) -> None:
        self._now = now
        self._rows: dict[int, dict[int, Row]] = {}
        self._offered: dict[int, list[Offering]] = {}
        self._changed = {
            (row.pool_id, int(row.starts_at.timestamp())): row.public_left(shape)
            if not shape.shortfall
            else 0
            for row, shape in changed
        }

    def nearest(self, legs: Sequence[Appointment], busy: Busy, *, most: int = 1) -> list[NewPlace]:
        """Up to `most` places for these legs of one person, the nearest first.

        Other centres are looked at only when the legs' own has none.
        """
        own = legs[0].centre
        for rank, centre_id in enumerate(self._centres(legs)):
            offerings = self._offerings(legs, centre_id)
            if offerings is None:
                continue
            found = [
                (
                    nearness(_local(legs[0].starts_at, own), _local(chain[0], each.centre), rank),
                    each,
                )
                for each in self._chains(legs, offerings, same_centre=centre_id == own.pk)
                for chain in (each.starts,)
                if self._is_fair(legs, each, busy)
            ]
            if found:
                found.sort(key=lambda pair: pair[0])
                return [place for _, place in found[:most]]
        return []

    def take(self, place: NewPlace) -> None:
        """Count a place as given away."""
        for offering, start in zip(place.offerings, place.starts, strict=True):
            rows = self._pool(offering)
            end = start + timedelta(minutes=offering.duration_minutes)
            for seconds, row in list(rows.items()):
                if start.timestamp() <= seconds < end.timestamp():
                    rows[seconds] = Row(seconds, row.free - 1, row.session_id, row.session_starts)

    def _chains(
        self, legs: Sequence[Appointment], offerings: list[Offering], *, same_centre: bool
    ) -> Iterator[NewPlace]:
        starts = [self._starts(offering) for offering in offerings]
        lengths = [timedelta(minutes=offering.duration_minutes) for offering in offerings]
        scopes = scopes_of(offerings[0])
        gap = timedelta(minutes=policy("visit.gap_minutes", self._now, scopes))
        notice = timedelta(minutes=policy("displaced.notice_minutes", self._now, scopes))
        earliest = earliest_start(legs[0].starts_at, self._now, notice, same_centre=same_centre)
        for first in starts[0]:
            if first < earliest:
                continue
            chain = chain_from(first, lengths, starts, gap)
            if chain is not None:
                yield NewPlace(tuple(offerings), tuple(chain))

    def _is_fair(self, legs: Sequence[Appointment], place: NewPlace, busy: Busy) -> bool:
        mine = {leg.pk for leg in legs}
        others = [
            (start, end) for pk, start, end in busy.get(legs[0].person_id, ()) if pk not in mine
        ]
        ends = [
            start + timedelta(minutes=offering.duration_minutes)
            for offering, start in zip(place.offerings, place.starts, strict=True)
        ]
        return keeps_order(place.starts, ends, others)

    def _centres(self, legs: Sequence[Appointment]) -> list[int]:
        """The legs' own centre, then the others that offer the first service, nearest first."""
        own = legs[0].centre
        offered = [each.centre for each in self._all_offerings(legs[0].service_id)]
        others = [centre for centre in offered if centre.pk != own.pk]
        others.sort(key=lambda centre: (_distance(own, centre), centre.order, centre.pk))
        return [own.pk, *(centre.pk for centre in others)]

    def _offerings(self, legs: Sequence[Appointment], centre_id: int) -> list[Offering] | None:
        found = []
        for leg in legs:
            here = [
                each for each in self._all_offerings(leg.service_id) if each.centre_id == centre_id
            ]
            if not here:
                return None
            found.append(here[0])
        return found

    def _all_offerings(self, service_id: int) -> list[Offering]:
        if service_id not in self._offered:
            rows = Offering.objects.filter(
                service=service_id, active=True, service__active=True, centre__active=True
            )
            related = rows.select_related("service", "centre", "pool", "centre__directorate")
            self._offered[service_id] = list(related.filter(pool__active=True))
        return self._offered[service_id]

    def _starts(self, offering: Offering) -> list[datetime]:
        pool = offering.pool
        rows = [row for _, row in sorted(self._pool(offering).items())]
        times = find_slots(
            rows,
            needed=intervals_needed(offering.duration_minutes, pool.grid_minutes),
            grid_minutes=pool.grid_minutes,
            step_minutes=pool.start_step_minutes,
        )
        return [datetime.fromtimestamp(time.starts, UTC) for time in times]

    def _pool(self, offering: Offering) -> dict[int, Row]:
        pool_id = offering.pool_id
        if pool_id not in self._rows:
            self._rows[pool_id] = self._read(pool_id, self._end(offering))
        return self._rows[pool_id]

    def _read(self, pool_id: int, end: datetime) -> dict[int, Row]:
        rows = Interval.objects.filter(
            FREE["public"], pool_id=pool_id, starts_at__gt=self._now, starts_at__lt=end
        )
        found = {}
        for starts_at, left, session_id, began in rows.values_list(
            "starts_at", PUBLIC_PLACES_LEFT, "session_id", "session__starts_at"
        ):
            seconds = int(starts_at.timestamp())
            free = min(left, self._changed.get((pool_id, seconds), left))
            found[seconds] = Row(seconds, free, session_id, int(began.timestamp()))
        return found

    def _end(self, offering: Offering) -> datetime:
        zone = offering.centre.timezone
        days = policy("booking.horizon_days", self._now, scopes_of(offering))
        last: date = last_bookable_date(local_date(self._now, zone), days)
        return day_bounds(last, zone)[1]


def _local(moment: datetime, centre: Centre) -> datetime:
    return moment.astimezone(ZoneInfo(centre.timezone))


def _distance(one: Centre, other: Centre) -> float:
    if None in {one.latitude, one.longitude, other.latitude, other.longitude}:
        return float("inf")
    assert one.latitude is not None
    assert one.longitude is not None
    assert other.latitude is not None
    assert other.longitude is not None
    return distance_km(
        Position(one.latitude, one.longitude), Position(other.latitude, other.longitude)
    )
