"""Use cases of conduct. One function, one transaction each (`record_event`: its caller's)."""

from mawaeed.conduct.actions.blocks import appeal, decide_appeal, lift_block
from mawaeed.conduct.actions.events import (
    pardon_day,
    record_event,
    reverse_event,
    take_back_attended,
)
from mawaeed.conduct.actions.steps import standing_for_update

__all__ = [
    "appeal",
    "decide_appeal",
    "lift_block",
    "pardon_day",
    "record_event",
    "reverse_event",
    "standing_for_update",
    "take_back_attended",
]
