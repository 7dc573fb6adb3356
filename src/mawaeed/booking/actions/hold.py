"""Hold a place while the form is filled in; give it up; reclaim what has expired."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from mawaeed.availability.places import Stay
from mawaeed.booking.actions.freed import announce_free
from mawaeed.booking.actions.steps import (
    change,
    require_below_cap,
    require_in_force,
    require_inside_horizon,
    scopes_of,
)
from mawaeed.booking.chains import find_offerings, plan_visit
from mawaeed.booking.errors import HoldPaused, SlotTaken
from mawaeed.booking.holds import hold_stay, is_held_by_expired, standing_hold
from mawaeed.booking.models import Appointment, Hold
from mawaeed.booking.rules import is_pausing
from mawaeed.centres.models import Offering
from mawaeed.conduct.actions import standing_for_update
from mawaeed.conduct.models import Standing
from mawaeed.conduct.queries import refuse_if_blocked
from mawaeed.kernel.database import write_transaction
from mawaeed.kernel.policies import policy
from mawaeed.people.models import Person

# An offer whose entry ended in some other way is freed after this.
FORGOTTEN = timedelta(minutes=1)


def hold_places(
    *,
    person: Person,
    service_codes: Sequence[str],
    centre_code: str,
    starts_at: datetime,
    now: datetime,
) -> list[Hold]:
    """Hold the places of a visit (usually one service) that begins at `starts_at` (UTC).

    One hold per person: another choice replaces it. Choosing the same again gives the hold there
    is and does not lengthen it. Refuses what `book_appointment` refuses for the time and the
    person, and `HoldPaused` for a while after a hold that ran out: else one who asks again and
    again would keep a place for ever. Returns one row per leg.
    """
    offerings = find_offerings(service_codes, centre_code, now)
    require_inside_horizon(offerings[0], starts_at, now)
    same = standing_hold(person, offerings, starts_at, now)
    if same:
        return same
    free = stays_to_count_free(person, offerings, now) if len(offerings) > 1 else []
    starts = plan_visit(offerings, starts_at, now=now, giving_up=free)
    rows = _drafts(person, offerings, starts, now)
    try:
        return _hold(person, rows, now, reclaim=False)
    except SlotTaken:
        if not is_held_by_expired([hold_stay(row) for row in rows], now):
            raise
        return _hold(person, rows, now, reclaim=True)


def _drafts(
    person: Person, offerings: Sequence[Offering], starts: Sequence[datetime], now: datetime
) -> list[Hold]:
    minutes = policy("hold.minutes", now, scopes_of(offerings[0]))
    return [
        Hold(
            person=person,
            leg=leg,
            offering=offering,
            pool_id=offering.pool_id,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=offering.duration_minutes),
            expires_at=now + timedelta(minutes=minutes),
            created_at=now,
        )
        for leg, (offering, starts_at) in enumerate(zip(offerings, starts, strict=True), 1)
    ]


def _hold(person: Person, rows: Sequence[Hold], now: datetime, *, reclaim: bool) -> list[Hold]:
    enter = [hold_stay(row) for row in rows]
    with write_transaction():
        standing = standing_for_update(person.pk)
        require_in_force(person)
        refuse_if_blocked(standing, now)
        require_below_cap(standing, rows[0].offering, len(rows), now)
        _require_pause(standing, rows[0].offering, now)
        leave = give_up_holds(person, enter, now, reclaim=reclaim)
        change(leave=leave, enter=enter)
        _remember(standing, now, rows[0].expires_at)
        return Hold.objects.bulk_create(rows)


def _require_pause(standing: Standing, offering: Offering, now: datetime) -> None:
    """Refuses `HoldPaused` soon after a hold ran out, unless something was booked since it began.

    It is kept with the person when the hold begins: whoever reclaims an expired one may not wait
    for its holder, and a booking in one statement need not know.
    """
    pause = timedelta(seconds=policy("hold.pause_seconds", now, scopes_of(offering)))
    if not is_pausing(standing.held_until, now, pause):
        return
    booked = Appointment.objects.filter(person=standing.person_id, created_at__gte=standing.held_at)
    if not booked.exists():
        raise HoldPaused


def _remember(standing: Standing, held_at: datetime | None, held_until: datetime | None) -> None:
    standing.held_at, standing.held_until = held_at, held_until
    standing.save(update_fields=["held_at", "held_until"])


def release_hold(*, person: Person, now: datetime) -> bool:
    """Give up what the person holds while filling in a form; False if it was nothing.

    Emits `hold_lapsed` where somebody waits, as whatever gives a hold's place up does.
    """
    with write_transaction():
        standing = standing_for_update(person.pk)
        mine = Hold.objects.filter(person=person, purpose=Hold.Purpose.FORM)
        leave = _delete(mine.order_by("pk"), now)
        change(leave=leave, enter=[])
        if standing.held_until is not None and standing.held_until > now:
            _remember(standing, None, None)
    return bool(leave)


def release_expired_holds(*, now: datetime, limit: int = 200) -> int:
    """Free what expired holds still take; returns how many. The worker calls this.

    An offer from the waiting list goes to the next in turn instead (`pass_on_lapsed_offers`); one
    that was forgotten there is freed here. Emits `hold_lapsed` where somebody waits.
    """
    forgotten = Q(expires_at__lte=now - FORGOTTEN)
    mine = Q(purpose=Hold.Purpose.FORM) | forgotten
    due = Hold.objects.filter(mine, expires_at__lte=now).order_by("expires_at")
    return sum(_lapse(pk, now) for pk in list(due.values_list("pk", flat=True)[:limit]))


def _lapse(pk: int, now: datetime) -> int:
    with write_transaction():
        leave = _delete(Hold.objects.filter(pk=pk, expires_at__lte=now), now)
        change(leave=leave, enter=[])
    return len(leave)


def give_up_holds(
    person: Person, wanted: Sequence[Stay], now: datetime, *, reclaim: bool
) -> list[Stay]:
    """Delete holds that stand between a person and the places wanted; returns their places.

    One's own form always, an offer of the same places; with `reclaim` also anybody's expired holds
    that touch them. Inside the transaction that then changes the ledger; whoever deletes a hold
    gives its places back.
    """
    theirs = Q(person=person, purpose=Hold.Purpose.FORM)
    for stay in wanted:
        theirs |= Q(person=person, pool_id=stay.pool_id, starts_at=stay.starts_at)
        if reclaim:
            touching = Q(starts_at__lt=stay.ends_at, ends_at__gt=stay.starts_at)
            theirs |= touching & Q(pool_id=stay.pool_id, expires_at__lte=now)
    return _delete(Hold.objects.filter(theirs).order_by("pk"), now, wanted)


def stays_to_count_free(person: Person, offerings: Sequence[Offering], now: datetime) -> list[Stay]:
    """Places that would be given up for a visit of `offerings`: one's own, and expired holds."""
    over = Q(pool_id__in={offering.pool_id for offering in offerings}, expires_at__lte=now)
    own = Q(person=person, purpose=Hold.Purpose.FORM)
    return [hold_stay(hold) for hold in Hold.objects.filter(own | over)]


def _delete(holds: QuerySet[Hold], now: datetime, wanted: Sequence[Stay] = ()) -> list[Stay]:
    """The places of the holds that this transaction deleted, not those another one did.

    Those that are not `wanted` instead become free, which is told to whoever waits.
    """
    gone = [hold for hold in holds if Hold.objects.filter(pk=hold.pk).delete()[0] == 1]
    for hold in gone:
        if hold_stay(hold) not in wanted:
            announce_free(hold_stay(hold), hold.offering, now=now, kind="hold_lapsed")
    return [hold_stay(hold) for hold in gone]
