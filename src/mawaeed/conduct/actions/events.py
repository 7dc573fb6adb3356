"""Events of conduct: recorded, reversed, pardoned. Here the rule is carried out."""

from __future__ import annotations

from datetime import date, datetime

from django.conf import settings
from django.db.models import QuerySet

from mawaeed.centres.models import Centre
from mawaeed.conduct.actions.steps import clean_reason, lift, note, standing_for_update, tell
from mawaeed.conduct.models import Block, Event, Pardon, Standing
from mawaeed.conduct.queries import (
    Limits,
    as_value,
    emptied_at,
    limits_at,
    unreversed_events,
)
from mawaeed.conduct.rules import Conduct, blocking_run, current_run
from mawaeed.kernel.actor import SYSTEM, Actor
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.database import write_transaction
from mawaeed.kernel.statements import Question, given, insert

PARDONED = "day_pardoned"


def record_event(
    *,
    person_id: int,
    kind: str,
    at: datetime,
    appointment_id: int | None,
    centre_id: int | None,
    now: datetime,
    actor: Actor,
    visit_day: date | None = None,
    booked_at: datetime | None = None,
) -> Event:
    """Write an event and carry out the rule; inside the transaction of whoever caused it.

    `at` is the slot's start for a missed one, the click otherwise (UTC). `visit_day` is the local
    date of the visit (default: that of `at`); `booked_at` is when the appointment was made, and
    tells the services of one visit (one event) from visits booked one after another. A repeat for
    the same appointment returns the first event. Emits `conduct_warned` with the first event of
    a run and `person_blocked` when the rule blocks.
    """
    standing = standing_for_update(person_id)
    if appointment_id is not None:
        known = _KNOWN.first(appointment=appointment_id, kind=kind)
        if known is not None:
            return known
    event = Event(
        person_id=person_id,
        kind=kind,
        at=at,
        recorded_at=now,
        appointment_id=appointment_id,
        centre_id=centre_id,
        visit_day=visit_day or local_date(at, settings.TIME_ZONE),
        booked_at=booked_at,
    )
    if kind != Event.Kind.ATTENDED and _is_pardoned(centre_id, event.visit_day):
        event.reversed_at, event.reversed_reason = now, PARDONED
    insert(event)
    _note_event(event, "", event.kind, actor, now)
    if event.reversed_at is None and kind != Event.Kind.ATTENDED:
        _apply_rule(standing, event, now)
    return event


_KNOWN = Question(
    lambda: Event.objects.filter(
        appointment_id=given("appointment"), kind=given("kind"), reversed_at__isnull=True
    ).order_by("pk")[:1]
)


def reverse_event(*, appointment_id: int, reason: str, actor: Actor, now: datetime) -> int:
    """Take back what an appointment counted for; returns how many events.

    A block that the remaining events do not carry is lifted. None to reverse is no error.
    """
    why = clean_reason(reason)
    with write_transaction():
        found = Event.objects.filter(appointment_id=appointment_id).first()
        if found is None:
            return 0
        standing_for_update(found.person_id)
        return _reverse(
            found.person_id, Event.objects.filter(appointment_id=appointment_id), why, actor, now
        )


def take_back_attended(
    *,
    person_id: int,
    appointment_id: int | None,
    recorded_at: datetime,
    reason: str,
    actor: Actor,
    now: datetime,
) -> int:
    """A visit recorded as attended at that moment (UTC) is not over yet: the run is as before.

    Strikes made good by it stay made good: whoever was being served was there. Returns how many.
    """
    why = clean_reason(reason)
    with write_transaction():
        standing_for_update(person_id)
        found = Event.objects.filter(
            person_id=person_id,
            kind=Event.Kind.ATTENDED,
            appointment_id=appointment_id,
            recorded_at=recorded_at,
            reversed_at__isnull=True,
        )
        events = list(found.order_by("pk"))
        for event in events:
            _strike_out(event, why, actor, now)
        return len(events)


def pardon_day(*, centre: Centre, day: date, actor: Actor, reason: str, now: datetime) -> int:
    """The system was at fault at `centre` on the local date `day`: no event of it counts.

    Also those recorded later. Returns how many were reversed now; a repeat reverses none. Refuses
    `Malformed` (no reason). The caller checks the role.
    """
    why = clean_reason(reason)
    with write_transaction():
        pardon, is_new = Pardon.objects.get_or_create(
            centre=centre,
            day=day,
            defaults={"reason": why, "pardoned_at": now, "pardoned_by_id": actor.id},
        )
        if is_new:
            note(
                "pardon",
                pardon.pk,
                from_state="",
                to_state="pardoned",
                actor=actor,
                now=now,
                centre_id=centre.pk,
                reason=why,
            )
        events = Event.objects.filter(centre_id=centre.pk, visit_day=day)
        struck = events.exclude(kind=Event.Kind.ATTENDED).filter(reversed_at__isnull=True)
        people = struck.values_list("person_id", flat=True).order_by("person_id").distinct()
        count = 0
        for person_id in list(people):  # in one order: two pardons cannot wait for each other
            standing_for_update(person_id)
            count += _reverse(person_id, events.filter(person_id=person_id), PARDONED, actor, now)
        return count


def _is_pardoned(centre_id: int | None, day: date | None) -> bool:
    if centre_id is None or day is None:
        return False
    return Pardon.objects.filter(centre_id=centre_id, day=day).exists()


def _apply_rule(standing: Standing, event: Event, now: datetime) -> None:
    """Block or warn. While a block is in force nothing is added to it: its end empties the run."""
    since = emptied_at(standing.person_id)
    if since is not None and since > now:
        return
    limits = limits_at(now)
    events = [as_value(one) for one in unreversed_events(standing.person_id)]
    blocking = _blocking(events, limits, since)
    if blocking is not None:
        _block(standing, blocking, event, limits, now)
        return
    run = current_run(events, count_all=limits.count_all, since=since)
    if [one.id for one in run] == [event.pk]:
        tell(
            "conduct_warned",
            standing.person_id,
            now,
            event.centre_id,
            event_id=event.pk,
            event_kind=event.kind,
        )


def _blocking(
    events: list[Conduct], limits: Limits, since: datetime | None
) -> list[Conduct] | None:
    return blocking_run(
        events,
        threshold=limits.threshold,
        window=limits.window,
        count_all=limits.count_all,
        since=since,
    )


def _block(
    standing: Standing, blocking: list[Conduct], event: Event, limits: Limits, now: datetime
) -> None:
    """Always the system's doing: nobody decides it."""
    block = Block.objects.create(
        person_id=standing.person_id,
        starts_at=now,
        ends_at=now + limits.block,
        events=[one.id for one in blocking],
    )
    standing.blocked_until = block.ends_at
    standing.save(update_fields=["blocked_until"])
    note("block", block.pk, from_state="", to_state="in_force", actor=SYSTEM, now=now)
    tell(
        "person_blocked",
        standing.person_id,
        now,
        event.centre_id,
        block_id=block.pk,
        until=block.ends_at.isoformat(),
    )


def _reverse(person_id: int, events: QuerySet[Event], why: str, actor: Actor, now: datetime) -> int:
    """Take strikes back; the person's Standing is locked."""
    standing_strikes = events.exclude(kind=Event.Kind.ATTENDED).filter(reversed_at__isnull=True)
    count = 0
    for event in standing_strikes.order_by("pk"):
        _strike_out(event, why, actor, now)
        count += 1
    if count:
        _lift_if_groundless(person_id, why, now)
    return count


def _strike_out(event: Event, why: str, actor: Actor, now: datetime) -> None:
    event.reversed_at, event.reversed_reason = now, why
    event.save(update_fields=["reversed_at", "reversed_reason"])
    _note_event(event, event.kind, "reversed", actor, now)


def _lift_if_groundless(person_id: int, why: str, now: datetime) -> None:
    """Lift the block in force if what stood when it was made no longer blocks."""
    block = Block.objects.filter(
        person_id=person_id, lifted_at__isnull=True, ends_at__gt=now
    ).first()
    if block is None or not block.events:
        return
    since = emptied_at(person_id, before=block)
    then = [as_value(one) for one in unreversed_events(person_id, up_to=max(block.events))]
    if _blocking(then, limits_at(block.starts_at), since) is None:
        lift(block, actor=SYSTEM, reason=why, now=now)


def _note_event(event: Event, from_state: str, to_state: str, actor: Actor, now: datetime) -> None:
    note(
        "conduct_event",
        event.pk,
        from_state=from_state,
        to_state=to_state,
        actor=actor,
        now=now,
        centre_id=event.centre_id,
        reason=event.reversed_reason,
    )
