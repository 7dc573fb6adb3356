"""What was pressed last at a counter and can be taken back: from history alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from mawaeed.hall import events
from mawaeed.hall.models import CounterSession
from mawaeed.hall.policies import scopes_of
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.models import History
from mawaeed.kernel.policies import policy

What = Literal["call", "miss", "finish"]
# History event → what was pressed. A ticket that `left` was missed only where it was called late.
PRESSES: dict[str, What] = {
    events.TICKET_CALLED: "call",
    events.TICKET_RECALLED: "call",
    events.TICKET_MISSED: "miss",
    events.TICKET_LEFT: "miss",
    events.SERVICE_FINISHED: "finish",
    events.TICKET_LEG_FINISHED: "finish",
}
CALLED_LATE = "called_late"


@dataclass(frozen=True, slots=True)
class Press:
    """One change of a ticket at a counter; `row` is its place in history, `at` UTC."""

    row: int
    ticket_id: int
    at: datetime
    event: str
    reason: str
    details: dict[str, Any]

    @property
    def what(self) -> What | None:
        """What a clerk would call it; None for what is not taken back."""
        if self.event == events.TICKET_LEFT and self.reason != CALLED_LATE:
            return None
        return PRESSES.get(self.event)


def last_standing(presses: Iterable[Press]) -> Press | None:
    """The last press that was not taken back; `presses` are newest first.

    One finish-and-call is two: its call is taken back first, then its finish. Calls of one visitor
    again are one with the first: a call taken back takes all of them.
    """
    undone: set[int] = set()
    sent_back: set[int] = set()
    for press in presses:
        if press.event == events.TICKET_TAKEN_BACK:
            undone.add(press.details["undone"])
            if press.details["what"] == "call":
                sent_back.add(press.ticket_id)
        elif press.ticket_id in sent_back and press.what == "call":
            if press.event != events.TICKET_RECALLED:
                sent_back.discard(press.ticket_id)
        elif press.row not in undone:
            return press
    return None


def take_back_window(session: CounterSession, now: datetime) -> timedelta:
    """How long a press can be taken back."""
    seconds = policy("hall.take_back_seconds", now, scopes_of(session.counter.centre))
    return timedelta(seconds=seconds)


def last_press(session: CounterSession, now: datetime) -> Press | None:
    """The last press of this work at the counter within the window; None if there is none.

    Reads the centre's last minute by `history_centre_moment`, however long the day. Put in order
    here: asked to, SQLite would rather go through the whole table backwards.
    """
    since = max(now - take_back_window(session, now), session.opened_at)
    centre = session.counter.centre
    rows = History.objects.filter(
        centre_id=centre.pk,
        day=local_date(now, centre.timezone),
        subject_kind="ticket",
        at__gte=since,
    )
    here = (
        Press(pk, subject_id, at, details.get("event", ""), reason, details)
        for pk, subject_id, at, reason, details in sorted(
            rows.values_list("pk", "subject_id", "at", "reason", "details"), reverse=True
        )
        if details.get("counter") == session.counter.number
    )
    return last_standing(here)


def is_the_latest(press: Press, session: CounterSession) -> bool:
    """Whether nothing came of the ticket since but what this counter took back."""
    rows = History.objects.filter(
        subject_kind="ticket", subject_id=press.ticket_id, pk__gt=press.row
    )
    since = dict(rows.values_list("pk", "details"))
    here = (events.TICKET_TAKEN_BACK, session.counter.number)
    backs = {pk for pk, kept in since.items() if (kept.get("event"), kept.get("counter")) == here}
    return set(since) <= backs | {since[pk]["undone"] for pk in backs}
