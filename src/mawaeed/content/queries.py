"""What the public reads."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet

from mawaeed.centres.models import Centre
from mawaeed.content.models import Announcement, ContactChannel


def published_announcements(now: datetime, centre: Centre | None = None) -> QuerySet[Announcement]:
    """What is published at `now` (from ≤ now < until), important first, then newest.

    With a `centre`: only what is for everybody, for its directorate or for itself.
    """
    running = Q(published_until__isnull=True) | Q(published_until__gt=now)
    found = Announcement.objects.filter(running, published_from__lte=now)
    if centre is not None:
        everybody = Q(directorate__isnull=True, centre__isnull=True)
        found = found.filter(everybody | Q(directorate=centre.directorate_id) | Q(centre=centre.pk))
    return found.select_related("directorate", "centre", "centre__directorate").order_by(
        "-important", "-published_from", "-pk"
    )


def contact_channels() -> QuerySet[ContactChannel]:
    """Ways to reach the agency, in its own order."""
    return ContactChannel.objects.order_by("order", "pk")
