"""What pages show of the waits: the range announced to a ticket, and how well ranges held."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from math import ceil, floor

from django.db.models import Avg, Count, F, Q, QuerySet
from django.db.models.functions import Abs

from mawaeed.centres.models import Centre
from mawaeed.hall.models import Ticket, WaitEstimate
from mawaeed.hall.queries import people_ahead
from mawaeed.hall.waits.ranges import tenth
from mawaeed.hall.waits.reckoning import range_of
from mawaeed.kernel.statements import Question, given

# With fewer waits nothing is said about how well they were foretold.
FEWEST = 20


@dataclass(frozen=True, slots=True)
class WaitShown:
    """A range as people read it.

    `low` and `high` are whole minutes from now. Nine of ten are called after `from_at` and nine of
    ten before `by_at` (UTC); `ahead` is how many would be called first.
    """

    low: int
    high: int
    from_at: datetime
    by_at: datetime
    ahead: int


def wait_shown(ticket: Ticket, now: datetime, said: WaitEstimate | None) -> WaitShown | None:
    """The range announced to a waiting ticket, counted from `now`; None unless it waits.

    Whoever asked for more time need not be there before that is over.

    `said` is what was announced last: whoever shows a ticket asks for it by `announce_first`. One
    that has run out while the worker was away is reckoned anew without being announced.
    """
    if ticket.state != Ticket.State.WAITING or said is None:
        return None
    if now >= said.made_at + timedelta(minutes=said.high):
        found = range_of(ticket, now)
        shown = _shown(found.p50, found.p90, now, found.ahead, now)
    else:
        shown = _shown(said.p50, said.p90, said.made_at, people_ahead(ticket, now), now)
    if ticket.not_before is not None and ticket.not_before > shown.from_at:
        return replace(shown, from_at=ticket.not_before)  # asked for more time: not called before
    return shown


def newest_estimate(ticket: Ticket) -> WaitEstimate | None:
    """What was said last to a ticket."""
    return _NEWEST.first(ticket=ticket.pk)


_NEWEST = Question(
    lambda: WaitEstimate.objects.filter(ticket_id=given("ticket")).order_by("-made_at", "-pk")[:1]
)


def _shown(p50: float, p90: float, made_at: datetime, ahead: int, now: datetime) -> WaitShown:
    past = (now - made_at).total_seconds() / 60
    return WaitShown(
        low=max(0, floor(p50 - past)),
        high=max(1, ceil(p90 - past)),
        from_at=max(now, made_at + timedelta(minutes=floor(tenth(p50, p90)))),
        by_at=made_at + timedelta(minutes=max(1, ceil(p90))),
        ahead=ahead,
    )


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How well the ranges announced at issue held.

    `kept_share` is the share called by the upper end, `mae` the mean distance between the middle
    announced and what was waited, in minutes; both None when nothing was counted.
    """

    tickets: int
    kept_share: float | None
    mae: float | None

    @property
    def of_ten(self) -> int | None:
        """How many of ten waited less than was said, rounded; None below `FEWEST`.

        Ten only if it was so for all.
        """
        if self.tickets < FEWEST or self.kept_share is None:
            return None
        return 10 if self.kept_share == 1 else min(9, floor(self.kept_share * 10 + 0.5))


def accuracy(centre: Centre | None, until: date, days: int = 30) -> Accuracy:
    """From the first ranges of the `days` up to and with `until`, of one centre or of all.

    Tickets that left without having been called are not counted.
    """
    rows = _counted(until, days)
    if centre is not None:
        rows = rows.filter(centre=centre)
    return _accuracy(**rows.aggregate(**FIGURES))


def accuracy_by_centre(until: date, days: int = 30) -> dict[int, Accuracy]:
    """The same for every centre that has any, by its id; under 0 of all together. One query."""
    rows = _counted(until, days).order_by().values("centre_id").annotate(**FIGURES)
    found = {row.pop("centre_id"): _accuracy(**row) for row in list(rows)}
    every = sum(each.tickets for each in found.values())
    kept = sum(each.tickets * (each.kept_share or 0) for each in found.values())
    error = sum(each.tickets * (each.mae or 0) for each in found.values())
    return {**found, 0: _accuracy(every, round(kept), error / every if every else None)}


FIGURES = {
    "tickets": Count("pk"),
    "kept": Count("pk", filter=Q(kept=True)),
    "mae": Avg(Abs(F("waited") - F("p50"))),
}


def _counted(until: date, days: int) -> QuerySet[WaitEstimate]:
    start = until - timedelta(days=days)
    return WaitEstimate.objects.filter(
        first=True, waited__isnull=False, day__gt=start, day__lte=until
    )


def _accuracy(tickets: int, kept: int, mae: float | None) -> Accuracy:
    return Accuracy(tickets, kept / tickets if tickets else None, mae)
