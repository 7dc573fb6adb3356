"""What a clerk does at the counter: one press, one verb, one action of the hall."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mawaeed.centres.models import Centre, Counter, Offering
from mawaeed.hall import actions as hall
from mawaeed.hall.models import CounterSession, HelpCall, Ticket
from mawaeed.hall.queries import ticket_of_centre
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.errors import Malformed, NotFound, Stale
from mawaeed.people.models import Staff

# Verbs on the visitor of this counter, on one who was put aside, and on the counter itself.
ON_VISITOR: Mapping[str, Callable[..., Ticket]] = {
    "start": hall.start_service,
    "finish": hall.finish_service,
    "recall": hall.recall,
    "miss": hall.mark_missed,
    "park": hall.park,
}
ON_ABSENT: Mapping[str, Callable[..., Ticket]] = {
    "resume": hall.resume,
    "leave": hall.leave,
    "reactivate": hall.reactivate,
}
ABSENT = {
    "resume": Ticket.State.PARKED,
    "leave": Ticket.State.PARKED,
    "reactivate": Ticket.State.MISSED,
}
CALLING = ("call", "finish_call")


@dataclass(frozen=True, slots=True)
class Press:
    """One press: the verb, the ticket the screen showed, and what was filled in."""

    session: CounterSession
    verb: str
    ticket: str
    fields: Mapping[str, str]
    actor: Actor
    staff: Staff
    now: datetime

    @property
    def centre(self) -> Centre:
        """Where it happens."""
        return self.session.counter.centre

    @property
    def at_counter(self) -> dict[str, Any]:
        """What an action on the counter itself is told."""
        return {"counter_session": self.session, "now": self.now, "actor": self.actor}


def carry_out(press: Press) -> dict[str, Any]:
    """Do it; `ticket` is None when there was nobody to call.

    Refuses `Malformed` (no such verb), `NotFound`, `Stale` (the ticket the screen showed is not
    at this counter any more) and what the hall refuses.
    """
    if press.verb in ON_VISITOR:
        done: Any = ON_VISITOR[press.verb](ticket=_visitor(press), actor=press.actor, now=press.now)
    elif press.verb in ON_ABSENT:
        done = ON_ABSENT[press.verb](ticket=_absent(press), actor=press.actor, now=press.now)
    elif press.verb in OTHERS:
        done = OTHERS[press.verb](press)
    else:
        raise Malformed(field="verb")
    return {"ticket": done.pk if isinstance(done, Ticket) else None}


def _call(press: Press) -> Ticket | None:
    return hall.call_next(**press.at_counter)


def _finish_call(press: Press) -> Ticket | None:
    return hall.finish_and_call(ticket=_visitor(press), **press.at_counter)


def _call_ticket(press: Press) -> Ticket:
    reason = press.fields.get("reason", "")
    return hall.call_ticket(ticket=_ticket(press), reason=reason, **press.at_counter)


def _take_back(press: Press) -> Ticket:
    return hall.take_back(**press.at_counter)


def _start_break(press: Press) -> None:
    hall.start_break(**press.at_counter)


def _end_break(press: Press) -> None:
    hall.end_break(**press.at_counter)


def _help(press: Press) -> None:
    _raise_help(press, HelpCall.Kind.COUNTER)


def _emergency(press: Press) -> None:
    _raise_help(press, HelpCall.Kind.EMERGENCY)


def _raise_help(press: Press, kind: HelpCall.Kind) -> None:
    counter = press.session.counter
    hall.raise_help(
        centre=press.centre, kind=kind, counter=counter, actor=press.actor, now=press.now
    )


def _add(press: Press) -> None:
    offering = _offering(press, press.fields.get("service", ""))
    hall.add_service(ticket=_visitor(press), offering=offering, actor=press.actor, now=press.now)


def _record(press: Press) -> None:
    hall.record_service(
        ticket=_visitor(press),
        offering=_offering(press, press.fields.get("service", "")),
        outcome=press.fields.get("outcome", ""),
        note=press.fields.get("note", ""),
        staff=press.staff,
        now=press.now,
    )


def _transfer(press: Press) -> Ticket:
    """`target` is "service:ID", "counter:ID" or "staff:ID" of this centre."""
    ticket = _visitor(press)
    kind, _, number = press.fields.get("target", "").partition(":")
    found: dict[str, Any] = {}
    if kind == "counter":
        rows = Counter.objects.filter(centre=press.centre)
        found["counter"] = rows.filter(pk=_number(number, "target")).first()
    elif kind == "staff":
        found["staff"] = Staff.objects.filter(pk=_number(number, "target")).first()
    else:
        found["offering"] = _offering(press, number, "target")
    if None in found.values():
        raise NotFound
    return hall.transfer(ticket=ticket, actor=press.actor, now=press.now, **found)


OTHERS: Mapping[str, Callable[[Press], Ticket | None]] = {
    "call": _call,
    "finish_call": _finish_call,
    "call_ticket": _call_ticket,
    "take_back": _take_back,
    "break": _start_break,
    "end_break": _end_break,
    "help": _help,
    "emergency": _emergency,
    "add": _add,
    "record": _record,
    "transfer": _transfer,
}


def _number(text: str, field: str) -> int:
    if not text.isdecimal():
        raise Malformed(field=field)
    return int(text)


def _ticket(press: Press) -> Ticket:
    return ticket_of_centre(press.centre, _number(press.ticket, "ticket"))


def _visitor(press: Press) -> Ticket:
    ticket = _ticket(press)
    if ticket.counter_id != press.session.counter_id:
        raise Stale
    return ticket


def _absent(press: Press) -> Ticket:
    ticket = _ticket(press)
    if ticket.state != ABSENT[press.verb]:
        raise Stale
    return ticket


def _offering(press: Press, number: str, field: str = "service") -> Offering:
    found = Offering.objects.filter(centre=press.centre, pk=_number(number, field)).first()
    if found is None:
        raise NotFound
    return found
