"""Asks for a rating the moment a service ends, and no more when that is taken back."""

from __future__ import annotations

from datetime import datetime

from mawaeed.feedback.actions import request_rating, withdraw_rating
from mawaeed.hall.models import Ticket
from mawaeed.kernel.models import OutboxEvent
from mawaeed.kernel.statements import Question, given


def ask_for_rating(event: OutboxEvent, now: datetime) -> None:
    """Open the rating of the finished ticket; a repeat opens none."""
    ticket_id = event.payload.get("ticket_id", event.subject_id)
    request_rating(ticket=_TICKET.get(ticket=ticket_id), now=now)


_TICKET = Question(
    lambda: Ticket.objects.select_related("centre", "person").filter(pk=given("ticket"))
)


def revoke_rating(event: OutboxEvent, now: datetime) -> None:
    """A finish was taken back: its rating is asked for no more, unless it is answered already."""
    if event.payload.get("what") != "finish":
        return
    ticket = Ticket.objects.select_related("centre").get(pk=event.payload["ticket_id"])
    withdraw_rating(ticket=ticket, now=now)
