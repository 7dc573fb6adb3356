"""The offerings tickets are given for, kept by each process: every ticket asks for one.

They are kept for as long as they are right, which only the statement that gives the ticket finds
out (`hall.statement.issuing.terms_of`).
"""

from __future__ import annotations

from mawaeed.centres.models import Offering
from mawaeed.centres.queries import offerings_of

KEPT_OFFERINGS = 10_000
_kept: dict[tuple[str, str], Offering] = {}

# The terms of a ticket and no texts.
_FIELDS = (
    *("id", "service_id", "centre_id", "pool_id", "group_id", "duration_override", "walk_ins"),
    *("active", "service__id", "service__code", "service__duration_minutes", "group__id"),
    *("group__letter", "centre__id", "centre__code", "centre__timezone", "centre__agency_id"),
    *("centre__directorate_id", "centre__walk_ins", "centre__active"),
)


def kept_offering(service_code: str, centre_code: str) -> Offering | None:
    """The offering in use as it was when it was first asked for; None where there is none.

    Only for tickets whose terms are checked; callers share the row, and nobody changes it.
    """
    kept = _kept.get((service_code, centre_code))
    if kept is not None:
        return kept
    rows = offerings_of(service_code).filter(centre__code=centre_code).order_by()
    found = rows.select_related(None).select_related("service", "centre", "group")
    offering = found.only(*_FIELDS).first()
    if offering is None:
        return None
    if len(_kept) >= KEPT_OFFERINGS:
        _kept.clear()
    _kept[service_code, centre_code] = offering
    return offering


def forget_offering(service_code: str, centre_code: str) -> None:
    """The terms are no longer those of the copy."""
    _kept.pop((service_code, centre_code), None)
