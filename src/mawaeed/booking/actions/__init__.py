"""Use cases of booking. One function, one transaction each."""

from mawaeed.booking.actions.attend import check_in, expire_unclaimed, fulfil, mark_no_show
from mawaeed.booking.actions.book import book_appointment, book_visit
from mawaeed.booking.actions.cancel import (
    cancel_all_of,
    cancel_appointment,
    cancel_by_centre,
    cancel_visit,
    take_over_account,
)
from mawaeed.booking.actions.hold import hold_places, release_expired_holds, release_hold
from mawaeed.booking.actions.move import move_appointment

__all__ = [
    "book_appointment",
    "book_visit",
    "cancel_all_of",
    "cancel_appointment",
    "cancel_by_centre",
    "cancel_visit",
    "check_in",
    "expire_unclaimed",
    "fulfil",
    "hold_places",
    "mark_no_show",
    "move_appointment",
    "release_expired_holds",
    "release_hold",
    "take_over_account",
]
