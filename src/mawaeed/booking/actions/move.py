"""Move: the old places are given up only if the new ones were taken, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from mawaeed.booking.actions.freed import left_behind, let_go
from mawaeed.booking.actions.hold import give_up_holds, stays_to_count_free
from mawaeed.booking.actions.steps import (
    change,
    part_of,
    require_inside_horizon,
    scopes_of,
    stay_of,
    tell,
    transition,
)
from mawaeed.booking.chains import find_offerings, plan_visit
from mawaeed.booking.confirming import confirmed_by_promise
from mawaeed.booking.displacing.free_moves import next_move_is_free
from mawaeed.booking.errors import MoveLimit, SlotTaken, TooLateToChange
from mawaeed.booking.holds import is_held_by_expired
from mawaeed.booking.legs import Leg
from mawaeed.booking.models import Appointment, Visit
from mawaeed.booking.queries import active_legs
from mawaeed.booking.rules import is_before_cut_off, states_for
from mawaeed.conduct.actions import standing_for_update
from mawaeed.conduct.queries import refuse_if_blocked
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.database import write_transaction
from mawaeed.kernel.errors import Stale
from mawaeed.kernel.policies import policy

Move = tuple[Appointment, Leg]


def move_appointment(
    *,
    appointment: Appointment,
    starts_at: datetime,
    actor: Actor,
    now: datetime,
    centre_code: str | None = None,
) -> Appointment:
    """Swap the appointment's place for one at `starts_at` (UTC), at this or another centre.

    One of a visit takes the visit along: it then begins at `starts_at`. Refuses what booking
    refuses, and `MoveLimit`, `TooLateToChange`, `Stale`. Moving to where it already is changes
    nothing. Emits `appointment_moved`, once per leg.
    """
    if appointment.state not in Appointment.ACTIVE:
        raise Stale(state=appointment.state, allowed=list(states_for("move")))
    legs = active_legs(appointment) or [appointment]
    offerings = find_offerings(
        [leg.service.code for leg in legs], centre_code or appointment.centre.code, now
    )
    first = legs[0]
    is_there = (first.pool_id, first.starts_at) == (offerings[0].pool_id, starts_at)
    if appointment.state == Appointment.State.BOOKED and is_there:
        return appointment
    require_inside_horizon(offerings[0], starts_at, now)
    for leg in legs:
        _require_movable(leg, now)
    giving_up = [stay_of(leg) for leg in legs]
    if len(legs) > 1:
        giving_up += stays_to_count_free(appointment.person, offerings, now)
    starts = plan_visit(offerings, starts_at, now=now, giving_up=giving_up)
    moves = [
        (leg, Leg(offering, leg.beneficiary, leg.companion, start))
        for leg, offering, start in zip(legs, offerings, starts, strict=True)
    ]
    try:
        _move(moves, actor, now, reclaim=False)
    except SlotTaken:
        if not is_held_by_expired([new.stay for _, new in moves], now):
            raise
        _move(moves, actor, now, reclaim=True)
    return next(leg for leg, _ in moves if leg.pk == appointment.pk)


def _move(moves: Sequence[Move], actor: Actor, now: datetime, *, reclaim: bool) -> None:
    person = moves[0][0].person
    before = [(stay_of(leg), leg.offering) for leg, _ in moves]
    enter = [new.stay for _, new in moves]
    try:
        with write_transaction():
            standing = standing_for_update(person.pk)
            refuse_if_blocked(standing, now)
            for leg, new in moves:
                _take_over(leg, new, now)
            visit = moves[0][0].visit
            if visit is not None:
                Visit.objects.filter(pk=visit.pk).update(centre=moves[0][1].offering.centre)
            leave = [stay for stay, _ in before]
            leave += give_up_holds(person, enter, now, reclaim=reclaim)
            change(leave=leave, enter=enter)
            let_go(left_behind(before, enter), now=now)
            told = zip(moves, before, strict=True)
            for turn, ((leg, _), (old, _offering)) in enumerate(told, 1):
                tell(
                    leg,
                    event="appointment_moved",
                    from_state=leg.state,
                    actor=actor,
                    now=now,
                    from_starts_at=old.starts_at.isoformat(),
                    from_ends_at=old.ends_at.isoformat(),
                    from_pool_id=old.pool_id,
                    **part_of(turn, len(moves)),
                )
    except SlotTaken:
        for leg, _ in moves:
            leg.refresh_from_db()
        raise


def _take_over(leg: Appointment, new: Leg, now: datetime) -> None:
    centre = new.offering.centre
    transition(
        leg,
        "move",
        offering=new.offering,
        centre=centre,
        pool=new.offering.pool,
        agency_id=centre.agency_id,
        day=local_date(new.starts_at, centre.timezone),
        starts_at=new.starts_at,
        ends_at=new.ends_at,
        places=new.stay.kind,
        moves=leg.moves if next_move_is_free(leg) else leg.moves + 1,
        confirm_asked_at=None,
        confirm_by=None,
        confirmed_at=confirmed_by_promise(new.offering, new.starts_at, now),
    )


def _require_movable(appointment: Appointment, now: datetime) -> None:
    if appointment.state != Appointment.State.BOOKED:
        raise Stale(state=appointment.state, allowed=list(states_for("move")))
    scopes = scopes_of(appointment.offering)
    cut_off = policy("booking.cut_off_minutes", now, scopes)
    if not is_before_cut_off(appointment.starts_at, now, cut_off):
        raise TooLateToChange
    limit = policy("booking.moves_cap", now, scopes)
    if appointment.moves >= limit and not next_move_is_free(appointment):
        raise MoveLimit(limit=limit)
