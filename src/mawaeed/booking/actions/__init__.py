"""Use cases of booking. One function, one transaction each."""

from mawaeed.booking.actions.attend import check_in, expire_unclaimed, fulfil, mark_no_show
from mawaeed.booking.actions.book import book_appointment, book_visit
from mawaeed.booking.actions.book_once import book_once
from mawaeed.booking.actions.cancel import (
    cancel_all_of,
    cancel_appointment,
    cancel_by_centre,
    cancel_visit,
    give_up_parts,
    take_over_account,
)
from mawaeed.booking.actions.care import remove_dependant
from mawaeed.booking.actions.confirm import (
    ask_to_confirm,
    confirm_appointment,
    free_unconfirmed,
)
from mawaeed.booking.actions.freed import warm_due_places
from mawaeed.booking.actions.hold import hold_places, release_expired_holds, release_hold
from mawaeed.booking.actions.move import move_appointment
from mawaeed.booking.actions.restore import restore, undo_check_in
from mawaeed.booking.actions.waiting import (
    accept_offer,
    decline_offer,
    end_waiting_entries,
    join_waiting_list,
    leave_waiting_list,
    pass_on_lapsed_offers,
)

__all__ = [
    "accept_offer",
    "ask_to_confirm",
    "book_appointment",
    "book_once",
    "book_visit",
    "cancel_all_of",
    "cancel_appointment",
    "cancel_by_centre",
    "cancel_visit",
    "check_in",
    "confirm_appointment",
    "decline_offer",
    "end_waiting_entries",
    "expire_unclaimed",
    "free_unconfirmed",
    "fulfil",
    "give_up_parts",
    "hold_places",
    "join_waiting_list",
    "leave_waiting_list",
    "mark_no_show",
    "move_appointment",
    "pass_on_lapsed_offers",
    "release_expired_holds",
    "release_hold",
    "remove_dependant",
    "restore",
    "take_over_account",
    "undo_check_in",
    "warm_due_places",
]
