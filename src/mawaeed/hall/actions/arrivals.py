"""Arriving: check-in, walk-in, and being taken up again after a missed appointment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, connection
from django.db.models import QuerySet

from mawaeed.availability.queries import pool_is_open
from mawaeed.booking import actions as booking
from mawaeed.booking.models import Appointment
from mawaeed.centres.models import Offering
from mawaeed.hall.actions.changes import tell
from mawaeed.hall.actions.legs import add_service, start_legs
from mawaeed.hall.actions.numbers import take_number
from mawaeed.hall.admission import require_room
from mawaeed.hall.delays import told_delays
from mawaeed.hall.errors import (
    NotOpen,
    NotReadmittable,
    NotToday,
    NoWalkIns,
    TooEarly,
    TooLate,
    TooManyServices,
)
from mawaeed.hall.models import Ticket, TicketLeg
from mawaeed.hall.policies import check_in_window, most_services, scopes_of
from mawaeed.hall.rules import due_time, is_late
from mawaeed.hall.statement.issuing import Issued, is_possible, issue_ticket
from mawaeed.hall.walk_in import WalkIn, new_secret
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.database import take_turns, write_transaction
from mawaeed.kernel.errors import Stale
from mawaeed.kernel.policies import policy
from mawaeed.kernel.statements import Question, given, insert
from mawaeed.people.models import Person
from mawaeed.people.queries import goes_first


def check_in(*, appointment: Appointment, actor: Actor, now: datetime) -> Ticket:
    """The person is here: the appointment gets its ticket. A repeat returns the same ticket.

    Refuses `NotToday`, `TooEarly`, `TooLate` (the window of the policies `checkin.*`) and `Stale`
    for an appointment that is over or cancelled. Emits `appointment_checked_in`, `ticket_issued`.
    """
    held = _ticket_of(appointment)
    if held is not None:
        return held
    if appointment.state == Appointment.State.NO_SHOW:
        raise TooLate(closed_at=check_in_window(appointment, now)[1])
    if appointment.state == Appointment.State.BOOKED:
        _require_window(appointment, now)
    try:
        with write_transaction():
            booking.check_in(appointment=appointment, actor=actor, now=now)
            grace = policy("checkin.grace_minutes", now, scopes_of(appointment.centre))
            came = _came_for_its_time(appointment, now)
            return _issue(
                appointment=appointment,
                priority_class=Ticket.PriorityClass.APPOINTMENT,
                due_at=due_time(appointment.starts_at, came),
                late=is_late(appointment.starts_at, came, grace),
                actor=actor,
                now=now,
            )
    except Stale:
        held = _ticket_of(appointment)
        if held is None:
            raise
        return held  # checked in at the same moment, at the kiosk and at reception


def check_in_next(*, appointment: Appointment, actor: Actor, now: datetime) -> Ticket:
    """The next part of a visit gets its ticket, whatever the clock says: its person is here.

    Never late: what came before took its time. Inside the transaction that ends that part. Refuses
    `Stale`. Emits `appointment_checked_in`, `ticket_issued`.
    """
    booking.check_in(appointment=appointment, actor=actor, now=now)
    return _issue(
        appointment=appointment,
        priority_class=Ticket.PriorityClass.APPOINTMENT,
        due_at=appointment.starts_at,
        actor=actor,
        now=now,
    )


def issue_walk_in(
    *,
    offering: Offering,
    actor: Actor,
    now: datetime,
    language: str,
    mobile: str = "",
    priority: bool = False,
    person: Person | None = None,
    although_full: str = "",
    also: Sequence[Offering] = (),
) -> Ticket:
    """A ticket without an appointment, due from now. `mobile` is E.164.

    `priority` is for 60+ and people with disabilities; a `person` known to be of that age has it
    anyway. They are always admitted, and so is whoever staff admit with a reason
    (`although_full`). `also` are further services of the centre for the same ticket, in turn.
    One open ticket per mobile, offering and class, and per person and offering, checked in or not:
    a repeat returns the one held, to which those of `also` are added that it lacks. Refuses
    `NoWalkIns`, `NotOpen`, `WalkInsFull`, and then `TooManyServices`. Emits `ticket_issued`, or
    `service_added`.
    """
    first = priority or (person is not None and goes_first(person, now))
    classes = Ticket.PriorityClass
    asked = WalkIn(
        offering, classes.PRIORITY if first else classes.WALK_IN, language, mobile, person
    )
    if not (person or although_full or also) and is_possible():
        given = issue_ticket(asked, by=actor, now=now)
        if isinstance(given, Issued):
            return _as_written(_draft_of(asked, now), given)
    return issue_step_by_step(asked, actor, now, although_full=although_full, also=also)


def issue_step_by_step(
    asked: WalkIn,
    actor: Actor,
    now: datetime,
    *,
    although_full: str = "",
    also: Sequence[Offering] = (),
) -> Ticket:
    """What `issue_walk_in` does, whatever is not ordinary about it."""
    offering, mobile, person = asked.offering, asked.mobile, asked.person
    _require_walk_ins([offering, *also], now)
    day = local_date(now, offering.centre.timezone)
    admitted = asked.goes_first or bool(although_full)
    with write_transaction():
        if mobile:
            take_turns(f"walk-in:{offering.pk}:{mobile}")
            held = _walk_in_of(offering, mobile, asked.priority_class, now)
            if held is not None:
                return _with_also(held, also, actor, now, admitted=admitted)
        if person is not None:
            take_turns(f"walk-in:{offering.pk}:person:{person.pk}")
            held = _held_by(person, offering, now)
            if held is not None:
                return _with_also(held, also, actor, now, admitted=admitted)
        _require_few(offering, also, now)
        # The number first: its row is the group's turn, so that a burst is admitted one by one.
        number = take_number(offering.group, day)
        if not admitted:
            for each in (offering, *also):
                require_room(each, now)
        ticket = _draft_of(asked, now)
        ticket.number = number
        _write(ticket, actor, now, reason=although_full)
        if also:
            start_legs(ticket, [offering, *also])
        return ticket


def _require_walk_ins(offerings: Sequence[Offering], now: datetime) -> None:
    for offering in offerings:
        require_open(offering, now)
        if not (offering.walk_ins and offering.centre.walk_ins):
            raise NoWalkIns


def _require_few(offering: Offering, also: Sequence[Offering], now: datetime) -> None:
    most = most_services(offering.centre, now)
    if also and 1 + len(also) > most:
        raise TooManyServices(most=most)


def _with_also(
    held: Ticket, also: Sequence[Offering], actor: Actor, now: datetime, *, admitted: bool
) -> Ticket:
    """The ticket somebody holds already, good for the further services they ask for now too."""
    has = set(TicketLeg.objects.filter(ticket=held, done=False).values_list("offering", flat=True))
    for offering in also:
        if offering.pk not in has:
            if not admitted:
                require_room(offering, now)
            add_service(ticket=held, offering=offering, actor=actor, now=now)
    return held


def readmit(*, appointment: Appointment, actor: Actor, now: datetime) -> Ticket:
    """Take up somebody who missed the appointment and came later the same day.

    The place was freed, so the ticket ranks as a walk-in's; being served reverses the event of
    conduct. A repeat returns the same ticket. Refuses `NotReadmittable`, `NotOpen`. Emits
    `ticket_issued`.
    """
    held = _open_ticket_of(appointment)
    if held is not None:
        return held
    if appointment.state != Appointment.State.NO_SHOW or appointment.day != _today(
        appointment, now
    ):
        raise NotReadmittable
    require_open(appointment.offering, now)
    try:
        with write_transaction():
            return _issue(
                appointment=appointment,
                priority_class=Ticket.PriorityClass.WALK_IN,
                due_at=now,
                late=True,
                actor=actor,
                now=now,
            )
    except IntegrityError:
        held = _open_ticket_of(appointment)
        if held is None:
            raise
        return held


def _draft_of(asked: WalkIn, now: datetime) -> Ticket:
    """The ticket that is asked for, not written yet and without its number."""
    person = asked.person
    return _draft(
        asked.offering,
        now,
        secret=asked.secret,
        priority_class=asked.priority_class,
        due_at=now,
        person=person,
        mobile=asked.mobile or (person.mobile if person else ""),
        language=asked.language or (person.language if person else "ar"),
    )


def _issue(
    *,
    appointment: Appointment,
    priority_class: Ticket.PriorityClass,
    due_at: datetime,
    actor: Actor,
    now: datetime,
    late: bool = False,
) -> Ticket:
    """The ticket of somebody with an appointment, inside the caller's transaction."""
    person = appointment.person
    ticket = _draft(
        appointment.offering,
        now,
        priority_class=priority_class,
        due_at=due_at,
        late=late,
        appointment=appointment,
        person=person,
        mobile=person.mobile,
        language=person.language,
    )
    ticket.number = take_number(ticket.group, ticket.day)
    return _write(ticket, actor, now)


def _as_written(draft: Ticket, given: Issued) -> Ticket:
    """As saving leaves it."""
    draft.pk, draft.number = given.id, given.number
    written = draft._state  # noqa: SLF001 (there is no other way to say so)
    written.adding, written.db = False, connection.alias
    return draft


def _draft(offering: Offering, now: datetime, *, secret: str = "", **fields: Any) -> Ticket:
    centre = offering.centre
    return Ticket(
        agency_id=centre.agency_id,
        centre=centre,
        day=local_date(now, centre.timezone),
        group=offering.group,
        secret=secret or new_secret(),
        offering=offering,
        pool_id=offering.pool_id,
        created_at=now,
        **fields,
    )


def _write(ticket: Ticket, actor: Actor, now: datetime, *, reason: str = "") -> Ticket:
    insert(ticket)
    tell(ticket, event="ticket_issued", from_state="", actor=actor, now=now, reason=reason)
    return ticket


def _held_by(person: Person, offering: Offering, now: datetime) -> Ticket | None:
    """Today's open ticket of a person for this service, with or without an appointment."""
    day = local_date(now, offering.centre.timezone)
    return _OF_PERSON.first(
        centre=offering.centre_id, day=day, offering=offering.pk, person=person.pk
    )


def _walk_in_of(
    offering: Offering, mobile: str, priority_class: Ticket.PriorityClass, now: datetime
) -> Ticket | None:
    """Today's open ticket without an appointment, by the mobile left."""
    return _OF_MOBILE.first(
        centre=offering.centre_id,
        day=local_date(now, offering.centre.timezone),
        offering=offering.pk,
        mobile=mobile,
        priority_class=priority_class,
    )


def _open_tickets() -> QuerySet[Ticket]:
    tickets = Ticket.objects.select_related("centre", "counter").filter(state__in=Ticket.OPEN)
    return tickets.order_by("pk")


def _open_today() -> QuerySet[Ticket]:
    return _open_tickets().filter(
        centre_id=given("centre"), day=given("day"), offering_id=given("offering")
    )


_OF_PERSON = Question(lambda: _open_today().filter(person_id=given("person"))[:1])
_OF_MOBILE = Question(
    lambda: _open_today().filter(
        mobile=given("mobile"), priority_class=given("priority_class"), appointment=None
    )[:1]
)
_OF_APPOINTMENT = Question(lambda: _open_tickets().filter(appointment_id=given("appointment"))[:1])


def _ticket_of(appointment: Appointment) -> Ticket | None:
    """The ticket check-in gave: the open one, else the last.

    Of a booked one not that which was cancelled: its check-in was taken back.
    """
    held = _open_ticket_of(appointment)
    if held is not None or appointment.state == Appointment.State.NO_SHOW:
        return held
    last = _BUT_CANCELLED if appointment.state == Appointment.State.BOOKED else _LAST
    return last.first(appointment=appointment.pk)


def _last() -> QuerySet[Ticket]:
    tickets = Ticket.objects.select_related("centre", "counter")
    return tickets.filter(appointment_id=given("appointment")).order_by("-pk")


_LAST = Question(lambda: _last()[:1])
_BUT_CANCELLED = Question(lambda: _last().exclude(state=Ticket.State.CANCELLED)[:1])


def _open_ticket_of(appointment: Appointment) -> Ticket | None:
    return _OF_APPOINTMENT.first(appointment=appointment.pk)


def _today(appointment: Appointment, now: datetime) -> date:
    return local_date(now, appointment.centre.timezone)


def _require_window(appointment: Appointment, now: datetime) -> None:
    if _today(appointment, now) != appointment.day:
        raise NotToday(day=appointment.day.isoformat())
    opens_at, closes_at = check_in_window(appointment, now)
    if now < opens_at:
        local = opens_at.astimezone(ZoneInfo(appointment.centre.timezone))
        raise TooEarly(opens_at=opens_at, opens_time=f"{local:%H:%M}")
    if now >= closes_at and _came_for_its_time(appointment, now) >= closes_at:
        raise TooLate(closed_at=closes_at)


def _came_for_its_time(appointment: Appointment, now: datetime) -> datetime:
    """When somebody counts as having come: earlier by the delay they were told of, if any."""
    if now <= appointment.starts_at:
        return now
    told = told_delays([appointment.pk]).get(appointment.pk)
    return max(appointment.starts_at, now - told) if told else now


def require_open(offering: Offering, now: datetime) -> None:
    """Refuse `NotOpen` unless somebody serves this here now."""
    in_use = offering.active and offering.centre.active
    if not (in_use and pool_is_open(offering.pool_id, now)):
        raise NotOpen
