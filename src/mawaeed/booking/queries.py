"""Reads of appointments, always on somebody's behalf."""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import Q, QuerySet

from mawaeed.booking.displacing.free_moves import next_move_is_free, was_never_chosen
from mawaeed.booking.models import Appointment
from mawaeed.booking.rules import is_before_cut_off, is_late_cancellation
from mawaeed.booking.scopes import scopes_of
from mawaeed.centres.models import Centre
from mawaeed.kernel.errors import NotFound
from mawaeed.kernel.policies import policy
from mawaeed.people.models import Person
from mawaeed.people.queries import helpers_ever


def _appointments() -> QuerySet[Appointment]:
    return Appointment.objects.select_related(
        "service",
        "centre",
        "centre__directorate",
        "offering",
        "offering__centre",
        "beneficiary",
        "visit",
    )


def appointments_for_person(person: Person) -> QuerySet[Appointment]:
    """Everything the person booked, and what was booked for them by consent, latest first."""
    return _appointments().filter(_seen_by(person)).order_by("-starts_at", "-pk")


def appointment_for_person(person: Person, reference: str) -> Appointment:
    """The person's own appointment; another's is `NotFound`."""
    return _one(Q(person=person), reference)


def appointment_seen_by(person: Person, reference: str) -> Appointment:
    """One the person booked, or one that was booked for them by consent; else `NotFound`.

    Both may look at it and cancel it; only who booked it moves it.
    """
    return _one(_seen_by(person), reference)


def _one(theirs: Q, reference: str) -> Appointment:
    found = _appointments().filter(theirs, reference=reference.strip().upper()).first()
    if found is None:
        raise NotFound
    return found


def _seen_by(person: Person) -> Q:
    by_consent = Q(beneficiary=person.beneficiary_id, person__in=helpers_ever(person))
    return Q(person=person) | by_consent


def active_legs(appointment: Appointment) -> list[Appointment]:
    """Every active appointment of the same visit, in turn; itself alone without one."""
    if appointment.visit_id is None:
        return [appointment]
    legs = _appointments().select_related("person", "companion")
    found = legs.filter(visit=appointment.visit_id, state__in=Appointment.ACTIVE).order_by("leg")
    # The one that was asked about stays the caller's own object, which later sees the change.
    return [appointment if leg.pk == appointment.pk else leg for leg in found]


def legs_together(appointment: Appointment) -> list[Appointment]:
    """Every appointment of the same visit in whatever state, in turn; itself without one."""
    if appointment.visit_id is None:
        return [appointment]
    return list(_appointments().filter(visit=appointment.visit_id).order_by("leg"))


def next_part(appointment: Appointment) -> Appointment | None:
    """The part of the same visit that is booked to follow this one on its day."""
    if appointment.visit_id is None:
        return None
    later = (
        _appointments()
        .select_related("person", "pool", "offering__group")
        .filter(
            visit=appointment.visit_id,
            leg__gt=appointment.leg,
            day=appointment.day,
            state=Appointment.State.BOOKED,
        )
    )
    return later.order_by("leg").first()


def parts_to_come(appointment: Appointment) -> list[Appointment]:
    """Every part of the same visit that is booked to follow this one on its day, in turn."""
    found = []
    following = next_part(appointment)
    while following is not None:
        found.append(following)
        following = next_part(following)
    return found


def visit_for_person(person: Person, reference: str) -> list[Appointment]:
    """The legs of the person's own visit, in turn; another's is `NotFound`."""
    asked = _appointments().select_related("person", "companion")
    found = asked.filter(person=person, visit__reference=reference.strip().upper())
    legs = list(found.order_by("leg"))
    if not legs:
        raise NotFound
    return legs


def appointment_for_staff(centre: Centre, reference: str) -> Appointment:
    """An appointment at this centre; another centre's is `NotFound`."""
    found = _appointments().filter(centre=centre, reference=reference.strip().upper()).first()
    if found is None:
        raise NotFound
    return found


def appointment_by_secret(secret: str) -> Appointment:
    """The appointment behind an e-ticket's link, or `NotFound`."""
    found = _appointments().filter(secret=secret).first()
    if found is None:
        raise NotFound
    return found


def appointment_by_reference(reference: str) -> Appointment | None:
    """For the kiosk, which then says where the appointment is; never shows whose it is."""
    return _appointments().filter(reference=reference.strip().upper()).first()


def appointments_of_day(centre: Centre, day: date) -> QuerySet[Appointment]:
    """A centre's appointments of a local day, by start."""
    return (
        _appointments()
        .select_related("person")
        .filter(centre=centre, day=day)
        .order_by("starts_at", "pk")
    )


def appointments_after(centre: Centre, day: date) -> QuerySet[Appointment]:
    """What is booked at a centre after a local day, by start."""
    later = _appointments().filter(centre=centre, day__gt=day, state=Appointment.State.BOOKED)
    return later.order_by("starts_at", "pk")


def appointments_today_of(person: Person, centre: Centre, day: date) -> QuerySet[Appointment]:
    """What the person holds at this centre on this day (as booker), by start."""
    return appointments_of_day(centre, day).filter(person=person)


def can_cancel(appointment: Appointment, now: datetime) -> bool:
    """Whether the person may cancel now."""
    cut_off = policy("booking.cut_off_minutes", now, scopes_of(appointment.offering))
    return appointment.state == Appointment.State.BOOKED and is_before_cut_off(
        appointment.starts_at, now, cut_off
    )


def can_move(appointment: Appointment, now: datetime) -> bool:
    """Whether the person may move it now (a block is told when tried)."""
    limit = policy("booking.moves_cap", now, scopes_of(appointment.offering))
    if not can_cancel(appointment, now):
        return False
    return appointment.moves < limit or next_move_is_free(appointment)


def would_early_cancellation_count(appointment: Appointment, now: datetime) -> bool:
    """Whether here even a cancellation in good time is an event of conduct."""
    counts = policy("conduct.count_all_cancellations", now, scopes_of(appointment.offering))
    return bool(counts) and not was_never_chosen(appointment)


def free_cancel_minutes(appointment: Appointment, now: datetime) -> int:
    """Cancelling later than so many minutes before the start counts here."""
    return int(policy("conduct.free_cancel_minutes", now, scopes_of(appointment.offering)))


def would_be_late_cancellation(appointment: Appointment, now: datetime) -> bool:
    """Whether cancelling now counts as an event of conduct."""
    free = free_cancel_minutes(appointment, now)
    late = is_late_cancellation(appointment.starts_at, now, free)
    return late and not was_never_chosen(appointment)
