"""Paper tickets: how many were printed, and how many people did without one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, Sum

from mawaeed.centres.models import Centre
from mawaeed.hall.models import Ticket


@dataclass(frozen=True, slots=True)
class PaperUse:
    """Of `tickets`, `on_paper` were printed, on `sheets` in all (some more than once)."""

    tickets: int
    on_paper: int
    sheets: int

    @property
    def avoided(self) -> int:
        """Tickets that lived on a phone or a screen alone."""
        return self.tickets - self.on_paper

    @property
    def avoided_share(self) -> float | None:
        """0 to 1; None without any ticket."""
        return self.avoided / self.tickets if self.tickets else None


def paper_used(centre: Centre | None, first: date, last: date) -> PaperUse:
    """Of the tickets of these local days, both included; of every centre where none is named."""
    tickets = Ticket.objects.filter(day__gte=first, day__lte=last)
    if centre is not None:
        tickets = tickets.filter(centre=centre)
    found = tickets.aggregate(
        tickets=Count("pk"), on_paper=Count("pk", filter=Q(printed__gt=0)), sheets=Sum("printed")
    )
    return PaperUse(found["tickets"], found["on_paper"], found["sheets"] or 0)
