"""The offerings people book, kept by each process: every booking asks for one.

Two kinds of copies. Those of a few seconds may be used for anything. Those of `kept_offering` are
kept for as long as they are right, which only the statement that books finds out
(`booking.statement.terms`): a country has thousands of offerings, and copies of a few seconds
would nearly always be over.
"""

from __future__ import annotations

import time
from functools import cache
from typing import Any

from mawaeed.booking.actions.steps import find_offering
from mawaeed.centres.models import Centre, Offering, Service
from mawaeed.kernel.database import is_postgresql, prepared_row

# As long as the settings are kept: what staff change is in force everywhere after it.
KEPT_SECONDS = 5.0
KEPT_OFFERINGS = 10_000
_kept: dict[tuple[str, str], tuple[float, Offering]] = {}
_checked: dict[tuple[str, str], Offering] = {}

# All that `kept_offering` reads: the terms of a booking and no texts.
_FIELDS: dict[str, tuple[Any, set[str]]] = {
    "o": (
        Offering,
        {"id", "service_id", "centre_id", "pool_id", "duration_override", "active"},
    ),
    "s": (
        Service,
        {"id", "code", "duration_minutes", "limit_per_beneficiary", "people_present", "active"},
    ),
    "c": (Centre, {"id", "code", "timezone", "agency_id", "directorate_id", "active"}),
}


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


def kept_offering(service_code: str, centre_code: str) -> Offering:
    """The offering as it was when it was first asked for; refuses as `offering_of` does.

    Only for bookings whose terms are checked; it has no other fields than those.
    """
    kept = _checked.get((service_code, centre_code))
    if kept is not None:
        return kept
    found = _terms_read(service_code, centre_code)
    if len(_checked) >= KEPT_OFFERINGS:
        _checked.clear()
    _checked[service_code, centre_code] = found
    return found


def forget_offering(service_code: str, centre_code: str) -> None:
    """The terms are no longer those of the copies."""
    _checked.pop((service_code, centre_code), None)
    _kept.pop((service_code, centre_code), None)


def _terms_read(service_code: str, centre_code: str) -> Offering:
    """One prepared read where there can be one: it is the first booking that waits for it."""
    row = prepared_row(_statement(), [service_code, centre_code]) if is_postgresql() else None
    if row is None:
        return find_offering(service_code, centre_code)
    parts, begin = [], 0
    for letter, (model, _) in _FIELDS.items():
        names = _names(letter)
        parts.append(model.from_db("default", names, row[begin : begin + len(names)]))
        begin += len(names)
    offering: Offering = parts[0]
    offering.service, offering.centre = parts[1], parts[2]
    return offering


@cache
def _names(letter: str) -> list[str]:
    """In the order in which Django fills a row."""
    model, wanted = _FIELDS[letter]
    return [each.attname for each in model._meta.concrete_fields if each.attname in wanted]


@cache
def _statement() -> str:
    columns = [f"{letter}.{name}" for letter in _FIELDS for name in _names(letter)]
    return (
        f"SELECT {', '.join(columns)} FROM centres_service AS s "  # noqa: S608 (names of our own)
        "JOIN centres_offering AS o ON o.service_id = s.id "
        "JOIN centres_centre AS c ON c.id = o.centre_id "
        "WHERE s.code = %s AND c.code = %s AND o.active AND s.active AND c.active"
    )
