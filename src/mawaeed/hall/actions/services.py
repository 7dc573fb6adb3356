"""What was really done at the counter, and how it ended."""

from __future__ import annotations

from datetime import datetime

from mawaeed.centres.models import Offering
from mawaeed.hall.errors import PersonalData
from mawaeed.hall.models import ServiceGiven, Ticket
from mawaeed.hall.notes import holds_personal_data
from mawaeed.hall.topics import hall_topic
from mawaeed.kernel import history, outbox
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.database import write_transaction
from mawaeed.kernel.errors import Malformed, NotFound, Stale
from mawaeed.people.models import Staff

SUBJECT = "service_given"
LONGEST_NOTE = 200
# While the visitor is there, and afterwards on the same day.
RECORDED_IN = (Ticket.State.SERVING, Ticket.State.SERVED)


def record_service(
    *,
    ticket: Ticket,
    offering: Offering,
    outcome: str,
    note: str,
    staff: Staff,
    now: datetime,
) -> ServiceGiven:
    """Write down a service given to a ticket; the same service again corrects what stands there.

    Refuses `Malformed` (outcome, or a note that is too long), `PersonalData`, `NotFound` (another
    centre's service), `Stale` (nobody is being served, or another day). Emits `service_recorded`.
    """
    note = note.replace("\x00", "").strip()
    if outcome not in ServiceGiven.Outcome.values:
        raise Malformed(field="outcome")
    if len(note) > LONGEST_NOTE:
        raise Malformed(field="note")
    if holds_personal_data(note):
        raise PersonalData
    if offering.centre_id != ticket.centre_id:
        raise NotFound
    with write_transaction():
        there = Ticket.objects.select_for_update().filter(
            pk=ticket.pk,
            state__in=RECORDED_IN,
            day=local_date(now, ticket.centre.timezone),
        )
        if there.first() is None:  # its row is the turn of those who record
            raise Stale
        given, is_new = ServiceGiven.objects.update_or_create(
            ticket=ticket,
            offering=offering,
            defaults={"outcome": outcome, "note": note, "staff": staff, "at": now},
        )
        _tell(ticket, given, is_new, Actor("staff", staff.pk), now)
        return given


def _tell(ticket: Ticket, given: ServiceGiven, is_new: bool, actor: Actor, now: datetime) -> None:
    history.record(
        subject_kind=SUBJECT,
        subject_id=given.pk,
        from_state="" if is_new else "recorded",
        to_state="recorded",
        actor=actor,
        at=now,
        day=ticket.day,
        agency_id=ticket.agency_id,
        centre_id=ticket.centre_id,
        details={
            "event": "service_recorded",
            "ticket_id": ticket.pk,
            "offering_id": given.offering_id,
            "outcome": given.outcome,
        },
    )
    outbox.emit(
        kind="service_recorded",
        subject_kind=SUBJECT,
        subject_id=given.pk,
        at=now,
        day=ticket.day,
        centre_id=ticket.centre_id,
        topics=[hall_topic(ticket.centre.code)],
        payload={"ticket_id": ticket.pk, "outcome": given.outcome},
    )
