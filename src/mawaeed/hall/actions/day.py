"""Closing the day: nothing stays open over night."""

from __future__ import annotations

from dataclasses import asdict, astuple, dataclass
from datetime import date, datetime

from mawaeed.booking.models import Appointment
from mawaeed.centres.models import Centre
from mawaeed.hall.actions.breaks import end_break
from mawaeed.hall.actions.centre_changes import tell_centre
from mawaeed.hall.actions.counters import close_counter
from mawaeed.hall.actions.moves import close_ticket
from mawaeed.hall.errors import CounterBusy
from mawaeed.hall.models import CounterSession, HelpCall, Ticket
from mawaeed.kernel import history
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.clock import day_bounds, local_date
from mawaeed.kernel.database import write_transaction
from mawaeed.kernel.errors import Stale

SUBJECT = "day"


@dataclass(frozen=True, slots=True)
class DayClose:
    """What closing a day ended: tickets left, of them with an appointment, counters closed,
    breaks ended and calls for help put away.
    """

    tickets_left: int
    appointments_cancelled: int
    counters_closed: int
    breaks_ended: int = 0
    help_calls_closed: int = 0

    @property
    def changed(self) -> bool:
        """Whether there was anything to close."""
        return any(astuple(self))


def close_day(*, centre: Centre, day: date, now: datetime, actor: Actor) -> DayClose:
    """End every open ticket of the local `day`, the work and breaks at every counter, and calls
    for help that nobody answered.

    Tickets become `left`, their appointments are cancelled by the centre, without an event of
    conduct. Each ticket is a transaction of its own, so that a long list stops nobody; a repeat
    finds nothing to do. History keeps what was ended by number, for the report
    (`hall.closing.reports_of`). Emits `day_closed` with the figures, for the supervisor, if any.
    """
    numbers: list[str] = []
    cancelled = 0
    for ticket in open_tickets(centre, day):
        try:
            close_ticket(ticket=ticket, actor=actor, now=now)
        except Stale:
            continue  # ended in this very moment at a counter: that wins
        numbers.append(ticket.number)
        cancelled += _had_appointment(ticket)
    sessions = open_counters(centre, day)
    breaks = sum(_end_break(session, now, actor) for session in sessions)
    closed = [each.counter.number for each in sessions if _close(each, now, actor)]
    calls = sum(_put_away(call, now, actor) for call in unanswered_calls(centre, day))
    result = DayClose(len(numbers), cancelled, len(closed), breaks, calls)
    if result.changed:
        with write_transaction():
            tell_centre(
                centre,
                subject=(SUBJECT, centre.pk),
                states=("open", "closed"),
                event="day_closed",
                actor=actor,
                now=now,
                day=day,
                details={**asdict(result), "tickets": numbers, "counters": closed},
                payload=asdict(result),
            )
    return result


def open_tickets(centre: Centre, day: date) -> list[Ticket]:
    """What closing the day would end."""
    tickets = Ticket.objects.select_related("centre", "counter", "appointment", "group")
    return list(tickets.filter(centre=centre, day=day, state__in=Ticket.OPEN).order_by("pk"))


def _had_appointment(ticket: Ticket) -> bool:
    state = ticket.appointment.state if ticket.appointment else ""
    return state == Appointment.State.CHECKED_IN


def open_counters(centre: Centre, day: date) -> list[CounterSession]:
    """Work that began by the end of the day and has not ended."""
    day_end = day_bounds(day, centre.timezone)[1]
    return list(
        CounterSession.objects.select_related("counter__centre", "staff")
        .filter(counter__centre=centre, closed_at__isnull=True, opened_at__lt=day_end)
        .order_by("counter__number")
    )


def unanswered_calls(centre: Centre, day: date) -> list[HelpCall]:
    """Calls for help of the day or before that nobody answered."""
    day_end = day_bounds(day, centre.timezone)[1]
    return list(
        HelpCall.objects.select_related("centre", "counter")
        .filter(centre=centre, answered_at__isnull=True, raised_at__lt=day_end)
        .order_by("pk")
    )


def _close(session: CounterSession, now: datetime, actor: Actor) -> bool:
    try:
        close_counter(counter_session=session, now=now, actor=actor)
    except CounterBusy:
        return False  # called again since: the next closing ends it
    return True


def _end_break(session: CounterSession, now: datetime, actor: Actor) -> bool:
    return end_break(counter_session=session, now=now, actor=actor) is not None


def _put_away(call: HelpCall, now: datetime, actor: Actor) -> bool:
    """Nobody went; the hall is empty now. Whoever answers in this moment wins."""
    centre = call.centre
    with write_transaction():
        still_open = HelpCall.objects.filter(pk=call.pk, answered_at__isnull=True)
        if still_open.update(answered_at=now) != 1:
            return False
        history.record(
            subject_kind="help_call",
            subject_id=call.pk,
            from_state="open",
            to_state="closed",
            actor=actor,
            at=now,
            day=local_date(now, centre.timezone),
            agency_id=centre.agency_id,
            centre_id=centre.pk,
            reason="day_closed",
            details={"kind": call.kind},
        )
    return True
