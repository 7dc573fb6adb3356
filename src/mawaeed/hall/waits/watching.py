"""The worker's look at every hall in which somebody waits: when it is worth another one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from django.db.models import Subquery

from mawaeed.centres.models import Centre
from mawaeed.hall.models import Ticket
from mawaeed.hall.waits.announcing import refresh_waits
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.models import History

# Real seconds: the soonest and the latest another look at a hall in which somebody waits.
SOONEST, LATEST = 3.0, 30.0
# Whose changes can change a wait.
MATTERS = ("ticket", "counter", "ticket_leg", "appointment", "profile", "calendar_change")


@dataclass(frozen=True, slots=True)
class _Look:
    """When a hall was looked at last, in seconds of the process, and its newest rows of history."""

    at: float
    last: tuple[int, ...]


class Watch:
    """What one process has looked at. Whoever starts anew looks at once: that is never too often,
    for what still holds is not announced again.
    """

    def __init__(self, seconds: Callable[[], float] = monotonic) -> None:
        self._seconds = seconds
        self._looks: dict[int, _Look] = {}

    def refresh_due(self, now: datetime) -> list[Centre]:
        """Look at every centre in which somebody waits and something happened, or not lately.

        Returns those looked at.
        """
        looked_at = []
        for centre in _with_waiting(now):
            if self._is_due(centre, now):
                refresh_waits(centre=centre, now=now)
                looked_at.append(centre)
        return looked_at

    def _is_due(self, centre: Centre, now: datetime) -> bool:
        """Whether to look now; if so, that it was looked at."""
        before, last = self._looks.get(centre.pk), _last_change(centre, now)
        if before is not None:
            rested = self._seconds() - before.at
            if rested < (SOONEST if last != before.last else LATEST):
                return False
        self._looks[centre.pk] = _Look(self._seconds(), last)
        return True


# The worker's own, as long as its process lives: the job `hall.waits.watching:refresh_due`.
_WATCH = Watch()


def refresh_due(now: datetime) -> None:
    """The worker's job: every centre in which somebody waits and something happened."""
    _WATCH.refresh_due(now)


def _with_waiting(now: datetime) -> list[Centre]:
    """Active centres in which somebody waits today."""
    centres = {centre.pk: centre for centre in Centre.objects.filter(active=True)}
    days = {local_date(now, centre.timezone) for centre in centres.values()}
    waiting = Ticket.objects.filter(
        centre_id__in=list(centres), day__in=days, state=Ticket.State.WAITING
    )
    found = set(waiting.order_by().values_list("centre_id", flat=True).distinct())
    return [centre for pk, centre in centres.items() if pk in found]


def _last_change(centre: Centre, now: datetime) -> tuple[int, ...]:
    """The newest row of the day's history of each kind: another one, and something happened.

    The newest by its moment, which the index of history finds without reading the day.
    """
    day = local_date(now, centre.timezone)
    rows = History.objects.filter(centre_id=centre.pk, day=day).order_by("-at", "-pk").values("pk")
    newest = {kind: Subquery(rows.filter(subject_kind=kind)[:1]) for kind in MATTERS}
    found = Centre.objects.filter(pk=centre.pk).values_list(*newest.values()).get()
    return tuple(int(last or 0) for last in found)
