"""What a clerk does with a visitor: one press, one verb, one action of the hall."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from mawaeed.centres.models import Centre, Counter, Offering
from mawaeed.hall import actions as hall
from mawaeed.hall.models import CounterSession, Ticket
from mawaeed.hall.queries import ticket_of_centre
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.errors import Malformed, NotFound, Stale

# Verbs on the visitor of this counter, and on one who was put aside.
HERE = ("start", "finish", "recall", "miss", "park", "transfer")
ASIDE = ("resume", "leave")
VERBS = ("call", *HERE, *ASIDE)
ACTIONS: Mapping[str, Callable[..., Ticket]] = {
    "start": hall.start_service,
    "finish": hall.finish_service,
    "recall": hall.recall,
    "miss": hall.mark_missed,
    "park": hall.park,
    "resume": hall.resume,
    "leave": hall.leave,
}


@dataclass(frozen=True, slots=True)
class Press:
    """One press: the verb, the ticket the screen showed and, for a transfer, where to."""

    session: CounterSession
    verb: str
    ticket: str
    target: str
    actor: Actor
    now: datetime

    @property
    def centre(self) -> Centre:
        """Where it happens."""
        return self.session.counter.centre


def carry_out(press: Press) -> Ticket | None:
    """Do it; None when there was nobody to call.

    Refuses `Malformed` (no such verb), `NotFound`, `Stale` (the ticket the screen showed is not
    at this counter any more) and what the hall refuses.
    """
    if press.verb not in VERBS:
        raise Malformed(field="verb")
    if press.verb == "call":
        return hall.call_next(counter_session=press.session, now=press.now, actor=press.actor)
    ticket = _ticket(press)
    if press.verb == "transfer":
        return _transfer(press, ticket)
    return ACTIONS[press.verb](ticket=ticket, actor=press.actor, now=press.now)


def _ticket(press: Press) -> Ticket:
    if not press.ticket.isdecimal():
        raise Malformed(field="ticket")
    ticket = ticket_of_centre(press.centre, int(press.ticket))
    counter = press.session.counter
    if press.verb in HERE and ticket.counter_id != counter.pk:
        raise Stale
    if press.verb in ASIDE and (
        ticket.state != Ticket.State.PARKED or ticket.pool_id != counter.pool_id
    ):
        raise Stale
    return ticket


def _transfer(press: Press, ticket: Ticket) -> Ticket:
    """`target` is "service:ID" or "counter:ID" of this centre."""
    kind, _, number = press.target.partition(":")
    if not number.isdecimal():
        raise Malformed(field="target")
    counter: Counter | None = None
    offering: Offering | None = None
    if kind == "counter":
        counter = Counter.objects.filter(centre=press.centre, pk=int(number)).first()
    elif kind == "service":
        offering = Offering.objects.filter(centre=press.centre, pk=int(number)).first()
    if counter is None and offering is None:
        raise NotFound
    return hall.transfer(
        ticket=ticket, actor=press.actor, now=press.now, offering=offering, counter=counter
    )
