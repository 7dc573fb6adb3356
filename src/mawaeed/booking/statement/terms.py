"""What a booking is made of besides people and times, so that the statement can check a copy.

The statement compares these terms with the rows as they are, and writes nothing where somebody
has changed them: that is why `booking.offerings.kept_offering` may keep its copies for long.
"""

from __future__ import annotations

from mawaeed.centres.models import Offering

# The same from the rows, on SQLite; book_place.sql has it too.
TERMS = """
    SELECT o.pool_id || '|' || coalesce(nullif(o.duration_override, 0), s.duration_minutes)
        || '|' || s.id || '|' || s.code || '|' || s.limit_per_beneficiary
        || '|' || s.people_present || '|' || c.id || '|' || c.code || '|' || c.timezone
        || '|' || c.agency_id || '|' || c.directorate_id
    FROM centres_offering AS o JOIN centres_service AS s ON s.id = o.service_id
        JOIN centres_centre AS c ON c.id = o.centre_id
    WHERE o.id = ? AND o.active AND s.active AND c.active
"""


def terms_of(offering: Offering) -> str:
    """Everything of the offering that a booking depends on."""
    service, centre = offering.service, offering.centre
    return (
        f"{offering.pool_id}|{offering.duration_minutes}|{service.pk}|{service.code}"
        f"|{service.limit_per_beneficiary}|{service.people_present}|{centre.pk}|{centre.code}"
        f"|{centre.timezone}|{centre.agency_id}|{centre.directorate_id}"
    )
