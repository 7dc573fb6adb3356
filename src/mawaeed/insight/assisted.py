"""How many places of the staff's reserve a centre gave, why and by whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from mawaeed.booking.models import Appointment
from mawaeed.booking.reserve import reason_words
from mawaeed.centres.models import Centre
from mawaeed.kernel.clock import day_bounds, local_date
from mawaeed.kernel.policies import policy
from mawaeed.people.models import Staff

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class ReserveUse:
    """Bookings made in a period (UTC, half-open) at a centre, through whatever channel."""

    since: datetime
    until: datetime
    booked: int
    by_staff: int
    from_reserve: int
    most_percent: int
    by_reason: list[tuple[str, int]]
    by_whom: list[tuple[str, int]]

    @property
    def percent(self) -> float:
        """Share of all bookings that took a staff place, in percent."""
        return 100 * self.from_reserve / self.booked if self.booked else 0.0

    @property
    def is_flagged(self) -> bool:
        """Whether more staff places were given than the setting regards as usual."""
        return self.percent > self.most_percent


def reserve_use_today(centre: Centre, now: datetime) -> ReserveUse:
    """Of the local day up to `now`."""
    return _use(centre, local_date(now, centre.timezone), now)


def reserve_use_this_week(centre: Centre, now: datetime) -> ReserveUse:
    """Of the seven local days that end today."""
    today = local_date(now, centre.timezone)
    return _use(centre, today - WEEK + timedelta(days=1), now)


def _use(centre: Centre, first: date, now: datetime) -> ReserveUse:
    since, _ = day_bounds(first, centre.timezone)
    # Nothing is booked for a day before it is made: what is older need not be read.
    made = Appointment.objects.filter(
        centre=centre, day__gte=first, created_at__gte=since, created_at__lte=now
    )
    rows = list(made.values_list("reserve_reason", "staff_id"))
    given = [(reason, staff_id) for reason, staff_id in rows if reason]
    scopes = [("centre", centre.pk), ("directorate", centre.directorate_id)]
    return ReserveUse(
        since=since,
        until=now,
        booked=len(rows),
        by_staff=sum(staff_id is not None for _, staff_id in rows),
        from_reserve=len(given),
        most_percent=int(policy("assisted.reserve_share", now, scopes)),
        by_reason=_most_first(reason_words(reason) for reason, _ in given),
        by_whom=_named(Counter(staff_id for _, staff_id in given if staff_id is not None)),
    )


def _most_first(words: Iterable[str]) -> list[tuple[str, int]]:
    return Counter(words).most_common()


def _named(counts: Counter[int]) -> list[tuple[str, int]]:
    people = Staff.objects.in_bulk(list(counts))
    return [
        (people[pk].get_full_name() or people[pk].get_username() if pk in people else "–", count)
        for pk, count in counts.most_common()
    ]
