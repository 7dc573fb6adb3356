"""The offerings people book, kept by each process for a few seconds: every booking asks for one."""

from __future__ import annotations

import time

from mawaeed.booking.actions.steps import find_offering
from mawaeed.centres.models import Offering

# As long as the settings are kept: what staff change is in force everywhere after it.
KEPT_SECONDS = 5.0
KEPT_OFFERINGS = 10_000
_kept: dict[tuple[str, str], tuple[float, Offering]] = {}


def offering_of(service_code: str, centre_code: str) -> Offering:
    """The active offering, five seconds old at most; refuses `UnknownService`, `UnknownCentre`.

    Callers share the row: nobody changes it.
    """
    tick = time.monotonic()
    kept = _kept.get((service_code, centre_code))
    if kept is not None and tick - kept[0] < KEPT_SECONDS:
        return kept[1]
    found = find_offering(service_code, centre_code)
    if len(_kept) >= KEPT_OFFERINGS:
        _kept.clear()
    _kept[service_code, centre_code] = (tick, found)
    return found
