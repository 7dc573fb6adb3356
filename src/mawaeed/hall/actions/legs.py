"""Several services on one ticket: taken in turn, each at its own counters, with one number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from mawaeed.centres.models import Offering
from mawaeed.hall import events
from mawaeed.hall.actions.changes import change
from mawaeed.hall.errors import TooManyServices
from mawaeed.hall.models import Ticket, TicketLeg
from mawaeed.hall.policies import due_when_sent_on, most_services
from mawaeed.hall.topics import hall_topic, ticket_topic
from mawaeed.kernel import history, outbox
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.database import write_transaction
from mawaeed.kernel.errors import NotFound, Stale
from mawaeed.kernel.statements import Question, given, update_where

SUBJECT = "ticket_leg"


def add_service(*, ticket: Ticket, offering: Offering, actor: Actor, now: datetime) -> TicketLeg:
    """One more service for an open ticket, after those it has; the number stays.

    A repeat returns the part already there. Refuses `NotFound` (another centre's, or out of use),
    `TooManyServices` (policy `visit.legs`) and `Stale`. Emits `service_added`.
    """
    if offering.centre_id != ticket.centre_id or not offering.active:
        raise NotFound
    with write_transaction():
        rows = Ticket.objects.select_for_update().filter(pk=ticket.pk, state__in=Ticket.OPEN)
        held = rows.first()  # its row is the turn of finishing and of adding
        if held is None:
            raise Stale
        known = list(TicketLeg.objects.filter(ticket=held).order_by("position"))
        for leg in known:
            if leg.offering_id == offering.pk and not leg.done:
                return leg
        if not known:
            known = start_legs(held, [held.offering])
        most = most_services(ticket.centre, now)
        if len(known) >= most:
            raise TooManyServices(most=most)
        leg = TicketLeg.objects.create(
            ticket=held, position=known[-1].position + 1, offering=offering
        )
        _tell_added(ticket, leg, actor, now)
        return leg


def start_legs(ticket: Ticket, offerings: Sequence[Offering]) -> list[TicketLeg]:
    """The parts of a ticket, in turn; inside the caller's transaction."""
    return TicketLeg.objects.bulk_create(
        TicketLeg(ticket=ticket, position=position, offering=offering)
        for position, offering in enumerate(offerings, 1)
    )


def following(ticket: Ticket) -> TicketLeg | None:
    """What comes after the present part; None for the last one, and without parts."""
    return _FOLLOWING.first(ticket=ticket.pk)


_FOLLOWING = Question(
    lambda: (
        TicketLeg.objects.select_related("offering")
        .filter(ticket_id=given("ticket"), done=False)
        .order_by("position")[1:2]
    )
)
_DONE = Question(
    lambda: TicketLeg.objects.filter(ticket_id=given("ticket"), done=True).values_list("pk")[:1]
)


def any_done(ticket: Ticket) -> bool:
    """Whether a part was finished before, so that the visit is on record already."""
    return bool(_DONE.all(ticket=ticket.pk))


def finish_leg(
    ticket: Ticket, following: TicketLeg, done: dict[str, Any], actor: Actor, now: datetime
) -> Ticket:
    """End the present part: the ticket waits for the next one; inside the caller's transaction."""
    present = _present(ticket)
    details = {
        **done,
        "leg": present.pk,
        "offering_id": ticket.offering_id,
        "pool_id": ticket.pool_id,
        "due_at": ticket.due_at.isoformat(),
        "calls": ticket.calls,
    }
    changed = change(
        ticket,
        "finish_leg",
        event=events.TICKET_LEG_FINISHED,
        actor=actor,
        now=now,
        details=details,
        counter=None,
        offering=following.offering,
        pool_id=following.offering.pool_id,
        due_at=due_when_sent_on(ticket, now),
        calls=0,
    )
    TicketLeg.objects.filter(pk=present.pk).update(done=True)
    return changed


def finish_last(ticket: Ticket) -> None:
    """Mark the last part done. After the ticket's own change: refuses `Stale` if one was added.

    Whoever adds one holds the ticket's row, so that it is seen here or finds the ticket served.
    """
    still = {"ticket_id": ticket.pk, "done": False}
    if update_where(TicketLeg, still, {"done": True}) > 1:
        raise Stale


def reopen_leg(leg_id: int) -> None:
    """The part was not finished after all; inside the caller's transaction."""
    TicketLeg.objects.filter(pk=leg_id).update(done=False)


def reopen_last(ticket: Ticket) -> None:
    """The last part was not finished after all; inside the caller's transaction."""
    last = TicketLeg.objects.filter(ticket_id=ticket.pk).order_by("-position").first()
    if last is not None:
        reopen_leg(last.pk)


def change_present(ticket: Ticket, offering: Offering) -> None:
    """The present part is another service now; inside the caller's transaction."""
    still = TicketLeg.objects.filter(ticket_id=ticket.pk, done=False)
    present = still.order_by("position").first()
    if present is not None:
        TicketLeg.objects.filter(pk=present.pk).update(offering=offering)


def _present(ticket: Ticket) -> TicketLeg:
    return TicketLeg.objects.filter(ticket_id=ticket.pk, done=False).earliest("position")


def _tell_added(ticket: Ticket, leg: TicketLeg, actor: Actor, now: datetime) -> None:
    history.record(
        subject_kind=SUBJECT,
        subject_id=leg.pk,
        from_state="",
        to_state="to_come",
        actor=actor,
        at=now,
        day=ticket.day,
        agency_id=ticket.agency_id,
        centre_id=ticket.centre_id,
        details={"event": "service_added", "ticket_id": ticket.pk},
    )
    outbox.emit(
        kind="service_added",
        subject_kind=SUBJECT,
        subject_id=leg.pk,
        at=now,
        day=ticket.day,
        centre_id=ticket.centre_id,
        topics=[hall_topic(ticket.centre.code), ticket_topic(ticket.secret)],
        payload={"ticket_id": ticket.pk},
    )
