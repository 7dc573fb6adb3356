"""A block may end what its person has booked: after commit, whatever led to it."""

from __future__ import annotations

from datetime import datetime

from mawaeed.booking.actions.cancel import cancel_all_of
from mawaeed.booking.models import Appointment
from mawaeed.booking.scopes import scopes_of
from mawaeed.conduct.actions import standing_for_update
from mawaeed.conduct.models import Block, Event
from mawaeed.kernel.actor import SYSTEM
from mawaeed.kernel.database import write_transaction
from mawaeed.kernel.models import OutboxEvent
from mawaeed.kernel.policies import Scope, policy


def end_bookings(event: OutboxEvent, now: datetime) -> None:
    """Somebody was blocked: where the settings say so, everything they have booked is cancelled.

    By the centre, without an event of conduct. Nothing is cancelled once the block is lifted or
    over; a repeat finds nothing. Emits `appointment_cancelled` for each.
    """
    block = Block.objects.select_related("person").filter(pk=event.payload["block_id"]).first()
    if block is None:
        return  # the account is gone, and all it booked with it
    if not policy("conduct.block_cancels_bookings", now, _scopes(block)):
        return
    with write_transaction():
        standing_for_update(block.person_id)  # whoever lifts it holds the row too
        in_force = Block.objects.filter(pk=block.pk, lifted_at__isnull=True, ends_at__gt=now)
        if in_force.exists():
            cancel_all_of(person=block.person, actor=SYSTEM, reason="blocked", now=now)


def _scopes(block: Block) -> list[Scope]:
    """Those of the last appointment that counted; without any, the agency's alone."""
    counted = Event.objects.filter(pk__in=block.events, appointment_id__isnull=False).last()
    if counted is None or counted.appointment_id is None:
        return []
    found = Appointment.objects.select_related("offering__centre").filter(pk=counted.appointment_id)
    return [scope for appointment in found for scope in scopes_of(appointment.offering)]
