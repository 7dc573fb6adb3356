"""Offer a place to the first who waits for it, or tell those in turn that it is public."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings

from mawaeed.availability.places import NoPlace, NotOpen, Stay, take_places
from mawaeed.booking.models import Hold, WaitingEntry
from mawaeed.booking.scopes import scopes_of
from mawaeed.booking.waiting.queries import in_turn, wish_of
from mawaeed.booking.waiting.rules import may_tell, suits
from mawaeed.centres.models import Offering
from mawaeed.kernel import history, outbox
from mawaeed.kernel.actor import SYSTEM, Actor
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.database import has_turn, write_transaction
from mawaeed.kernel.policies import policy

SUBJECT = "waiting_entry"
# Of those who wait, in turn, so many are looked at for one place.
LOOKED_AT = 200


def offer_in_turn(
    stay: Stay, offering: Offering, *, expires_at: datetime, now: datetime
) -> WaitingEntry | None:
    """Keep a place just given back for the first person waiting whom it suits; None: nobody.

    Inside the transaction that gave it back. Emits `place_offered`.
    """
    day = local_date(stay.starts_at, offering.centre.timezone)
    fitting = {each.service_id: each for each in offerings_of_pool(offering)}
    length = stay.ends_at - stay.starts_at
    fitting = {pk: each for pk, each in fitting.items() if _length(each) <= length}
    waiting = in_turn(
        service_ids=fitting, offering=offering, first_day=day, last_day=day, now=now
    ).exclude(offered_pool_id=stay.pool_id, offered_starts_at=stay.starts_at)
    for entry in waiting[:LOOKED_AT]:
        theirs = fitting[entry.service_id]
        wished = suits(
            wish_of(entry), centre_id=theirs.centre_id, day=day, starts_at=stay.starts_at
        )
        if not wished or not may_accept(entry, now):
            continue
        place = Stay(stay.pool_id, stay.starts_at, stay.starts_at + _length(theirs))
        if claim(entry, now, offering):
            return _offered(entry, place, theirs, expires_at, now)
    return None


def _offered(
    entry: WaitingEntry, place: Stay, offering: Offering, expires_at: datetime, now: datetime
) -> WaitingEntry | None:
    if not taken_again(place):
        return None  # sold beyond the capacity: it makes good for that
    Hold.objects.create(
        person_id=entry.person_id,
        purpose=Hold.Purpose.OFFER,
        offering=offering,
        pool_id=place.pool_id,
        starts_at=place.starts_at,
        ends_at=place.ends_at,
        expires_at=expires_at,
        created_at=now,
    )
    note_told(entry, place.pool_id, place.starts_at, now, expires_at=expires_at)
    return entry


def taken_again(stay: Stay) -> bool:
    """Take back a place just given back; False where it was sold beyond the capacity."""
    try:
        with write_transaction():  # a savepoint: what it touched is given back
            take_places(stay)
    except (NoPlace, NotOpen):
        return False
    return True


def claim(entry: WaitingEntry, now: datetime, offering: Offering) -> bool:
    """Lock an entry that may be told now, without ever waiting for anybody.

    The person's turn makes the number of messages exact where several places are freed at once;
    an entry that somebody else is changing in this moment is passed over.
    """
    if not has_turn(turn_of(entry)):
        return False
    own = WaitingEntry.objects.select_for_update(skip_locked=True, of=("self",))
    fresh = own.filter(pk=entry.pk, state=WaitingEntry.State.WAITING).first()
    if fresh is None:
        return False
    entry.messages = fresh.messages
    scopes = scopes_of(offering)
    theirs = WaitingEntry.objects.filter(person_id=entry.person_id)
    last = theirs.exclude(last_message_at=None).order_by("-last_message_at").first()
    return (
        not Hold.objects.filter(person_id=entry.person_id, purpose=Hold.Purpose.OFFER).exists()
    ) and may_tell(
        messages=fresh.messages,
        last_at=last.last_message_at if last else None,
        now=now,
        per_day=policy("waiting.messages_per_day", now, scopes),
        in_all=policy("waiting.messages_in_all", now, scopes),
    )


def turn_of(entry: WaitingEntry) -> str:
    """The name of the turn in which something is told to, or accepted by, the one who waits."""
    return f"waiting:{entry.person_id}"


def note_told(
    entry: WaitingEntry,
    pool_id: int,
    starts_at: datetime,
    now: datetime,
    *,
    expires_at: datetime | None = None,
) -> None:
    """Write down what a claimed entry is told, count the message and owe it.

    With `expires_at` the place is kept for them: waiting → offered, emits `place_offered`; else
    emits `place_told`.
    """
    before = entry.state
    entry.state = WaitingEntry.State.OFFERED if expires_at else WaitingEntry.State.WAITING
    entry.messages += 1
    entry.last_message_at = now
    entry.offered_pool_id = pool_id
    entry.offered_starts_at = starts_at
    entry.offer_expires_at = expires_at
    entry.save(
        update_fields=[
            "state",
            "messages",
            "last_message_at",
            "offered_pool",
            "offered_starts_at",
            "offer_expires_at",
        ]
    )
    kind = "place_offered" if expires_at else "place_told"
    note(entry, from_state=before, actor=SYSTEM, now=now, event=kind)
    outbox.emit(
        kind=kind,
        subject_kind=SUBJECT,
        subject_id=entry.pk,
        at=now,
        day=_day(entry, now),
        payload={"pool_id": pool_id, "starts_at": starts_at.isoformat()},
    )


def note(
    entry: WaitingEntry,
    *,
    from_state: str,
    actor: Actor,
    now: datetime,
    reason: str = "",
    **details: Any,
) -> None:
    """The history row of a change of an entry."""
    history.record(
        subject_kind=SUBJECT,
        subject_id=entry.pk,
        from_state=from_state,
        to_state=entry.state,
        actor=actor,
        at=now,
        day=_day(entry, now),
        agency_id=entry.service.agency_id,
        centre_id=entry.centre_id,
        reason=reason,
        details=details,
    )


def offerings_of_pool(offering: Offering) -> Sequence[Offering]:
    """What a place of the offering's pool can be used for."""
    return list(
        Offering.objects.select_related("service", "centre", "pool").filter(
            pool=offering.pool_id, active=True, service__active=True, centre__active=True
        )
    )


def may_accept(entry: WaitingEntry, now: datetime) -> bool:
    """Whether an appointment to be given up may still be moved once more."""
    held = entry.appointment
    if held is None:
        return True
    return bool(held.moves < policy("booking.moves_cap", now, scopes_of(held.offering)))


def _length(offering: Offering) -> timedelta:
    return timedelta(minutes=offering.duration_minutes)


def _day(entry: WaitingEntry, now: datetime) -> date:
    return local_date(now, entry.centre.timezone if entry.centre else settings.TIME_ZONE)
