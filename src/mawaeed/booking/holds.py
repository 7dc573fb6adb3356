"""Reads of holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import reduce
from operator import or_

from django.db.models import Q

from mawaeed.availability.places import Stay
from mawaeed.booking.models import Hold
from mawaeed.centres.models import Offering
from mawaeed.people.models import Person


def live_holds(person: Person, now: datetime) -> list[Hold]:
    """What the person's form holds now, by leg."""
    mine = Hold.objects.filter(person=person, purpose=Hold.Purpose.FORM, expires_at__gt=now)
    related = mine.select_related("offering", "offering__service", "offering__centre")
    return list(related.order_by("leg"))


def standing_hold(
    person: Person, offerings: Sequence[Offering], starts_at: datetime, now: datetime
) -> list[Hold]:
    """What is held of exactly this choice; nothing if it is another."""
    rows = live_holds(person, now)
    same = [row.offering_id for row in rows] == [offering.pk for offering in offerings]
    return rows if rows and same and rows[0].starts_at == starts_at else []


def hold_stay(hold: Hold) -> Stay:
    """The places a hold covers."""
    return Stay(hold.pool_id, hold.starts_at, hold.ends_at, hold.places)  # type: ignore[arg-type]


def is_held_by_expired(stays: Sequence[Stay], now: datetime) -> bool:
    """Whether a hold that has expired still takes some of these places: worth reclaiming."""
    touching = [
        Q(pool_id=stay.pool_id, starts_at__lt=stay.ends_at, ends_at__gt=stay.starts_at)
        for stay in stays
    ]
    return Hold.objects.filter(reduce(or_, touching), expires_at__lte=now).exists()
