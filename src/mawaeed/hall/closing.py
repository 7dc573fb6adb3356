"""What closing a centre's day ended, as history keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from mawaeed.centres.models import Centre
from mawaeed.hall.actions.day import SUBJECT
from mawaeed.kernel.models import History


@dataclass(frozen=True, slots=True)
class ClosingReport:
    """One closing: by whom (None: by the system), and everything it ended."""

    at: datetime
    staff_id: int | None
    tickets: tuple[str, ...]
    appointments_cancelled: int
    counters: tuple[int, ...]
    breaks_ended: int
    help_calls_closed: int


def reports_of(centre: Centre, day: date) -> list[ClosingReport]:
    """The closings of a local day that ended something, oldest first; one query."""
    rows = History.objects.filter(centre_id=centre.pk, day=day, subject_kind=SUBJECT)
    return [_report(row) for row in rows.order_by("pk")]


def last_closed_day(centre: Centre, until: date) -> date | None:
    """The last local day, up to `until`, whose closing ended something."""
    rows = History.objects.filter(centre_id=centre.pk, subject_kind=SUBJECT, day__lte=until)
    return rows.order_by("-day").values_list("day", flat=True).first()


def _report(row: History) -> ClosingReport:
    kept = row.details
    return ClosingReport(
        at=row.at,
        staff_id=row.actor_id if row.actor_kind == "staff" else None,
        tickets=tuple(kept["tickets"]),
        appointments_cancelled=kept["appointments_cancelled"],
        counters=tuple(kept["counters"]),
        breaks_ended=kept["breaks_ended"],
        help_calls_closed=kept["help_calls_closed"],
    )
