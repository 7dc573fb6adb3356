"""Where somebody stands: block, run, record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from mawaeed.conduct.errors import PersonBlocked
from mawaeed.conduct.models import Appeal, Block, Event, Standing
from mawaeed.conduct.rules import Conduct
from mawaeed.kernel.policies import policy
from mawaeed.people.models import Person


@dataclass(frozen=True, slots=True)
class Limits:
    """The rule's settings in force."""

    threshold: int
    window: timedelta
    block: timedelta
    count_all: bool


def limits_at(now: datetime) -> Limits:
    """The agency-wide settings of the rule in force at `now`."""
    return Limits(
        threshold=policy("conduct.threshold", now),
        window=timedelta(hours=policy("conduct.window_hours", now)),
        block=timedelta(days=policy("conduct.block_days", now)),
        count_all=policy("conduct.count_all_cancellations", now),
    )


def current_block(person: Person, now: datetime) -> Block | None:
    """The block in force at `now`, if any."""
    return (
        Block.objects.filter(person=person, lifted_at__isnull=True, ends_at__gt=now)
        .order_by("-ends_at")
        .first()
    )


def refuse_if_blocked(standing: Standing, now: datetime) -> None:
    """Refuses `PersonBlocked` while a block is in force; one in the past is simply over."""
    if standing.blocked_until is not None and standing.blocked_until > now:
        raise blocked_until(standing.blocked_until, now)


def blocked_until(moment: datetime, now: datetime) -> PersonBlocked:
    """The refusal while a block is in force, with the reason by the settings at `now`."""
    threshold = policy("conduct.threshold", now)
    return PersonBlocked.until(moment, threshold, bookings_end=bookings_end(now))


def refusal_of(person: Person, now: datetime) -> PersonBlocked | None:
    """What booking would refuse somebody now, to be told before anything is filled in."""
    block = current_block(person, now)
    return blocked_until(block.ends_at, now) if block else None


def bookings_end(now: datetime) -> bool:
    """Whether a block cancels what its person has booked: agency-wide, as the block itself is."""
    return bool(policy("conduct.block_cancels_bookings", now))


def conduct_record(person: Person, now: datetime | None = None) -> QuerySet[Event]:
    """What a person did, newest first; with `now`, only what was recorded by then."""
    events = Event.objects.filter(person=person).order_by("-at", "-pk")
    return events if now is None else events.filter(recorded_at__lte=now)


def open_appeals() -> QuerySet[Appeal]:
    """Objections that wait for an answer, oldest first."""
    open_ones = Appeal.objects.filter(state=Appeal.State.OPEN)
    return open_ones.select_related("block__person").order_by("created_at", "pk")


def unreversed_events(person_id: int, *, up_to: int | None = None) -> list[Event]:
    """Every event that stands, of one person; `up_to`: only those written before or as this one.

    Events of one person are written under the lock on the Standing, so ids are in their order.
    """
    events = Event.objects.filter(person_id=person_id, reversed_at__isnull=True)
    if up_to is not None:
        events = events.filter(pk__lte=up_to)
    return list(events.order_by("at", "pk"))


def emptied_at(person_id: int, *, before: Block | None = None) -> datetime | None:
    """When the last block ended, will end, or was lifted: the run starts anew after it.

    `before`: only blocks made before this one. The order is that of writing, not of clocks: a
    racing request may have read an earlier time than the block it waited for.
    """
    blocks = Block.objects.filter(person_id=person_id)
    if before is not None:
        blocks = blocks.filter(pk__lt=before.pk)
    return max((min(one.lifted_at or one.ends_at, one.ends_at) for one in blocks), default=None)


def as_value(event: Event) -> Conduct:
    """What the rule sees of an event."""
    return Conduct(
        at=event.at,
        kind=event.kind,
        id=event.pk,
        centre_id=event.centre_id,
        visit_day=event.visit_day,
        booked_at=event.booked_at,
    )
