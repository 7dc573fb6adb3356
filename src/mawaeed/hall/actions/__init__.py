"""Use cases of the hall. One function, one transaction each."""

from mawaeed.hall.actions.arrivals import check_in, issue_walk_in, readmit
from mawaeed.hall.actions.breaks import end_break, start_break
from mawaeed.hall.actions.by_phone import check_in_by_phone, walk_in_by_phone
from mawaeed.hall.actions.calls import (
    call_next,
    mark_missed,
    recall,
    start_service,
)
from mawaeed.hall.actions.counters import close_counter, open_counter
from mawaeed.hall.actions.day import DayClose, close_day
from mawaeed.hall.actions.finishing import finish_and_call, finish_service
from mawaeed.hall.actions.help import answer_help, raise_help
from mawaeed.hall.actions.issue import issue_walk_in_by_token, issue_walk_in_once
from mawaeed.hall.actions.legs import add_service
from mawaeed.hall.actions.more_time import ask_more_time
from mawaeed.hall.actions.moves import cancel_ticket, leave, park, resume, transfer
from mawaeed.hall.actions.out_of_order import call_ticket
from mawaeed.hall.actions.paper import record_print
from mawaeed.hall.actions.reactivate import reactivate
from mawaeed.hall.actions.services import record_service
from mawaeed.hall.actions.take_back import take_back

__all__ = [
    "DayClose",
    "add_service",
    "answer_help",
    "ask_more_time",
    "call_next",
    "call_ticket",
    "cancel_ticket",
    "check_in",
    "check_in_by_phone",
    "close_counter",
    "close_day",
    "end_break",
    "finish_and_call",
    "finish_service",
    "issue_walk_in",
    "issue_walk_in_by_token",
    "issue_walk_in_once",
    "leave",
    "mark_missed",
    "open_counter",
    "park",
    "raise_help",
    "reactivate",
    "readmit",
    "recall",
    "record_print",
    "record_service",
    "resume",
    "start_break",
    "start_service",
    "take_back",
    "transfer",
    "walk_in_by_phone",
]
