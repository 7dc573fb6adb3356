"""The worker's jobs, done once at a simulated moment."""

from __future__ import annotations

from datetime import datetime

from mawaeed.hall.actions.unclaimed import expire_unclaimed
from mawaeed.kernel import deliveries
from mawaeed.notifications.actions import send_due


def run_worker_once(now: datetime) -> None:
    """Free what nobody claimed, tell everybody what happened, hand the messages over."""
    expire_unclaimed(now=now)
    while deliveries.fan_out():
        pass
    while deliveries.deliver_due(now=now):
        pass
    while send_due():
        pass
