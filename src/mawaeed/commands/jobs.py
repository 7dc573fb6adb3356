"""Jobs of the clock that walk over centres and leave each centre to one action."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from mawaeed.centres.models import Centre
from mawaeed.hall.actions import close_day
from mawaeed.hall.models import CounterSession, Ticket
from mawaeed.kernel.actor import SYSTEM
from mawaeed.kernel.clock import day_bounds, local_date


def close_past_days(*, now: datetime) -> int:
    """Close every local day before today that was left open; returns how many days it closed."""
    closed = 0
    for centre in _centres_left_open():
        today = local_date(now, centre.timezone)
        open_days = set(
            Ticket.objects.filter(centre=centre, day__lt=today, state__in=Ticket.OPEN).values_list(
                "day", flat=True
            )
        )
        midnight = day_bounds(today, centre.timezone)[0]
        at_work = CounterSession.objects.filter(
            counter__centre=centre, closed_at__isnull=True, opened_at__lt=midnight
        )
        open_days |= {
            local_date(opened, centre.timezone)
            for opened in at_work.values_list("opened_at", flat=True)
        }
        for day in sorted(open_days):
            closed += close_day(centre=centre, day=day, now=now, actor=SYSTEM).changed
    return closed


def _centres_left_open() -> list[Centre]:
    """Centres where anything is open at all, today's work included."""
    tickets = Ticket.objects.filter(centre=OuterRef("pk"), state__in=Ticket.OPEN)
    counters = CounterSession.objects.filter(counter__centre=OuterRef("pk"), closed_at__isnull=True)
    return list(Centre.objects.filter(Q(Exists(tickets)) | Q(Exists(counters))).order_by("pk"))
