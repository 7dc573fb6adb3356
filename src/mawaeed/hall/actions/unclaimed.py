"""Appointments nobody came to."""

from __future__ import annotations

from datetime import datetime

from mawaeed.booking import actions as booking
from mawaeed.hall.delays import told_delays


def expire_unclaimed(*, now: datetime, limit: int = 200) -> int:
    """Mark as no-show what nobody checked in for in time; returns how many. The worker calls this.

    Whoever was told that the hall runs late has so much longer.
    """
    return booking.expire_unclaimed(now=now, limit=limit, patience=told_delays)
