"""A hall ticket by the secret of its link: where it stands and how long it will wait."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from ninja import Field, Router, Schema

from mawaeed.api.audience import public
from mawaeed.api.edge import now_of
from mawaeed.api.schemas import Refusal
from mawaeed.hall.models import Ticket
from mawaeed.hall.queries import ticket_by_secret
from mawaeed.hall.waits.announcing import announce_first
from mawaeed.hall.waits.queries import WaitShown, wait_shown

router = Router(tags=["tickets"])


class TicketWait(Schema):
    """The announced range. Half of such tickets are called before `low`, nine of ten by `high`."""

    low: int = Field(description="Whole minutes from now.")
    high: int = Field(description="Whole minutes from now.")
    be_here_by: str = Field(description="One of ten such tickets is called before.")
    called_by: str = Field(description="Nine of ten are called by then.")
    ahead: int = Field(description="How many would be called first.")


class HallTicket(Schema):
    """A ticket of today or yesterday, without anything personal."""

    number: str
    state: str
    service: str
    centre: str
    counter: int | None = Field(description="Where it is called or served.")
    wait: TicketWait | None = Field(description="While it waits.")


@router.get("/tickets/{secret}", response={200: HallTicket, 404: Refusal})
@public
def show_ticket(request: HttpRequest, secret: str) -> HallTicket:
    """The ticket behind the link of a message; 404 from the second day on."""
    now = now_of(request)
    found = ticket_by_secret(secret, now)
    wait = wait_shown(found, now, announce_first(ticket=found, now=now))
    at_counter = found.state in Ticket.AT_COUNTER and found.counter is not None
    return HallTicket(
        number=found.number,
        state=found.state,
        service=found.offering.service.code,
        centre=found.centre.code,
        counter=found.counter.number if at_counter and found.counter else None,
        wait=_wait(wait, ZoneInfo(found.centre.timezone)),
    )


def _wait(shown: WaitShown | None, zone: ZoneInfo) -> TicketWait | None:
    if shown is None:
        return None

    def written(moment: datetime) -> str:
        return moment.astimezone(zone).isoformat(timespec="seconds")

    return TicketWait(
        low=shown.low,
        high=shown.high,
        be_here_by=written(shown.from_at),
        called_by=written(shown.by_at),
        ahead=shown.ahead,
    )
