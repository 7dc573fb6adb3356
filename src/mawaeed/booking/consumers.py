"""Whoever waits learns of what became free: after commit, in turn, within their messages."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from mawaeed.availability.models import CalendarChange
from mawaeed.availability.queries import free_starts
from mawaeed.booking.actions.offers import (
    LOOKED_AT,
    claim,
    may_accept,
    note_told,
    offerings_of_pool,
)
from mawaeed.booking.actions.waiting import end_if_moved_to_suit
from mawaeed.booking.models import Appointment, WaitingEntry
from mawaeed.booking.rules import last_bookable_date
from mawaeed.booking.scopes import scopes_of
from mawaeed.booking.waiting.queries import anybody_waits_at, in_turn, wish_of
from mawaeed.booking.waiting.rules import suits
from mawaeed.centres.models import Centre, Offering, Pool
from mawaeed.kernel.clock import day_bounds, local_date
from mawaeed.kernel.models import OutboxEvent
from mawaeed.kernel.policies import policy

# What may have made places public.
KINDS = (
    "appointment_cancelled",
    "appointment_displaced",
    "appointment_missed",
    "appointment_moved",
    "calendar_changed",
    "hold_lapsed",
    "place_passed_on",
    "place_warmed",
    "places_opened",
    "places_released",
)


@dataclass(frozen=True, slots=True)
class Span:
    """Where places became public: a pool from one moment to another (UTC, half-open)."""

    pool_id: int
    starts_at: datetime
    ends_at: datetime
    many: bool = False


def tell_those_waiting(event: OutboxEvent, now: datetime) -> None:
    """Tell those in turn of what is free now where `event` says; end what a move fulfilled.

    Nothing is told of a place that is kept, resting or taken again: what counts is the ledger at
    this moment. At most `waiting.told_per_place` people are told of one place.
    """
    if event.kind == "appointment_moved":
        _end_fulfilled(event, now)
    for span in _spans(event):
        offering = _any_offering(span.pool_id) if span.ends_at > now else None
        if offering is not None and anybody_waits_at(offering.centre_id):
            _tell_in_turn(span, offering, now)


def _any_offering(pool_id: int) -> Offering | None:
    return Offering.objects.select_related("centre", "pool").filter(pool=pool_id).first()


def _tell_in_turn(span: Span, offering: Offering, now: datetime) -> None:
    zone = offering.centre.timezone
    offerings = {each.service_id: each for each in offerings_of_pool(offering)}
    starts: dict[int, list[datetime]] = {}
    most = policy("waiting.told_per_place", now, scopes_of(offering))
    told: Counter[datetime | None] = Counter()
    waiting = in_turn(
        service_ids=offerings,
        offering=offering,
        first_day=local_date(span.starts_at, zone),
        last_day=local_date(span.ends_at - timedelta(microseconds=1), zone),
        now=now,
    )
    for entry in waiting[:LOOKED_AT]:
        theirs = offerings[entry.service_id]
        if theirs.pk not in starts:
            starts[theirs.pk] = _free(span, theirs, now)
        suitable = _first_suitable(entry, theirs, starts[theirs.pk])
        place = suitable if span.many else None  # one freed place is one, wherever it is begun
        if suitable is None or told[place] >= most or not may_accept(entry, now):
            continue
        if claim(entry, now, offering):
            note_told(entry, span.pool_id, suitable, now)
            told[place] += 1


def _free(span: Span, offering: Offering, now: datetime) -> list[datetime]:
    """Free starts of an offering that use something of the span, inside the horizon."""
    zone = offering.centre.timezone
    days = policy("booking.horizon_days", now, scopes_of(offering))
    horizon = day_bounds(last_bookable_date(local_date(now, zone), days), zone)[1]
    length = timedelta(minutes=offering.duration_minutes)
    after, before = max(now, span.starts_at - length), min(span.ends_at, horizon)
    if after >= before:
        return []
    # The last ones reach beyond the span, so what lies behind it is read too.
    found = free_starts(offering, after, before + length)
    starts = (datetime.fromtimestamp(each, UTC) for each in found)
    return [start for start in starts if start < before]


def _first_suitable(
    entry: WaitingEntry, offering: Offering, starts: list[datetime]
) -> datetime | None:
    wish, zone = wish_of(entry), offering.centre.timezone
    return next(
        (
            start
            for start in starts
            if suits(
                wish,
                centre_id=offering.centre_id,
                day=local_date(start, zone),
                starts_at=start,
            )
        ),
        None,
    )


def _spans(event: OutboxEvent) -> list[Span]:
    told: dict[str, Any] = event.payload
    if event.kind in {"appointment_cancelled", "appointment_missed"}:
        left = Appointment.objects.get(pk=event.subject_id)
        return [Span(left.pool_id, left.starts_at, left.ends_at)]
    if event.kind in {"appointment_moved", "appointment_displaced"}:
        begin, end = _moment(told["from_starts_at"]), _moment(told["from_ends_at"])
        return [Span(told["from_pool_id"], begin, end)]
    if event.kind == "calendar_changed":
        return _changed(event)
    if event.kind == "places_opened":
        return _opened(event)
    if event.kind == "places_released":
        zone = Pool.objects.select_related("centre").get(pk=told["pool_id"]).centre.timezone
        begin, end = day_bounds(date.fromisoformat(told["date"]), zone)
        return [Span(told["pool_id"], begin, end, many=True)]
    return [Span(told["pool_id"], _moment(told["starts_at"]), _moment(told["ends_at"]))]


def _changed(event: OutboxEvent) -> list[Span]:
    """What a change of a centre's days may have added, or taking one back."""
    change = CalendarChange.objects.get(pk=event.subject_id)
    adds = change.kind in {CalendarChange.Kind.COUNTER_ADDED, CalendarChange.Kind.OPENING_RULE}
    if not adds and event.payload["state"] != "undone":
        return []
    return _everywhere(change.centre_id, change.starts_at, change.ends_at)


def _opened(event: OutboxEvent) -> list[Span]:
    """The days that were opened."""
    centre = Centre.objects.get(calendar=event.subject_id)
    first, last = (date.fromisoformat(event.payload[name]) for name in ("from_date", "until_date"))
    begin, end = day_bounds(first, centre.timezone)[0], day_bounds(last, centre.timezone)[1]
    return _everywhere(centre.pk, begin, end)


def _everywhere(centre_id: int, begin: datetime, end: datetime) -> list[Span]:
    pools = Pool.objects.filter(centre=centre_id, active=True).order_by("pk")
    return [Span(pool_id, begin, end, many=True) for pool_id in pools.values_list("pk", flat=True)]


def _end_fulfilled(event: OutboxEvent, now: datetime) -> None:
    moved = Appointment.objects.filter(pk=event.subject_id).first()
    if moved is not None:
        former = _moment(event.payload["from_starts_at"])
        end_if_moved_to_suit(appointment=moved, from_starts_at=former, now=now)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
