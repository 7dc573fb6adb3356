"""Those whose place is gone: moved to the nearest equal one, or told to choose; never blamed.

Each person is a transaction of their own, so that a closure of hundreds holds no row for long. What
is left to do is what the ledger calls short: whoever looks next, a worker too, finishes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from mawaeed.availability.models import CalendarChange
from mawaeed.availability.places import Stay
from mawaeed.booking.actions.steps import change as change_places
from mawaeed.booking.actions.steps import count_active, stay_of, tell, transition
from mawaeed.booking.displacing.equal_places import FreePlaces, NewPlace
from mawaeed.booking.displacing.queries import (
    Group,
    busy_times,
    displaced_now,
    holds_in,
    is_still_short,
    short_now,
)
from mawaeed.booking.errors import SlotClosed, SlotTaken
from mawaeed.booking.models import Appointment, Hold, Visit
from mawaeed.conduct.actions import standing_for_update
from mawaeed.conduct.queries import current_block
from mawaeed.kernel.actor import SYSTEM, Actor
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.database import write_transaction
from mawaeed.kernel.errors import Stale

# Places tried for one person before they are told to choose themselves; others book meanwhile.
TRIES = 5
BATCH = 100


@dataclass(slots=True)
class Displacements:
    """What one round did: appointments moved and cancelled, people left for the next round."""

    moved: int = 0
    cancelled: int = 0
    left: int = 0


def finish_displacements(*, now: datetime, limit: int = BATCH) -> int:
    """Go on with every change that still displaces somebody; returns how many people.

    The worker calls this, so that a displacement survives the process that began it.
    """
    unfinished = CalendarChange.objects.filter(
        undone_at__isnull=True, ends_at__gt=now, details__settled=False
    ).select_related("centre")
    count = 0
    for change in unfinished.order_by("pk"):
        done = displace_people(change=change, now=now, limit=limit)
        count += done.moved + done.cancelled
    return count


def displace_people(*, change: CalendarChange, now: datetime, limit: int = BATCH) -> Displacements:
    """Find every person a change displaces another place, `limit` people at most.

    Holds on the places that are gone lapse. Emits `appointment_displaced` for each appointment
    moved, `appointment_cancelled` with `by="centre"` where nothing fits or where people are to
    choose. Any number of callers may run at once.
    """
    done = Displacements()
    change.refresh_from_db()
    if change.undone_at is not None or change.details.get("settled"):
        return done
    _lapse_holds(change, now)
    groups = displaced_now(change, now)
    for group in groups[:limit]:
        _displace(change, group, now, done)
    done.left = max(0, len(groups) - limit)
    _note(change, done, now)
    return done


def _displace(change: CalendarChange, group: Group, now: datetime, done: Displacements) -> None:
    actor = Actor("staff", change.made_by_id) if change.made_by_id else SYSTEM
    offers = change.details["choice"] == "offer" and current_block(group[0].person, now) is None
    try:
        if not offers:
            moved = _move_to_nearest(change, group, actor, now)
            if moved is not None:
                done.moved += moved
                return
            if len(group) > 1:
                for leg in filter(is_still_short, group):
                    _displace(change, [leg], now, done)
                return
        done.cancelled += _cancel(change, group, actor, now)
    except Stale:
        return  # moved, cancelled or checked in at this moment: that wins


def _move_to_nearest(
    change: CalendarChange, group: Group, actor: Actor, now: datetime
) -> int | None:
    """How many appointments were moved; None where no place is to be had."""
    for place in FreePlaces(now).nearest(group, busy_times([group]), most=TRIES):
        try:
            return _move(change, group, place, actor, now)
        except (SlotTaken, SlotClosed):
            continue  # somebody was faster
    return None


def _move(
    change: CalendarChange, group: Group, place: NewPlace, actor: Actor, now: datetime
) -> int:
    before = [(leg.centre.code, stay_of(leg)) for leg in group]
    try:
        with write_transaction():
            standing_for_update(group[0].person_id)
            if not any(map(is_still_short, group)):
                return 0
            enter = []
            for leg, offering, start in zip(group, place.offerings, place.starts, strict=True):
                end = start + timedelta(minutes=offering.duration_minutes)
                enter.append(Stay(offering.pool_id, start, end))
                transition(
                    leg,
                    "move",
                    offering=offering,
                    centre=offering.centre,
                    pool=offering.pool,
                    agency_id=offering.centre.agency_id,
                    day=local_date(start, offering.centre.timezone),
                    starts_at=start,
                    ends_at=end,
                    places=Appointment.Places.PUBLIC,
                    confirm_asked_at=None,
                    confirm_by=None,
                    confirmed_at=None,
                )
            if len(group) > 1 and group[0].visit_id is not None:
                Visit.objects.filter(pk=group[0].visit_id).update(centre=place.centre)
            change_places(leave=[stay for _, stay in before], enter=enter)
            for leg, (centre_code, old) in zip(group, before, strict=True):
                tell(
                    leg,
                    event="appointment_displaced",
                    from_state=Appointment.State.BOOKED,
                    actor=actor,
                    now=now,
                    reason=change.reason,
                    from_starts_at=old.starts_at.isoformat(),
                    from_ends_at=old.ends_at.isoformat(),
                    from_pool_id=old.pool_id,
                    from_centre=centre_code,
                    change=change.pk,
                    # A visit of several is one message, from its first leg.
                    told_by_leg=0 if leg is group[0] else group[0].leg,
                )
    except (SlotTaken, SlotClosed):
        for leg in group:
            leg.refresh_from_db()
        raise
    return len(group)


def _cancel(change: CalendarChange, group: Group, actor: Actor, now: datetime) -> int:
    """Nothing fits, or people are to choose: the centre cancels, and nobody is blamed."""
    with write_transaction():
        standing = standing_for_update(group[0].person_id)
        if not any(map(is_still_short, group)):
            return 0
        for leg in group:
            transition(leg, "cancel_by_centre")
        change_places(leave=[stay_of(leg) for leg in group], enter=[])
        count_active(standing, -len(group))
        for leg in group:
            tell(
                leg,
                event="appointment_cancelled",
                from_state=Appointment.State.BOOKED,
                actor=actor,
                now=now,
                reason=change.reason,
                by="centre",
                displaced=True,
                change=change.pk,
            )
    return len(group)


def _lapse_holds(change: CalendarChange, now: datetime) -> None:
    """Whoever deletes a hold gives its places back."""
    for hold in holds_in(short_now(change, now)):
        with write_transaction():
            if Hold.objects.filter(pk=hold.pk).delete()[0] == 1:
                stay = Stay(hold.pool_id, hold.starts_at, hold.ends_at, hold.places)  # type: ignore[arg-type]
                change_places(leave=[stay], enter=[])


def _note(change: CalendarChange, done: Displacements, now: datetime) -> None:
    """Count what was done, and say when nothing is left to do."""
    short = short_now(change, now)
    settled = not holds_in(short) and not displaced_now(change, now)
    if not (done.moved or done.cancelled or settled):
        return
    with write_transaction():
        row = CalendarChange.objects.select_for_update().get(pk=change.pk)
        row.details = {
            **row.details,
            "moved": row.details.get("moved", 0) + done.moved,
            "cancelled": row.details.get("cancelled", 0) + done.cancelled,
            "settled": settled,
        }
        row.save(update_fields=["details"])
        change.details = row.details
