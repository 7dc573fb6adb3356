"""Whom to tell that they need no appointment."""

from __future__ import annotations

from django.http import HttpRequest

from mawaeed.centres.models import Offering
from mawaeed.kernel.policies import policy
from mawaeed.people.queries import goes_first
from mawaeed.web.request import now_of, visitor_of


def age_that_goes_first(request: HttpRequest, service_code: str, centre_code: str = "") -> int:
    """The age from which people are served first without appointment, for whoever has reached it.

    0 for everybody else, and where nobody is served without (at the centre, or at any).
    """
    person, now = visitor_of(request), now_of(request)
    if person is None or not goes_first(person, now):
        return 0
    found = Offering.objects.filter(
        service__code=service_code, active=True, walk_ins=True, centre__walk_ins=True
    )
    if centre_code:
        found = found.filter(centre__code=centre_code)
    return int(policy("people.priority_age", now)) if found.exists() else 0
