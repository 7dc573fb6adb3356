"""Calling somebody who is not next: allowed, with a reason, and counted."""

from __future__ import annotations

from datetime import datetime

from mawaeed.hall import dispatch
from mawaeed.hall.actions.calls import _call
from mawaeed.hall.actions.changes import require
from mawaeed.hall.errors import NotForThisCounter, OutOfOrderReason
from mawaeed.hall.models import CounterSession, Ticket
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.errors import NotFound

REASON_LENGTH = 200


def call_ticket(
    *, counter_session: CounterSession, ticket: Ticket, reason: str, now: datetime, actor: Actor
) -> Ticket:
    """Call this waiting ticket to the counter, whoever is next.

    Where it is not next, history keeps the reason and `out_of_order` (see
    `queries.out_of_order_share`); where it is, this is a call like any other and needs none. The
    counter's profile may be overruled, its pools not. Refuses `OutOfOrderReason`,
    `NotForThisCounter` (another pool, or sent to another counter or person at work), `NotFound`
    (another centre or day), `Stale`, and what `call_next` refuses. Emits `ticket_called`.
    """
    counter = counter_session.counter
    if ticket.centre_id != counter.centre_id or ticket.day != local_date(
        now, counter.centre.timezone
    ):
        raise NotFound
    require(ticket, "call")
    following = dispatch.next_for_counter(counter, now, counter_session)
    if following is not None and following.pk == ticket.pk:
        return _call(ticket, counter_session, now, actor)
    reason = reason.strip()
    if not 0 < len(reason) <= REASON_LENGTH:
        raise OutOfOrderReason
    if not dispatch.may_call(counter_session, ticket, now):
        raise NotForThisCounter(number=ticket.number)
    return _call(ticket, counter_session, now, actor, reason)
