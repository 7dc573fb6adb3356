"""A synthetic country: agencies of thirteen centres, seven days ahead, realistically booked.

Every identifier follows from arithmetic (`Plan`), so that pgbench can name the rows of a booking
without looking them up. All numbers, names and tokens are invented. The rows are written by
`catalogue`, `days` and `residents`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
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

    def date(self, day: int) -> date:
        """The local date of a day (0…6)."""
        return (self.first_day + timedelta(days=day)).astimezone(ZONE).date()

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
