"""Whether giving a place in the hall up counts against the person like a late cancellation."""

from __future__ import annotations

from datetime import datetime

from mawaeed.booking.models import Appointment
from mawaeed.booking.queries import legs_together
from mawaeed.booking.rules import is_late_cancellation
from mawaeed.booking.scopes import scopes_of as scopes_of_booking
from mawaeed.hall.delays import told_delays
from mawaeed.hall.models import Ticket
from mawaeed.hall.policies import promised_minutes
from mawaeed.hall.rules import is_within_promise
from mawaeed.hall.waits.queries import newest_estimate, wait_shown
from mawaeed.kernel.policies import policy


def leaving_counts(ticket: Ticket, now: datetime) -> bool:
    """Whether the holder of a waiting ticket who gives it up now cancels late.

    Checking in is no way round the rule: the place is lost to others as by any late cancellation.
    It never counts once the call is later than promised, where the hall itself expects that, where
    a delay was told before coming, after a call, or after another part of the visit was served.
    The policy `conduct.leaving_counts` switches it off. A walk-in's never counts.
    """
    appointment = ticket.appointment
    if appointment is None or appointment.state != Appointment.State.CHECKED_IN:
        return False
    if ticket.state != Ticket.State.WAITING or ticket.calls:
        return False
    scopes = scopes_of_booking(appointment.offering)
    free = policy("conduct.free_cancel_minutes", now, scopes)
    if not policy("conduct.leaving_counts", now, scopes):
        return False
    if not is_late_cancellation(appointment.starts_at, now, free):
        return False
    return not (_is_our_delay(ticket, appointment, now) or _was_served(appointment))


def _is_our_delay(ticket: Ticket, appointment: Appointment, now: datetime) -> bool:
    """The call is later than promised, is expected to be, or a delay was told."""
    promised = promised_minutes(ticket, now)
    if not is_within_promise(appointment.starts_at, now, promised):
        return True
    if told_delays([appointment.pk]):
        return True
    wait = wait_shown(ticket, now, newest_estimate(ticket))
    return wait is not None and not is_within_promise(appointment.starts_at, wait.from_at, promised)


def _was_served(appointment: Appointment) -> bool:
    """Whether another part of the same visit is done: whoever came has come."""
    states = {leg.state for leg in legs_together(appointment)} if appointment.visit_id else set()
    return Appointment.State.FULFILLED.value in states
