"""What the booking actions share: finding the offering, checking a start, telling."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q

from mawaeed.availability.places import NoPlace, NotOpen, Stay, change_places
from mawaeed.booking.errors import (
    LimitReached,
    OutsideHorizon,
    SlotClosed,
    SlotPast,
    SlotTaken,
    UnknownCentre,
    UnknownService,
)
from mawaeed.booking.models import Appointment
from mawaeed.booking.rules import (
    APPOINTMENT_TRANSITIONS,
    SUBJECT,
    last_bookable_date,
    states_for,
)
from mawaeed.booking.scopes import scopes_of as scopes_of  # noqa: PLC0414 (also for the actions)
from mawaeed.centres.models import Offering, Service
from mawaeed.conduct.models import Standing
from mawaeed.kernel import history, outbox
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.errors import Stale
from mawaeed.kernel.policies import policy
from mawaeed.kernel.statements import update_where
from mawaeed.people.models import Person


def find_offering(service_code: str, centre_code: str) -> Offering:
    """The active offering; refuses `UnknownService`, `UnknownCentre`."""
    offering = (
        Offering.objects.select_related("service", "centre", "pool")
        .filter(
            service__code=service_code,
            centre__code=centre_code,
            active=True,
            service__active=True,
            centre__active=True,
        )
        .first()
    )
    if offering is not None:
        return offering
    if not Service.objects.filter(code=service_code, active=True).exists():
        raise UnknownService(service=service_code)
    raise UnknownCentre(centre=centre_code)


def require_inside_horizon(offering: Offering, starts_at: datetime, now: datetime) -> None:
    """Refuse a start that is over (`SlotPast`) or too far ahead (`OutsideHorizon`)."""
    if starts_at <= now:
        raise SlotPast
    zone = offering.centre.timezone
    days = policy("booking.horizon_days", now, scopes_of(offering))
    last = last_bookable_date(local_date(now, zone), days)
    if local_date(starts_at, zone) > last:
        raise OutsideHorizon(last_date=last.isoformat())


def cap_of(offering: Offering, now: datetime) -> int:
    """How many active appointments a person who books this may hold."""
    cap: int = policy("booking.active_cap", now, scopes_of(offering))
    return max(cap, offering.service.limit_per_beneficiary)


def require_below_cap(standing: Standing, offering: Offering, more: int, now: datetime) -> None:
    """Refuses `LimitReached` where `more` appointments were too many; the row is locked."""
    cap = cap_of(offering, now)
    if standing.active_count + more > cap:
        raise LimitReached(limit=cap)


def stay_of(appointment: Appointment) -> Stay:
    """The places an appointment covers."""
    kind = "staff" if appointment.places == Appointment.Places.STAFF else "public"
    return Stay(appointment.pool_id, appointment.starts_at, appointment.ends_at, kind)  # type: ignore[arg-type]


def change(*, leave: Sequence[Stay], enter: Sequence[Stay]) -> None:
    """Leave some places for others as one net change; refuses `SlotTaken`, `SlotClosed`."""
    try:
        change_places(leave=leave, enter=enter)
    except NoPlace:
        raise SlotTaken from None
    except NotOpen:
        raise SlotClosed from None


def transition(appointment: Appointment, verb: str, where: Q | None = None, **changes: Any) -> str:
    """Carry out `verb` by a conditional update, `where` more if given; returns the state left.

    Refuses `Stale` when the appointment is in no state that allows it, or changed meanwhile: a
    move leaves the state alone, so the moves counted are compared too (the start may be the same
    at another centre, and the wrong place would be given back).
    """
    before = appointment.state
    target = APPOINTMENT_TRANSITIONS.get((before, verb))
    if target is None:
        raise Stale(state=before, allowed=list(states_for(verb)))
    as_read = {
        "pk": appointment.pk,
        "state": before,
        "starts_at": appointment.starts_at,
        "pool_id": appointment.pool_id,
        "moves": appointment.moves,
    }
    values = {"state": target, **changes}
    if where is None:
        changed = update_where(Appointment, as_read, values)
    else:
        changed = Appointment.objects.filter(where, **as_read).update(**values)
    if changed != 1:
        raise Stale
    appointment.state = target
    for name, value in changes.items():
        setattr(appointment, name, value)
    return before


def tell(
    appointment: Appointment,
    *,
    event: str,
    from_state: str,
    actor: Actor,
    now: datetime,
    reason: str = "",
    **payload: Any,
) -> None:
    """Write the history row and the outbox event of a change."""
    centre = appointment.centre
    day = local_date(now, centre.timezone)
    history.record(
        subject_kind=SUBJECT,
        subject_id=appointment.pk,
        from_state=from_state,
        to_state=appointment.state,
        actor=actor,
        at=now,
        day=day,
        agency_id=appointment.agency_id,
        centre_id=appointment.centre_id,
        reason=reason,
        details={"event": event, **payload},
    )
    outbox.emit(
        kind=event,
        subject_kind=SUBJECT,
        subject_id=appointment.pk,
        at=now,
        day=day,
        centre_id=appointment.centre_id,
        topics=[f"hall:{centre.code}"],
        payload=payload,
    )


def part_of(turn: int, parts: int) -> dict[str, Any]:
    """What the event of a part of a visit says: its turn among those that changed together."""
    return {"leg": turn, "parts": parts} if parts > 1 else {}


def require_in_force(person: Person) -> None:
    """A take-over holds the limit row too: after it nobody could see or cancel a booking."""
    if not Person.objects.filter(pk=person.pk, superseded_at__isnull=True).exists():
        raise Stale


def count_active(standing: Standing, change: int) -> None:
    """Add `change` to the person's active appointments; the row is locked by the caller."""
    standing.active_count = max(0, standing.active_count + change)
    update_where(Standing, {"pk": standing.pk}, {"active_count": standing.active_count})
