"""What pages show of the waits: the range announced to a ticket, and how well ranges held."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, floor

from mawaeed.hall.models import Ticket, WaitEstimate
from mawaeed.hall.queries import people_ahead
from mawaeed.hall.waits.at_once import reckon


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


def wait_shown(ticket: Ticket, now: datetime) -> WaitShown | None:
    """The range last announced to a waiting ticket, counted from `now`; None unless it waits."""
    if ticket.state != Ticket.State.WAITING:
        return None
    said = newest_estimate(ticket)
    if said is not None and now < said.made_at + timedelta(minutes=said.high):
        return _shown(said.p50, said.p90, said.made_at, people_ahead(ticket, now), now)
    found = reckon(ticket, now)
    return _shown(found.p50, found.p90, now, found.ahead, now)


def newest_estimate(ticket: Ticket) -> WaitEstimate | None:
    """What was said last to a ticket."""
    return WaitEstimate.objects.filter(ticket=ticket).order_by("-made_at", "-pk").first()


def _shown(p50: float, p90: float, made_at: datetime, ahead: int, now: datetime) -> WaitShown:
    past = (now - made_at).total_seconds() / 60
    return WaitShown(
        low=max(0, floor(p50 - past)),
        high=max(1, ceil(p90 - past)),
        from_at=max(now, made_at + timedelta(minutes=floor(tenth(p50, p90)))),
        by_at=made_at + timedelta(minutes=max(1, ceil(p90))),
        ahead=ahead,
    )


def tenth(p50: float, p90: float) -> float:
    """The tenth part of waits that is shorter, from the middle and the ninth.

    The cube root of a gamma law is nearly normal (Wilson and Hilferty 1931), hence symmetric.
    """
    return float(max(0.0, 2 * p50 ** (1 / 3) - p90 ** (1 / 3)) ** 3)
