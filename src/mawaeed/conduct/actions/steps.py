"""Steps the use cases share; each runs inside its caller's transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings

from mawaeed.conduct.errors import ReasonMissing
from mawaeed.conduct.models import Block, Standing
from mawaeed.kernel import history, outbox
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.errors import Malformed, Stale
from mawaeed.kernel.statements import Question, given

LONGEST_REASON = 200


def standing_for_update(person_id: int) -> Standing:
    """The person's limit row, made if absent, locked until the transaction ends.

    Taken before any appointment, interval or ticket (docs/locking.md).
    """
    standing = _LOCKED.first(person=person_id)
    if standing is not None:
        return standing
    Standing.objects.get_or_create(person_id=person_id)
    return _LOCKED.get(person=person_id)


_LOCKED = Question(lambda: Standing.objects.select_for_update().filter(person_id=given("person")))


def clean_reason(reason: str, field: str = "reason", longest: int = LONGEST_REASON) -> str:
    """A non-empty sentence of bounded length. Refuses `ReasonMissing`, `Malformed`."""
    text = reason.replace("\x00", "").strip()  # no database keeps that character
    if not text:
        raise ReasonMissing(field=field)
    if len(text) > longest:
        raise Malformed(field=field)
    return text


def note(
    subject_kind: str,
    subject_id: int,
    *,
    from_state: str,
    to_state: str,
    actor: Actor,
    now: datetime,
    centre_id: int | None = None,
    reason: str = "",
) -> None:
    """The history row of a change."""
    history.record(
        subject_kind=subject_kind,
        subject_id=subject_id,
        from_state=from_state,
        to_state=to_state,
        actor=actor,
        at=now,
        day=local_date(now, settings.TIME_ZONE),
        centre_id=centre_id,
        reason=reason[:LONGEST_REASON],
    )


def tell(
    kind: str, person_id: int, now: datetime, centre_id: int | None = None, **payload: Any
) -> None:
    """The outbox event for the person."""
    outbox.emit(
        kind=kind,
        subject_kind="person",
        subject_id=person_id,
        at=now,
        day=local_date(now, settings.TIME_ZONE),
        centre_id=centre_id,
        payload=payload,
    )


def lift(block: Block, *, actor: Actor, reason: str, now: datetime) -> None:
    """End a block in force; the person's Standing is locked by the caller. Refuses `Stale`."""
    changed = Block.objects.filter(pk=block.pk, lifted_at__isnull=True, ends_at__gt=now).update(
        lifted_at=now,
        lifted_by_id=actor.id if actor.kind == "staff" else None,
        lifted_reason=reason[:LONGEST_REASON],
    )
    if changed != 1:
        raise Stale
    Standing.objects.filter(person_id=block.person_id).update(blocked_until=None)
    note(
        "block",
        block.pk,
        from_state="in_force",
        to_state="lifted",
        actor=actor,
        now=now,
        reason=reason,
    )
    tell("block_lifted", block.person_id, now, block_id=block.pk)
