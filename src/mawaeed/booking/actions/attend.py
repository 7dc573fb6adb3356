"""The day itself: checked in, fulfilled, or missed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache

from mawaeed.availability.places import give_back_places
from mawaeed.booking.actions.freed import let_go
from mawaeed.booking.actions.steps import count_active, scopes_of, stay_of, tell, transition
from mawaeed.booking.displacing.free_moves import was_never_chosen
from mawaeed.booking.models import Appointment
from mawaeed.conduct.actions import record_event, standing_for_update
from mawaeed.conduct.models import Event
from mawaeed.kernel.actor import SYSTEM, Actor
from mawaeed.kernel.database import write_transaction
from mawaeed.kernel.errors import Stale
from mawaeed.kernel.policies import policy
from mawaeed.kernel.statements import Question, given

# Appointments → by how much later than usual their check-in closes, for those it concerns.
Patience = Callable[[Sequence[int]], Mapping[int, timedelta]]


def check_in(*, appointment: Appointment, actor: Actor, now: datetime) -> Appointment:
    """Booked → checked_in. The window is the hall's to judge. Emits `appointment_checked_in`."""
    with write_transaction():
        before = transition(appointment, "check_in")
        tell(appointment, event="appointment_checked_in", from_state=before, actor=actor, now=now)
    return appointment


def fulfil(*, appointment: Appointment, actor: Actor, now: datetime) -> Appointment:
    """checked_in → fulfilled; resets the person's run. Emits `appointment_fulfilled`."""
    with write_transaction():
        standing = standing_for_update(appointment.person_id)
        before = transition(appointment, "fulfil")
        count_active(standing, -1)
        _conduct(appointment, Event.Kind.ATTENDED, now, actor, now)
        tell(appointment, event="appointment_fulfilled", from_state=before, actor=actor, now=now)
    return appointment


def mark_no_show(
    *, appointment: Appointment, actor: Actor, now: datetime, reason: str
) -> Appointment:
    """Booked or checked_in → no_show: the place is freed and the run counts it.

    What the centre moved, and the person did not choose since, counts for nothing. The event's
    time is the booked start. Emits `appointment_missed`.
    """
    with write_transaction():
        standing = standing_for_update(appointment.person_id)
        before = transition(appointment, "miss")
        count_active(standing, -1)
        if not was_never_chosen(appointment):
            _conduct(appointment, Event.Kind.MISSED, appointment.starts_at, actor, now)
        tell(
            appointment,
            event="appointment_missed",
            from_state=before,
            actor=actor,
            now=now,
            reason=reason,
        )
        stay = stay_of(appointment)
        give_back_places(stay)
        let_go([(stay, appointment.offering)], now=now)
    return appointment


def expire_unclaimed(*, now: datetime, limit: int = 200, patience: Patience | None = None) -> int:
    """Mark as no-show every booked appointment whose check-in has closed; returns how many.

    The worker calls this (`hall.actions.expire_unclaimed`, which has patience with those told of a
    delay); no clerk is needed. One transaction each, so that nothing waits. A part of a visit waits
    for the part that is being served.
    """
    count = 0
    due = _past_check_in(now, limit)
    later = patience([appointment.pk for appointment in due]) if patience and due else {}
    for appointment in due:
        if _is_here_already(appointment):
            continue
        if now < _check_in_closes(appointment, now) + later.get(appointment.pk, timedelta()):
            continue
        try:
            mark_no_show(appointment=appointment, actor=SYSTEM, now=now, reason="not_checked_in")
        except Stale:
            continue  # checked in, moved or cancelled in this moment: that wins
        count += 1
    return count


def _past_check_in(now: datetime, limit: int) -> list[Appointment]:
    return [each for each in _started(limit).all(now=now) if now >= _check_in_closes(each, now)]


@cache
def _started(limit: int) -> Question[Appointment]:
    return Question(
        lambda: (
            Appointment.objects.filter(state=Appointment.State.BOOKED, starts_at__lt=given("now"))
            .select_related("centre", "offering", "offering__centre")
            .order_by("starts_at")[:limit]
        )
    )


def _check_in_closes(appointment: Appointment, now: datetime) -> datetime:
    minutes = policy("checkin.closes_minutes", now, scopes_of(appointment.offering))
    return appointment.starts_at + timedelta(minutes=minutes)


def _is_here_already(appointment: Appointment) -> bool:
    """Whether the visit has begun: its next part is called when the one before is finished."""
    if appointment.visit_id is None:
        return False
    others = Appointment.objects.filter(visit=appointment.visit_id, day=appointment.day)
    return others.filter(state=Appointment.State.CHECKED_IN).exists()


def _conduct(
    appointment: Appointment, kind: Event.Kind, at: datetime, actor: Actor, now: datetime
) -> None:
    record_event(
        person_id=appointment.person_id,
        kind=kind,
        at=at,
        appointment_id=appointment.pk,
        centre_id=appointment.centre_id,
        visit_day=appointment.day,
        booked_at=appointment.created_at,
        now=now,
        actor=actor,
    )
