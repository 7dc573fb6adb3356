"""Move: the old place is given up only if the new one was taken, in one transaction."""

from __future__ import annotations

from datetime import datetime

from mawaeed.booking.actions.steps import (
    find_offering,
    new_stay,
    require_inside_horizon,
    scopes_of,
    stay_of,
    swap,
    tell,
    transition,
)
from mawaeed.booking.errors import MoveLimit, TooLateToChange
from mawaeed.booking.models import Appointment
from mawaeed.booking.rules import is_before_cut_off, states_for
from mawaeed.conduct.actions import standing_for_update
from mawaeed.conduct.queries import refuse_if_blocked
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.database import write_transaction
from mawaeed.kernel.errors import Stale
from mawaeed.kernel.policies import policy


def move_appointment(
    *,
    appointment: Appointment,
    starts_at: datetime,
    actor: Actor,
    now: datetime,
    centre_code: str | None = None,
) -> Appointment:
    """Swap the appointment's place for one at `starts_at` (UTC), at this or another centre.

    Refuses what booking refuses, and `MoveLimit`, `TooLateToChange`, `Stale`. Moving to where it
    already is changes nothing. Emits `appointment_moved`.
    """
    centre_code = centre_code or appointment.centre.code
    offering = find_offering(appointment.service.code, centre_code)
    old = stay_of(appointment)
    new = new_stay(offering, starts_at)
    is_booked = appointment.state == Appointment.State.BOOKED
    if is_booked and (old.pool_id, old.starts_at) == (new.pool_id, new.starts_at):
        return appointment
    require_inside_horizon(offering, starts_at, now)
    _require_movable(appointment, now)
    with write_transaction():
        standing = standing_for_update(appointment.person_id)
        refuse_if_blocked(standing, now)
        before = transition(
            appointment,
            "move",
            offering=offering,
            centre=offering.centre,
            pool=offering.pool,
            agency_id=offering.centre.agency_id,
            day=local_date(starts_at, offering.centre.timezone),
            starts_at=new.starts_at,
            ends_at=new.ends_at,
            moves=appointment.moves + 1,
        )
        swap(old, new)
        tell(
            appointment,
            event="appointment_moved",
            from_state=before,
            actor=actor,
            now=now,
            from_starts_at=old.starts_at.isoformat(),
        )
    return appointment


def _require_movable(appointment: Appointment, now: datetime) -> None:
    if appointment.state != Appointment.State.BOOKED:
        raise Stale(state=appointment.state, allowed=list(states_for("move")))
    scopes = scopes_of(appointment.offering)
    cut_off = policy("booking.cut_off_minutes", now, scopes)
    if not is_before_cut_off(appointment.starts_at, now, cut_off):
        raise TooLateToChange
    limit = policy("booking.moves_cap", now, scopes)
    if appointment.moves >= limit:
        raise MoveLimit(limit=limit)
