"""What a supervisor sees of a centre now: one sentence, then the picture behind it.

Everything is read from tickets, their history, appointments and the ledger; the number of queries
does not grow with the number of visitors.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from django.db.models import Avg, F
from django.db.models.functions import Coalesce
from django.utils.translation import gettext, ngettext

from mawaeed.availability.models import Interval
from mawaeed.booking.models import Appointment
from mawaeed.centres.models import Centre, Counter, Offering
from mawaeed.hall import queries as hall
from mawaeed.hall.models import Ticket
from mawaeed.insight.rules import Quarter, Span, quarter_of, quarters_between, share_of_quarters
from mawaeed.kernel.clock import local_date

DEFAULT_DURATION_MINUTES = 15.0


@dataclass(frozen=True, slots=True)
class HallState:
    """A centre at one moment."""

    at: datetime
    day: date
    waiting: int
    longest_wait: timedelta
    parked: int
    called: int
    serving: int
    served: int
    counters_open: int
    counters_total: int
    quarters: list[Quarter]

    @property
    def counters_closed(self) -> int:
        """Counters in use at which nobody works."""
        return self.counters_total - self.counters_open


def state_of(
    centre: Centre, now: datetime, waiting: Sequence[hall.Waiting] | None = None
) -> HallState:
    """The figures of the supervisor's page at `now` (UTC), for the centre's local day.

    `waiting` where it has been read already.
    """
    day = local_date(now, centre.timezone)
    states = list(Ticket.objects.filter(centre=centre, day=day).values_list("state", flat=True))
    waiting = hall.waiting_for(centre, day, now) if waiting is None else waiting
    return HallState(
        at=now,
        day=day,
        waiting=len(waiting),
        longest_wait=max((item.waited for item in waiting), default=timedelta()),
        parked=states.count(Ticket.State.PARKED),
        called=states.count(Ticket.State.CALLED),
        serving=states.count(Ticket.State.SERVING),
        served=states.count(Ticket.State.SERVED),
        counters_open=hall.open_sessions(centre).filter(counter__active=True).count(),
        counters_total=Counter.objects.filter(centre=centre, active=True).count(),
        quarters=quarters_of(centre, day),
    )


class Counted(Protocol):
    """What the sentence is made of."""

    @property
    def waiting(self) -> int:
        """People waiting."""

    @property
    def longest_wait(self) -> timedelta:
        """Of those waiting."""

    @property
    def counters_closed(self) -> int:
        """Counters in use at which nobody works."""


def sentence(state: Counted) -> str:
    """The state in one sentence, in the active language."""
    if not state.waiting:
        return gettext("%(nobody)s, %(closed)s") % {
            "nobody": gettext("Nobody is waiting"),
            "closed": _closed_text(state),
        }
    minutes = math.floor(state.longest_wait.total_seconds() / 60 + 0.5)  # as every screen rounds
    longest = ngettext("longest %(count)s minute", "longest %(count)s minutes", minutes)
    waiting = ngettext("%(count)s waiting", "%(count)s waiting", state.waiting)
    return gettext("%(waiting)s, %(longest)s, %(closed)s") % {
        "waiting": waiting % {"count": state.waiting},
        "longest": longest % {"count": minutes},
        "closed": _closed_text(state),
    }


def _closed_text(state: Counted) -> str:
    if not state.counters_closed:
        return gettext("all counters open")
    text = ngettext("%(count)s counter closed", "%(count)s counters closed", state.counters_closed)
    return text % {"count": state.counters_closed}


def quarters_of(centre: Centre, day: date) -> list[Quarter]:
    """Arrivals (tickets issued), booked starts and capacity of each quarter hour of a local day.

    Capacity is in visitors: places × minutes ÷ the mean duration of the pool's services. The list
    runs from the first to the last quarter with a session, an arrival or a booking.
    """
    issued = Ticket.objects.filter(centre=centre, day=day).values_list("created_at", flat=True)
    arrivals = _count(issued)
    starts = Appointment.objects.filter(centre=centre, day=day).exclude(
        state=Appointment.State.CANCELLED
    )
    booked = _count(starts.values_list("starts_at", flat=True))
    capacity = _capacity(centre, day)
    known = [*arrivals, *booked, *capacity]
    if not known:
        return []
    return [
        Quarter(
            starts_at=start,
            arrivals=arrivals.get(start, 0),
            booked=booked.get(start, 0),
            capacity=round(capacity.get(start, 0.0), 1),
        )
        for start in quarters_between(min(known), max(known))
    ]


def _count(moments: object) -> dict[datetime, int]:
    counts: dict[datetime, int] = {}
    for moment in moments:  # type: ignore[attr-defined]
        start = quarter_of(moment)
        counts[start] = counts.get(start, 0) + 1
    return counts


def _capacity(centre: Centre, day: date) -> dict[datetime, float]:
    durations = _mean_durations(centre)
    rows = Interval.objects.filter(session__centre=centre, session__date=day)
    spans = [
        Span(starts_at, ends_at, places / durations.get(pool_id, DEFAULT_DURATION_MINUTES))
        for starts_at, ends_at, places, pool_id in rows.values_list(
            "starts_at", "ends_at", "capacity", "pool_id"
        )
    ]
    return share_of_quarters(spans)


def _mean_durations(centre: Centre) -> dict[int, float]:
    minutes = Coalesce(F("duration_override"), F("service__duration_minutes"))
    rows = Offering.objects.filter(centre=centre, active=True).values("pool_id")
    means = rows.annotate(mean=Avg(minutes)).values_list("pool_id", "mean")
    return {pool_id: float(mean) for pool_id, mean in means if mean}
