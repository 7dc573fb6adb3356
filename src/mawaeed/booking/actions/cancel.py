"""Cancel: by the person, or by the centre without blame."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db.models import Q, QuerySet

from mawaeed.availability.places import give_back_places
from mawaeed.booking.actions.freed import let_go
from mawaeed.booking.actions.steps import (
    count_active,
    part_of,
    scopes_of,
    stay_of,
    tell,
    transition,
)
from mawaeed.booking.displacing.free_moves import was_never_chosen
from mawaeed.booking.errors import TooLateToChange
from mawaeed.booking.models import Appointment
from mawaeed.booking.queries import active_legs
from mawaeed.booking.rules import is_before_cut_off, is_late_cancellation
from mawaeed.conduct.actions import record_event, standing_for_update
from mawaeed.conduct.models import Event
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.database import write_transaction
from mawaeed.kernel.errors import Stale
from mawaeed.kernel.policies import policy
from mawaeed.people import actions as people
from mawaeed.people.models import Person


def cancel_appointment(
    *,
    appointment: Appointment,
    actor: Actor,
    now: datetime,
    reason: str = "",
    turn: tuple[int, int] = (1, 1),
) -> Appointment:
    """Cancel for the person; the place is given up, as the options of its offering say.

    A repeat returns the cancelled appointment. Cancelling later than the free-cancel limit is an
    event of conduct, unless the centre chose the time. Refuses `TooLateToChange` from the start
    on, `Stale`. Emits `appointment_cancelled` with `by="person"`; `turn` says which of how many it
    is of a visit cancelled as a whole.
    """
    if appointment.state == Appointment.State.CANCELLED:
        return appointment
    scopes = scopes_of(appointment.offering)
    cut_off = policy("booking.cut_off_minutes", now, scopes)
    if not is_before_cut_off(appointment.starts_at, now, cut_off):
        raise TooLateToChange
    try:
        return _cancel(appointment, actor, now, reason, turn)
    except Stale:
        appointment.refresh_from_db()
        if appointment.state != Appointment.State.CANCELLED:
            raise
        return appointment  # the same cancellation, sent twice at once


def _cancel(
    appointment: Appointment, actor: Actor, now: datetime, reason: str, turn: tuple[int, int]
) -> Appointment:
    scopes = scopes_of(appointment.offering)
    with write_transaction():
        _free(appointment, "cancel", now)
        chosen = not was_never_chosen(appointment)
        free = policy("conduct.free_cancel_minutes", now, scopes)
        late = chosen and is_late_cancellation(appointment.starts_at, now, free)
        if late or (chosen and policy("conduct.count_all_cancellations", now, scopes)):
            kind = Event.Kind.LATE_CANCELLATION if late else Event.Kind.CANCELLATION
            _record(appointment, kind, actor, now)
        tell(
            appointment,
            event="appointment_cancelled",
            from_state=Appointment.State.BOOKED,
            actor=actor,
            now=now,
            reason=reason,
            by="person",
            late=late,
            **part_of(*turn),
        )
    return appointment


def _record(appointment: Appointment, kind: Event.Kind, actor: Actor, now: datetime) -> None:
    record_event(
        person_id=appointment.person_id,
        kind=kind,
        at=now,
        appointment_id=appointment.pk,
        centre_id=appointment.centre_id,
        visit_day=appointment.day,
        booked_at=appointment.created_at,
        now=now,
        actor=actor,
    )


def give_up_parts(
    *, parts: Sequence[Appointment], actor: Actor, reason: str, now: datetime, counts: bool
) -> None:
    """The person leaves the hall before the call: what is left of the visit is cancelled for them.

    `parts` in turn, the first of them checked in. With `counts` it is one late cancellation,
    whatever the clock says. Refuses `Stale`. Emits `appointment_cancelled` with `by="person"`.
    """
    turns = sorted(enumerate(parts, 1), key=lambda pair: (pair[1].pool_id, pair[1].starts_at))
    with write_transaction():
        for turn, part in turns:  # in the order of locks
            before = _free(part, "cancel_by_centre", now)
            if counts:
                _record(part, Event.Kind.LATE_CANCELLATION, actor, now)
            tell(
                part,
                event="appointment_cancelled",
                from_state=before,
                actor=actor,
                now=now,
                reason=reason,
                by="person",
                late=counts,
                **part_of(turn, len(parts)),
            )


def cancel_visit(*, appointment: Appointment, actor: Actor, now: datetime) -> list[Appointment]:
    """Cancel every booked appointment of the visit that `appointment` belongs to; all or none.

    Counts as one event of conduct, if it counts. A repeat finds it cancelled. Refuses as
    `cancel_appointment`; emits `appointment_cancelled` once per leg.
    """
    legs = [leg for leg in active_legs(appointment) if leg.state == Appointment.State.BOOKED]
    if not legs:
        return [cancel_appointment(appointment=appointment, actor=actor, now=now)]
    turns = list(enumerate(legs, 1))
    with write_transaction():
        standing_for_update(appointment.person_id)
        # In the order of locks: pool, start.
        for turn, leg in sorted(turns, key=lambda pair: (pair[1].pool_id, pair[1].starts_at)):
            which = (turn, len(legs))
            cancel_appointment(appointment=leg, actor=actor, now=now, turn=which)
    return legs


def cancel_by_centre(
    *,
    appointment: Appointment,
    actor: Actor,
    reason: str,
    now: datetime,
    place_closes: bool = False,
    turn: tuple[int, int] = (1, 1),
) -> Appointment:
    """Cancel without an event of conduct: closure, day close, called too late, take-over.

    With `place_closes` nobody else gets the place: it is about to be closed.
    """
    with write_transaction():
        before = _free(appointment, "cancel_by_centre", now, place_closes=place_closes)
        tell(
            appointment,
            event="appointment_cancelled",
            from_state=before,
            actor=actor,
            now=now,
            reason=reason,
            by="centre",
            **part_of(*turn),
        )
    return appointment


def lose_unconfirmed(
    *, appointment: Appointment, actor: Actor, unanswered: Q, now: datetime
) -> Appointment:
    """Cancel what nobody confirmed, while the row still is `unanswered`; no event of conduct.

    Refuses `Stale` where the answer, a check-in, a move or a cancellation came first. Emits
    `appointment_cancelled` with `by="system"`.
    """
    with write_transaction():
        before = _free(appointment, "cancel_by_centre", now, where=unanswered)
        tell(
            appointment,
            event="appointment_cancelled",
            from_state=before,
            actor=actor,
            now=now,
            reason="not_confirmed",
            by="system",
        )
    return appointment


def cancel_all_of(*, person: Person, actor: Actor, reason: str, now: datetime) -> int:
    """Cancel every active appointment a person booked, without blame; returns how many.

    The limit row is locked before they are read, so that none is booked or moved meanwhile; their
    places are given back in the order of locks.
    """
    with write_transaction():
        standing_for_update(person.pk)
        active = list(active_of(person))
        for appointment in active:
            cancel_by_centre(appointment=appointment, actor=actor, reason=reason, now=now)
        return len(active)


def active_of(person: Person) -> QuerySet[Appointment]:
    """What a person has booked and not had yet, in the order of locks."""
    active = Appointment.objects.filter(person=person, state__in=Appointment.ACTIVE)
    return active.select_related("centre", "offering").order_by("pool_id", "starts_at", "pk")


def take_over_account(
    *, actor: Actor, person: Person, mobile: str, birth_date: date, now: datetime
) -> Person:
    """Give the number to the holder of its card: the old account's appointments are cancelled."""
    with write_transaction():
        cancel_all_of(person=person, actor=actor, reason="account_taken_over", now=now)
        return people.take_over_account(
            actor=actor, person=person, mobile=mobile, birth_date=birth_date, now=now
        )


def _free(
    appointment: Appointment,
    verb: str,
    now: datetime,
    *,
    where: Q | None = None,
    place_closes: bool = False,
) -> str:
    standing = standing_for_update(appointment.person_id)
    before = transition(appointment, verb, where)
    stay = stay_of(appointment)
    give_back_places(stay)
    if not place_closes:
        let_go([(stay, appointment.offering)], now=now)
    count_active(standing, -1)
    return before
