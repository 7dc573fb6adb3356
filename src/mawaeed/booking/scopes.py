"""At which scopes the settings of an offering are looked up."""

from __future__ import annotations

from mawaeed.centres.models import Offering
from mawaeed.kernel.policies import Scope


def scopes_of(offering: Offering) -> list[Scope]:
    """Policy scopes of an offering, narrow to wide."""
    return [
        ("offering", offering.pk),
        ("centre", offering.centre_id),
        ("directorate", offering.centre.directorate_id),
    ]
