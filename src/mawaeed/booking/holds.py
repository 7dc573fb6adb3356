"""Reads of holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

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
