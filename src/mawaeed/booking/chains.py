"""Several services or people in one visit: starts that follow each other, read from the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from mawaeed.availability.places import Stay
from mawaeed.availability.queries import free_starts
from mawaeed.booking.actions.steps import scopes_of
from mawaeed.booking.errors import SlotTaken, TooManyLegs
from mawaeed.booking.offerings import offering_of
from mawaeed.booking.rules import chain_from
from mawaeed.centres.models import Offering
from mawaeed.kernel.clock import day_bounds, local_date
from mawaeed.kernel.policies import policy


def find_offerings(service_codes: Sequence[str], centre_code: str, now: datetime) -> list[Offering]:
    """The offerings of a visit in its order.

    Refuses `UnknownService`, `UnknownCentre`, and `TooManyLegs` (none at all, or more than the
    setting allows).
    """
    offerings = [offering_of(code, centre_code) for code in service_codes[:1]]
    most = policy("visit.legs", now, scopes_of(offerings[0])) if offerings else 0
    if not 0 < len(service_codes) <= most:  # before the others are read: there may be a thousand
        raise TooManyLegs(limit=most)
    return offerings + [offering_of(code, centre_code) for code in service_codes[1:]]


def visit_starts(
    offerings: Sequence[Offering], *, day: date, now: datetime, giving_up: Sequence[Stay] = ()
) -> list[list[datetime]]:
    """Every way to begin the visit on the local `day`: the starts (UTC) of its legs, in order.

    `giving_up` are places the person would leave for it, counted as free.
    """
    begin, end = day_bounds(day, offerings[0].centre.timezone)
    return visit_starts_between(offerings, begin, end, now=now, giving_up=giving_up)


def visit_starts_between(
    offerings: Sequence[Offering],
    after: datetime,
    before: datetime,
    *,
    now: datetime,
    giving_up: Sequence[Stay] = (),
) -> list[list[datetime]]:
    """The same between two moments (UTC), never in the past; one read per offering."""
    free = {
        offering.pk: [
            datetime.fromtimestamp(seconds, UTC)
            for seconds in free_starts(offering, max(after, now), before, giving_up=giving_up)
        ]
        for offering in offerings
    }
    starts = [free[offering.pk] for offering in offerings]
    lengths = [timedelta(minutes=offering.duration_minutes) for offering in offerings]
    gap = timedelta(minutes=policy("visit.gap_minutes", now, scopes_of(offerings[0])))
    chains = (chain_from(first, lengths, starts, gap) for first in starts[0])
    return [chain for chain in chains if chain is not None]


def plan_visit(
    offerings: Sequence[Offering],
    starts_at: datetime,
    *,
    now: datetime,
    giving_up: Sequence[Stay] = (),
) -> list[datetime]:
    """The starts of all legs of the visit that begins at `starts_at`; refuses `SlotTaken`."""
    if len(offerings) == 1:
        return [starts_at]
    day = local_date(starts_at, offerings[0].centre.timezone)
    for chain in visit_starts(offerings, day=day, now=now, giving_up=giving_up):
        if chain[0] == starts_at:
            return chain
    raise SlotTaken
