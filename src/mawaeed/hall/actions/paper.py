"""Printing a ticket, counted: paper is the exception."""

from __future__ import annotations

from copy import copy
from datetime import datetime

from mawaeed.hall.errors import NoPaper
from mawaeed.hall.models import Ticket
from mawaeed.hall.policies import scopes_of
from mawaeed.kernel import history
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.database import write_transaction
from mawaeed.kernel.errors import Stale
from mawaeed.kernel.policies import policy

# Not "ticket": the ticket itself changes nothing of its state, and waits are read from its rows.
SUBJECT = "paper_ticket"


def record_print(*, ticket: Ticket, actor: Actor, now: datetime) -> Ticket:
    """One more paper of this ticket; its number goes on by phone and screen all the same.

    Refuses `NoPaper` where the centre prints none, and `Stale` when another print was counted since
    `ticket` was read.
    """
    if not policy("hall.kiosk_prints", now, scopes_of(ticket.centre)):
        raise NoPaper
    with write_transaction():
        unchanged = Ticket.objects.filter(pk=ticket.pk, printed=ticket.printed)
        if unchanged.update(printed=ticket.printed + 1) != 1:
            raise Stale
        history.record(
            subject_kind=SUBJECT,
            subject_id=ticket.pk,
            from_state="",
            to_state="printed",
            actor=actor,
            at=now,
            day=ticket.day,
            agency_id=ticket.agency_id,
            centre_id=ticket.centre_id,
            details={"event": "ticket_printed", "copy": ticket.printed + 1},
        )
    printed = copy(ticket)
    printed.printed += 1
    return printed
