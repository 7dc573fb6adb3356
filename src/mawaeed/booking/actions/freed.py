"""What happens to a place that becomes free: the one function every freeing action calls."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import datetime, timedelta

from mawaeed.availability.models import Cooling
from mawaeed.availability.places import Stay, cool_places, warm_places
from mawaeed.booking.actions.offers import offer_in_turn, taken_again
from mawaeed.booking.actions.steps import scopes_of, stay_of
from mawaeed.booking.models import Appointment
from mawaeed.booking.waiting.freed_rules import Fate, FreedSettings, cooled_until, fate_of_freed
from mawaeed.booking.waiting.queries import anybody_waits_at
from mawaeed.centres.models import Offering
from mawaeed.kernel import outbox
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.database import write_transaction
from mawaeed.kernel.policies import policy

Freed = tuple[Stay, Offering]
_draw = random.SystemRandom().random


def let_go(places: Iterable[Freed], *, now: datetime) -> list[Freed]:
    """Decide about places that this transaction has just given back; returns the public ones.

    Call it after the ledger was changed, with the rows still locked. Each is bookable at once
    unless an option of its offering keeps it for the first person waiting, or lets it rest.
    """
    return [(stay, offering) for stay, offering in places if not _kept(stay, offering, now)]


def _kept(stay: Stay, offering: Offering, now: datetime) -> bool:
    settings = freed_settings(offering, now)
    fate = fate_of_freed(stay.starts_at, now, settings)
    if stay.kind != "public" or fate is Fate.PUBLIC:
        return False
    if fate is Fate.LIST:
        expires_at = now + settings.offer
        return offer_in_turn(stay, offering, expires_at=expires_at, now=now) is not None
    if not taken_again(stay):
        return False
    until = cooled_until(stay.starts_at, now, settings, _draw())
    cool_places(stay, until=until, offering_id=offering.pk)
    return True


def is_public_at_once(appointment: Appointment, now: datetime) -> bool:
    """Whether everybody may book the place in the moment it is given up, by the options in force.

    Else it rests, goes to those waiting first, or is one of the centre's own.
    """
    stay = stay_of(appointment)
    fate = fate_of_freed(stay.starts_at, now, freed_settings(appointment.offering, now))
    return stay.kind == "public" and fate is Fate.PUBLIC


def left_behind(old: Iterable[Freed], new: Iterable[Stay]) -> list[Freed]:
    """The places of a move that are wholly free after it: those which no new one overlaps."""
    taken = list(new)
    return [
        (stay, offering)
        for stay, offering in old
        if not any(
            stay.pool_id == other.pool_id
            and stay.starts_at < other.ends_at
            and other.starts_at < stay.ends_at
            for other in taken
        )
    ]


def freed_settings(offering: Offering, now: datetime) -> FreedSettings:
    """The options in force for an offering."""
    scopes = scopes_of(offering)
    return FreedSettings(
        never_within=timedelta(hours=policy("freed.never_within_hours", now, scopes)),
        cool_down=timedelta(minutes=policy("freed.cool_down_minutes", now, scopes)),
        list_first=bool(policy("freed.waiting_list_first", now, scopes)),
        offer=timedelta(minutes=policy("waiting.offer_minutes", now, scopes)),
    )


def announce_free(stay: Stay, offering: Offering, *, now: datetime, kind: str) -> None:
    """Emit `kind` for those who wait, if anybody does, about a place that is public now."""
    if stay.kind != "public" or not anybody_waits_at(offering.centre_id):
        return
    outbox.emit(
        kind=kind,
        subject_kind="offering",
        subject_id=offering.pk,
        at=now,
        day=local_date(now, offering.centre.timezone),
        centre_id=offering.centre_id,
        payload={
            "pool_id": stay.pool_id,
            "starts_at": stay.starts_at.isoformat(),
            "ends_at": stay.ends_at.isoformat(),
        },
    )


def warm_due_places(*, now: datetime, limit: int = 200) -> int:
    """End every cool-down that is over; returns how many. The worker calls this.

    Emits `place_warmed`.
    """
    due = Cooling.objects.filter(until__lte=now).order_by("until", "pk")
    return sum(_warm(cooling, now) for cooling in list(due[:limit]))


def _warm(cooling: Cooling, now: datetime) -> bool:
    offering = Offering.objects.select_related("centre").get(pk=cooling.offering_id)
    with write_transaction():
        if not warm_places(cooling):
            return False
        stay = Stay(cooling.pool_id, cooling.starts_at, cooling.ends_at)
        announce_free(stay, offering, now=now, kind="place_warmed")
    return True
