"""Closing the day: nothing stays open over night."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from mawaeed.booking.models import Appointment
from mawaeed.centres.models import Centre
from mawaeed.hall.actions.counters import close_counter
from mawaeed.hall.actions.moves import close_ticket
from mawaeed.hall.errors import CounterBusy
from mawaeed.hall.models import CounterSession, Ticket
from mawaeed.hall.topics import hall_topic
from mawaeed.kernel import outbox
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.clock import day_bounds
from mawaeed.kernel.database import write_transaction
from mawaeed.kernel.errors import Stale


@dataclass(frozen=True, slots=True)
class DayClose:
    """What closing a day ended: tickets left, of them with an appointment, counters closed."""

    tickets_left: int
    appointments_cancelled: int
    counters_closed: int

    @property
    def changed(self) -> bool:
        """Whether there was anything to close."""
        return bool(self.tickets_left or self.counters_closed)


def close_day(*, centre: Centre, day: date, now: datetime, actor: Actor) -> DayClose:
    """End every open ticket of the local `day` and the work at every counter.

    Tickets become `left`, their appointments are cancelled by the centre, without an event of
    conduct. Each ticket is a transaction of its own, so that a long list stops nobody; a repeat
    finds nothing to do. Emits `day_closed` with the figures, for the supervisor, if any.
    """
    left = cancelled = 0
    for ticket in _open_tickets(centre, day):
        try:
            close_ticket(ticket=ticket, actor=actor, now=now)
        except Stale:
            continue  # ended in this very moment at a counter: that wins
        left += 1
        cancelled += _had_appointment(ticket)
    closed = sum(_close(session, now, actor) for session in _open_counters(centre, day))
    result = DayClose(left, cancelled, closed)
    if result.changed:
        _tell(centre, day, now, result)
    return result


def _open_tickets(centre: Centre, day: date) -> list[Ticket]:
    tickets = Ticket.objects.select_related("centre", "counter", "appointment")
    return list(tickets.filter(centre=centre, day=day, state__in=Ticket.OPEN).order_by("pk"))


def _had_appointment(ticket: Ticket) -> bool:
    state = ticket.appointment.state if ticket.appointment else ""
    return state == Appointment.State.CHECKED_IN


def _open_counters(centre: Centre, day: date) -> list[CounterSession]:
    day_end = day_bounds(day, centre.timezone)[1]
    return list(
        CounterSession.objects.filter(
            counter__centre=centre, closed_at__isnull=True, opened_at__lt=day_end
        ).order_by("pk")
    )


def _close(session: CounterSession, now: datetime, actor: Actor) -> bool:
    try:
        close_counter(counter_session=session, now=now, actor=actor)
    except CounterBusy:
        return False  # called again since: the next closing ends it
    return True


def _tell(centre: Centre, day: date, now: datetime, result: DayClose) -> None:
    with write_transaction():
        outbox.emit(
            kind="day_closed",
            subject_kind="centre",
            subject_id=centre.pk,
            at=now,
            day=day,
            centre_id=centre.pk,
            topics=[hall_topic(centre.code)],
            payload={
                "tickets_left": result.tickets_left,
                "appointments_cancelled": result.appointments_cancelled,
                "counters_closed": result.counters_closed,
            },
        )
