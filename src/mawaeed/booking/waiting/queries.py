"""Reads of the waiting list: who is next in turn, what one waits for, what one was offered."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from mawaeed.booking.models import Appointment, Hold, WaitingEntry
from mawaeed.booking.scopes import scopes_of
from mawaeed.booking.waiting.rules import Wish, quiet_time
from mawaeed.centres.models import Offering
from mawaeed.kernel.errors import NotFound
from mawaeed.kernel.policies import policy
from mawaeed.kernel.secrets import keyed_hash
from mawaeed.people.models import Person

TOKEN_BYTES = 9  # 72 bits in twelve characters: short enough for one message


def _entries() -> QuerySet[WaitingEntry]:
    return WaitingEntry.objects.select_related(
        "person",
        "beneficiary",
        "service",
        "centre__directorate",
        "appointment__offering__centre",
        "appointment__centre",
        "offered_pool__centre__directorate",
    )


def entries_for_person(person: Person) -> QuerySet[WaitingEntry]:
    """What the person waits for or waited for, newest first."""
    return _entries().filter(person=person).order_by("-created_at", "-pk")


def entry_for_person(person: Person, pk: int) -> WaitingEntry:
    """The person's own entry; another's is `NotFound`."""
    found = _entries().filter(person=person, pk=pk).first()
    if found is None:
        raise NotFound
    return found


def entry_by_token(token: str) -> WaitingEntry:
    """The entry behind a message's link, or `NotFound`."""
    number, _, proof = token.partition("-")
    try:
        pk = int(number, 36)
    except ValueError:
        raise NotFound from None
    genuine = hmac.compare_digest(proof.encode(), _proof(pk).encode())
    found = _entries().filter(pk=pk).first() if genuine and pk < 1 << 62 else None
    if found is None:
        raise NotFound
    return found


def token_of(entry: WaitingEntry) -> str:
    """The short signed token of an entry's link: its number and a proof, nothing personal."""
    return f"{_base36(entry.pk)}-{_proof(entry.pk)}"


def wish_of(entry: WaitingEntry) -> Wish:
    """What the entry asks for."""
    held = entry.appointment
    return Wish(
        centre_id=entry.centre_id,
        from_date=entry.from_date,
        until_date=entry.until_date,
        earlier_than=held.starts_at if held else None,
    )


def anybody_waits_at(centre_id: int) -> bool:
    """Whether anybody has an open entry for this centre or for any."""
    here = Q(centre_id=centre_id) | Q(centre__isnull=True)
    return WaitingEntry.objects.filter(here, state__in=WaitingEntry.OPEN).exists()


def in_turn(
    *,
    service_ids: Iterable[int],
    offering: Offering,
    first_day: date,
    last_day: date,
    now: datetime,
) -> QuerySet[WaitingEntry]:
    """Who waits for one of the services at the offering's centre and may be told now; oldest first.

    Left out: who was told lately or often enough, who holds an offer, who is blocked, whose
    account ended, and whose appointment to be moved is no longer booked.
    """
    scopes = scopes_of(offering)
    per_day = policy("waiting.messages_per_day", now, scopes)
    if per_day < 1:
        return WaitingEntry.objects.none()
    theirs = WaitingEntry.objects.filter(person=OuterRef("person"))
    lately = theirs.filter(last_message_at__gt=now - quiet_time(per_day))
    offer = Hold.objects.filter(person=OuterRef("person"), purpose=Hold.Purpose.OFFER)
    kept = Q(appointment__isnull=True) | Q(appointment__state=Appointment.State.BOOKED)
    blocked = Q(person__standing__blocked_until__gt=now)
    return (
        _entries()
        .filter(
            kept,
            Q(centre__isnull=True) | Q(centre_id=offering.centre_id),
            state=WaitingEntry.State.WAITING,
            service_id__in=list(service_ids),
            messages__lt=policy("waiting.messages_in_all", now, scopes),
            from_date__lte=last_day,
            until_date__gte=first_day,
            person__superseded_at__isnull=True,
        )
        .exclude(blocked)
        .filter(~Exists(lately), ~Exists(offer))
        .order_by("created_at", "pk")
    )


def offered_offering(entry: WaitingEntry) -> Offering | None:
    """What the entry's last offer is of: its service at the centre of the place."""
    return (
        Offering.objects.select_related("service", "centre__directorate", "pool")
        .filter(service=entry.service_id, pool=entry.offered_pool_id, active=True)
        .first()
    )


def has_live_offer(entry: WaitingEntry, now: datetime) -> bool:
    """Whether a place is kept for the entry now."""
    return (
        entry.state == WaitingEntry.State.OFFERED
        and entry.offer_expires_at is not None
        and entry.offer_expires_at > now
    )


def has_news(entry: WaitingEntry, now: datetime) -> bool:
    """Whether the entry was offered or told of a place that has not begun yet."""
    return (
        entry.state in WaitingEntry.OPEN
        and entry.offered_starts_at is not None
        and entry.offered_starts_at > now
    )


def _proof(pk: int) -> str:
    digest = bytes.fromhex(keyed_hash(f"waiting:{pk}"))[:TOKEN_BYTES]
    return base64.urlsafe_b64encode(digest).decode()


def _base36(number: int) -> str:
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    text = ""
    while number:
        number, rest = divmod(number, 36)
        text = digits[rest] + text
    return text or "0"
