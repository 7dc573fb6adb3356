"""The conduct rule (requirements, part D): pure, over small values.

An event is a missed ticket or a cancellation by the person later than the free-cancel limit. An
attended visit resets the run. The event after `threshold` in an unbroken run blocks if it falls
less than `window` after the first of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

MISSED = "missed"
LATE_CANCELLATION = "late_cancellation"
CANCELLATION = "cancellation"
ATTENDED = "attended"
STRIKES = frozenset({MISSED, LATE_CANCELLATION})

THRESHOLD = 3
WINDOW = timedelta(hours=7 * 24)


@dataclass(frozen=True, slots=True)
class Conduct:
    """One event: its kind, when (UTC: slot start for a missed one, click otherwise), and which
    visit it belonged to (centre, local day, and when the appointment was made).
    """

    at: datetime
    kind: str
    id: int = 0
    centre_id: int | None = None
    visit_day: date | None = None
    booked_at: datetime | None = None


def is_same_visit(earlier: Conduct, later: Conduct) -> bool:
    """Whether both belong to one visit of several services: same centre and day, held together.

    An appointment made after the earlier event happened is another visit: booking and
    cancelling again and again counts each time.
    """
    return (
        earlier.centre_id is not None
        and earlier.centre_id == later.centre_id
        and earlier.visit_day is not None
        and earlier.visit_day == later.visit_day
        and later.booked_at is not None
        and later.booked_at < earlier.at
    )


def current_run(
    events: Iterable[Conduct], *, count_all: bool = False, since: datetime | None = None
) -> list[Conduct]:
    """The strikes after the last attended visit, one for each visit, in order of time.

    `since`: when the last block ended or was lifted; what happened up to then is forgotten.
    `count_all`: early cancellations count too.
    """
    strikes = STRIKES | {CANCELLATION} if count_all else STRIKES
    run: list[Conduct] = []
    attended: list[Conduct] = []
    for event in sorted(events, key=_order):
        if since is not None and event.at <= since:
            continue
        if event.kind == ATTENDED:
            run.clear()
            attended.append(event)
        elif event.kind in strikes and not any(
            is_same_visit(other, event) for other in (*run, *attended)
        ):
            run.append(event)
    return run


def blocking_run(
    events: Iterable[Conduct],
    *,
    threshold: int = THRESHOLD,
    window: timedelta = WINDOW,
    count_all: bool = False,
    since: datetime | None = None,
) -> list[Conduct] | None:
    """The latest `threshold` + 1 consecutive events that block, or None.

    They block if the last falls less than `window` after the first.
    """
    run = current_run(events, count_all=count_all, since=since)
    for end in range(len(run), threshold, -1):
        blocking = run[end - threshold - 1 : end]
        if blocking[-1].at - blocking[0].at < window:
            return blocking
    return None


def _order(event: Conduct) -> tuple[datetime, bool, int]:
    """By time; at one moment an attended visit comes last, in the person's favour."""
    return event.at, event.kind == ATTENDED, event.id
