"""When an appointment of an offering is to be confirmed, by the settings in force."""

from __future__ import annotations

from datetime import datetime

from mawaeed.booking.confirm_rules import Window, confirm_window, counts_as_confirmed
from mawaeed.booking.scopes import scopes_of
from mawaeed.centres.models import Offering
from mawaeed.kernel.policies import policy

ASK = "confirm.ask_hours"


def window_of(offering: Offering, starts_at: datetime, now: datetime) -> Window | None:
    """When an appointment of the offering at `starts_at` is asked about; None: never."""
    scopes = scopes_of(offering)
    hours = policy(ASK, now, scopes)
    return confirm_window(starts_at, hours, policy("confirm.deadline_hours", now, scopes))


def confirmed_by_promise(offering: Offering, starts_at: datetime, now: datetime) -> datetime | None:
    """`now` where booking or moving at this moment is itself the confirmation, else None."""
    return now if counts_as_confirmed(window_of(offering, starts_at, now), now) else None
