"""Use cases of the hall. One function, one transaction each."""

from mawaeed.hall.actions.arrivals import check_in, issue_walk_in, readmit
from mawaeed.hall.actions.by_phone import check_in_by_phone, walk_in_by_phone
from mawaeed.hall.actions.calls import (
    call_next,
    finish_service,
    mark_missed,
    recall,
    start_service,
)
from mawaeed.hall.actions.counters import close_counter, open_counter
from mawaeed.hall.actions.day import DayClose, close_day
from mawaeed.hall.actions.help import answer_help, raise_help
from mawaeed.hall.actions.more_time import ask_more_time
from mawaeed.hall.actions.moves import cancel_ticket, leave, park, resume, transfer
from mawaeed.hall.actions.paper import record_print

__all__ = [
    "DayClose",
    "answer_help",
    "ask_more_time",
    "call_next",
    "cancel_ticket",
    "check_in",
    "check_in_by_phone",
    "close_counter",
    "close_day",
    "finish_service",
    "issue_walk_in",
    "leave",
    "mark_missed",
    "open_counter",
    "park",
    "raise_help",
    "readmit",
    "recall",
    "record_print",
    "resume",
    "start_service",
    "transfer",
    "walk_in_by_phone",
]
