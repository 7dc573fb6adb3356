"""Use cases of booking. One function, one transaction each."""

from mawaeed.booking.actions.attend import check_in, expire_unclaimed, fulfil, mark_no_show
from mawaeed.booking.actions.book import book_appointment
from mawaeed.booking.actions.cancel import (
    cancel_all_of,
    cancel_appointment,
    cancel_by_centre,
    take_over_account,
)
from mawaeed.booking.actions.move import move_appointment

__all__ = [
    "book_appointment",
    "cancel_all_of",
    "cancel_appointment",
    "cancel_by_centre",
    "check_in",
    "expire_unclaimed",
    "fulfil",
    "mark_no_show",
    "move_appointment",
    "take_over_account",
]
