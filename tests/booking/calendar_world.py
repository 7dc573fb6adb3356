"""A centre whose days are changed: booking there, changing, undoing, reading what is left."""

from __future__ import annotations

from datetime import datetime, timedelta

from mawaeed.availability.calendar.wishes import CloseTime, Wish
from mawaeed.availability.models import CalendarChange, Interval
from mawaeed.availability.queries import slots_for
from mawaeed.booking.actions import book_appointment, move_appointment
from mawaeed.booking.actions.calendar import Choice, apply_change, undo_change
from mawaeed.booking.actions.displace import displace_people
from mawaeed.booking.models import Appointment
from mawaeed.centres.models import Pool
from mawaeed.kernel.actor import SYSTEM, Actor
from mawaeed.people.models import Person
from small_world import NOW, TODAY, World, local

STAFF = Actor("staff", 7)


def book(person: Person, at: datetime, service: str = "renewal") -> Appointment:
    return book_appointment(
        person=person,
        service_code=service,
        centre_code="dana",
        starts_at=at,
        actor=SYSTEM,
        now=NOW,
    )


def move(appointment: Appointment, at: datetime) -> None:
    actor = Actor("person", appointment.person_id)
    move_appointment(appointment=appointment, starts_at=at, actor=actor, now=NOW)


def morning(world: World, *, pool: Pool | None = None, day: int = 1) -> CloseTime:
    """Eight to ten."""
    return CloseTime(local(8, days=day), local(10, days=day), pool)


def carry_out(
    world: World, wish: Wish, *, choice: Choice = "move", now: datetime = NOW
) -> CalendarChange:
    change = apply_change(
        centre=world.dana, wish=wish, choice=choice, reason="Burst pipe", actor=STAFF, now=now
    )
    displace_people(change=change, now=now)
    change.refresh_from_db()
    return change


def undo(change: CalendarChange, now: datetime = NOW) -> int:
    fresh = CalendarChange.objects.select_related("centre").get(pk=change.pk)
    return undo_change(change=fresh, actor=STAFF, now=now).people_moved


def ledger() -> list[tuple[object, ...]]:
    return list(
        Interval.objects.order_by("pool_id", "starts_at").values_list(
            "pool_id", "starts_at", "capacity", "taken_public", "shortfall", "withheld"
        )
    )


def starts(day: int = 1) -> list[datetime]:
    when = TODAY + timedelta(days=day)
    slots = slots_for(service="renewal", centre="dana", now=NOW, from_date=when, to_date=when)
    return [slot.starts_at for slot in slots]
