"""A block may end what its person has booked: after commit, whatever led to it."""

from __future__ import annotations

from datetime import datetime

from mawaeed.booking.actions.cancel import cancel_all_of
from mawaeed.conduct.actions import standing_for_update
from mawaeed.conduct.models import Block
from mawaeed.conduct.queries import bookings_end
from mawaeed.kernel.actor import SYSTEM
from mawaeed.kernel.database import write_transaction
from mawaeed.kernel.models import OutboxEvent


def end_bookings(event: OutboxEvent, now: datetime) -> None:
    """Somebody was blocked: where the settings say so, everything they have booked is cancelled.

    By the centre, without an event of conduct. Nothing is cancelled once the block is lifted or
    over; a repeat finds nothing. Emits `appointment_cancelled` for each.
    """
    block = Block.objects.select_related("person").filter(pk=event.payload["block_id"]).first()
    if block is None:
        return  # the account is gone, and all it booked with it
    if not bookings_end(now):
        return
    with write_transaction():
        standing_for_update(block.person_id)  # whoever lifts it holds the row too
        in_force = Block.objects.filter(pk=block.pk, lifted_at__isnull=True, ends_at__gt=now)
        if in_force.exists():
            cancel_all_of(person=block.person, actor=SYSTEM, reason="blocked", now=now)
