"""Confirm or lose: ask in time, take the answer, free what nobody confirmed. Never a strike."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from mawaeed.booking.actions.cancel import lose_unconfirmed
from mawaeed.booking.actions.steps import tell
from mawaeed.booking.confirm_rules import deadline_when_asked
from mawaeed.booking.confirming import ASK, window_of
from mawaeed.booking.errors import NotConfirmedInTime
from mawaeed.booking.models import Appointment
from mawaeed.booking.queries import active_legs
from mawaeed.booking.scopes import scopes_of
from mawaeed.centres.models import Offering
from mawaeed.kernel.actor import SYSTEM, Actor
from mawaeed.kernel.database import write_transaction
from mawaeed.kernel.errors import Stale
from mawaeed.kernel.models import PolicyValue
from mawaeed.kernel.policies import policy

BOOKED = Appointment.State.BOOKED


def ask_to_confirm(*, now: datetime, limit: int = 200) -> int:
    """Ask everybody whose time to confirm has come; returns how many. The worker calls this.

    Emits `confirmation_asked`. Costs one small read where no offering has the option on.
    """
    scopes, most_hours = _switched_on()
    if not most_hours:
        return 0
    due = Appointment.objects.filter(
        scopes,
        state=BOOKED,
        confirm_asked_at__isnull=True,
        confirmed_at__isnull=True,
        starts_at__gt=now,
        starts_at__lte=now + timedelta(hours=most_hours),
    )
    count = 0
    concerned = due.order_by().values_list("offering_id", flat=True).distinct()
    for offering in Offering.objects.select_related("centre").filter(pk__in=list(concerned)):
        hours = policy(ASK, now, scopes_of(offering))
        theirs = due.filter(offering=offering, starts_at__lte=now + timedelta(hours=hours))
        rows = theirs.select_related("centre", "person", "offering__centre").order_by("starts_at")
        count += sum(_ask(each, now) for each in rows[:limit])
    return count


def confirm_appointment(*, appointment: Appointment, actor: Actor, now: datetime) -> Appointment:
    """Take the answer: they will come. The other asked ones of the same visit are confirmed too.

    A repeat, and confirming what was never asked, change nothing. Whether the answer or the
    deadline came first is decided by the row alone: what is still booked can be confirmed.
    Refuses `NotConfirmedInTime`.
    """
    if appointment.state == Appointment.State.FULFILLED:
        return appointment
    if appointment.state not in Appointment.ACTIVE:
        raise NotConfirmedInTime
    for leg in active_legs(appointment):
        _confirm(leg, actor, now)
    return appointment


def free_unconfirmed(*, now: datetime, limit: int = 200) -> int:
    """Cancel what was asked about and not confirmed by its deadline; returns how many.

    The worker calls this. No event of conduct; the place is freed. Emits `appointment_cancelled`
    with `by="system"`.
    """
    due = Appointment.objects.select_related("centre", "person", "offering__centre").filter(
        state=BOOKED, confirmed_at__isnull=True, confirm_by__lte=now
    )
    return sum(_lose(each, now) for each in due.order_by("confirm_by", "pk")[:limit])


def _switched_on() -> tuple[Q, float]:
    """The appointments for which somebody switched the option on, and the longest time."""
    rows = list(PolicyValue.objects.filter(key=ASK).values_list("scope_kind", "scope_id", "value"))
    most = max((float(value) for _, _, value in rows), default=0.0)
    ids: dict[str, list[int]] = {}
    for kind, scope_id, value in rows:
        if value:
            ids.setdefault(kind, []).append(scope_id)
    return _scoped(ids), most


def _scoped(ids: dict[str, list[int]]) -> Q:
    if "agency" in ids:
        return Q()
    return (
        Q(offering_id__in=ids.get("offering", ()))
        | Q(centre_id__in=ids.get("centre", ()))
        | Q(centre__directorate_id__in=ids.get("directorate", ()))
    )


def _ask(appointment: Appointment, now: datetime) -> bool:
    window = window_of(appointment.offering, appointment.starts_at, now)
    if window is None:
        return False
    deadline = deadline_when_asked(window, now, appointment.starts_at)
    if deadline is None:  # too late to be fair: it stands as it is
        _unasked(appointment).update(confirmed_at=now)
        return False
    with write_transaction():
        if _unasked(appointment).update(confirm_asked_at=now, confirm_by=deadline) != 1:
            return False
        appointment.confirm_asked_at, appointment.confirm_by = now, deadline
        tell(
            appointment,
            event="confirmation_asked",
            from_state=BOOKED,
            actor=SYSTEM,
            now=now,
            confirm_by=deadline.isoformat(),
        )
    return True


def _unasked(appointment: Appointment) -> QuerySet[Appointment]:
    return Appointment.objects.filter(
        pk=appointment.pk,
        state=BOOKED,
        moves=appointment.moves,
        starts_at=appointment.starts_at,
        confirm_asked_at__isnull=True,
        confirmed_at__isnull=True,
    )


def _confirm(appointment: Appointment, actor: Actor, now: datetime) -> None:
    if appointment.confirmed_at is not None or appointment.confirm_asked_at is None:
        return
    with write_transaction():
        asked = Appointment.objects.filter(
            pk=appointment.pk, state=BOOKED, confirmed_at__isnull=True, moves=appointment.moves
        )
        if asked.update(confirmed_at=now) == 1:
            appointment.confirmed_at = now
            event = "appointment_confirmed"
            tell(appointment, event=event, from_state=BOOKED, actor=actor, now=now)
            return
    appointment.refresh_from_db()
    if appointment.state not in Appointment.ACTIVE:
        raise NotConfirmedInTime


def _lose(appointment: Appointment, now: datetime) -> bool:
    unanswered = Q(confirmed_at__isnull=True, confirm_by__lte=now)
    try:
        lose_unconfirmed(appointment=appointment, actor=SYSTEM, unanswered=unanswered, now=now)
    except Stale:
        return False  # confirmed, checked in, moved or cancelled in this moment: that wins
    return True
