"""Visitors who book before the day, as they would on the page: they look at times, then take one.

A look at the times serves for a while; who is refused looks again.
"""

from __future__ import annotations

from collections import Counter as Tally
from datetime import datetime, timedelta

from mawaeed.availability.queries import slots_for
from mawaeed.booking import actions as booking
from mawaeed.booking.models import Appointment
from mawaeed.centres.models import Centre
from mawaeed.commands.simulation.plan import Visitor
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.errors import DomainError
from mawaeed.people.models import Person

TRIES = 5
LATER = timedelta(minutes=60)


class BookingPage:
    """The free times of one centre's day; what happens is counted in `outcomes`."""

    def __init__(self, centre: Centre, opens_at: datetime, outcomes: Tally[str]) -> None:
        self.centre = centre
        self.day = local_date(opens_at, centre.timezone)
        self.outcomes = outcomes
        self._seen: dict[str, list[datetime]] = {}

    def book(self, visitor: Visitor, person: Person, now: datetime) -> Appointment | None:
        """Book near the time that suits; then perhaps cancel or move. None if nothing was free."""
        appointment = self._book_nearest(visitor, person, now)
        if appointment is None:
            self.outcomes["found_no_time"] += 1
            return None
        self.outcomes["booked"] += 1
        actor = Actor("person", person.pk, "simulation")
        try:
            if visitor.cancels:
                booking.cancel_appointment(appointment=appointment, actor=actor, now=now)
                self.outcomes["cancelled_ahead"] += 1
            elif visitor.moves:
                self._move(visitor, appointment, actor, now)
        except DomainError as refusal:
            self.outcomes[f"refused_{refusal.code}"] += 1
        return appointment

    def _book_nearest(self, visitor: Visitor, person: Person, now: datetime) -> Appointment | None:
        service = visitor.offered.service_code
        for _ in range(TRIES):
            starts_at = self._nearest(service, visitor.arrives_at, now)
            if starts_at is None:
                return None
            try:
                return booking.book_appointment(
                    person=person,
                    service_code=service,
                    centre_code=self.centre.code,
                    starts_at=starts_at,
                    actor=Actor("person", person.pk, "simulation"),
                    now=now,
                )
            except DomainError as refusal:
                self.outcomes[f"refused_{refusal.code}"] += 1
                self._seen.pop(service, None)
        return None

    def _move(
        self, visitor: Visitor, appointment: Appointment, actor: Actor, now: datetime
    ) -> None:
        service = visitor.offered.service_code
        self._seen.pop(service, None)
        starts_at = self._nearest(service, appointment.starts_at + LATER, now)
        if starts_at is not None:
            booking.move_appointment(
                appointment=appointment, starts_at=starts_at, actor=actor, now=now
            )
            self.outcomes["moved"] += 1

    def _nearest(self, service: str, moment: datetime, now: datetime) -> datetime | None:
        if service not in self._seen:
            slots = slots_for(
                service=service,
                centre=self.centre.code,
                from_date=self.day,
                to_date=self.day,
                now=now,
            )
            self._seen[service] = [slot.starts_at for slot in slots]
        return min(self._seen[service], key=lambda at: abs(at - moment), default=None)
