"""Pure decisions of "confirm or lose": when to ask, until when to answer, who need not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Window:
    """When it is asked and by when it must be answered (UTC)."""

    ask_at: datetime
    confirm_by: datetime


def confirm_window(starts_at: datetime, ask_hours: float, deadline_hours: float) -> Window | None:
    """The times for an appointment; None where nobody is asked (`ask_hours` is 0).

    A deadline that would lie before the question stands in the middle between it and the start.
    """
    if ask_hours <= 0:
        return None
    sooner = deadline_hours if deadline_hours < ask_hours else ask_hours / 2
    ask_at = starts_at - timedelta(hours=ask_hours)
    return Window(ask_at, starts_at - timedelta(hours=max(0.0, sooner)))


def counts_as_confirmed(window: Window | None, promised_at: datetime) -> bool:
    """Whether a booking or move made at `promised_at` is itself the confirmation."""
    return window is not None and promised_at >= window.ask_at


def deadline_when_asked(window: Window, asked_at: datetime, starts_at: datetime) -> datetime | None:
    """By when to answer a question asked at `asked_at`, perhaps late; None: too late to ask.

    Whoever is asked has at least half of the usual time, and the deadline is not after the start.
    """
    usual = window.confirm_by - window.ask_at
    deadline = max(window.confirm_by, asked_at + usual / 2)
    return deadline if deadline <= starts_at else None
