"""Lifting a block, and the objection to one."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from mawaeed.conduct.actions.steps import clean_reason, lift, note, standing_for_update, tell
from mawaeed.conduct.errors import AlreadyAppealed, NothingToAppeal
from mawaeed.conduct.models import Appeal, Block
from mawaeed.conduct.queries import current_block
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.database import write_transaction
from mawaeed.kernel.errors import Stale
from mawaeed.people.models import Person

LONGEST_TEXT = 1000


def lift_block(*, block: Block, actor: Actor, reason: str, now: datetime) -> Block:
    """Let the person book again; the run starts anew. The caller checks the role.

    Refuses `Malformed` (no reason), `Stale` (over or lifted already). Emits `block_lifted`.
    """
    why = clean_reason(reason)
    with write_transaction():
        standing_for_update(block.person_id)
        lift(block, actor=actor, reason=why, now=now)
    block.refresh_from_db()
    return block


def appeal(*, person: Person, text: str, now: datetime) -> Appeal:
    """Object to the block in force, once.

    Refuses `Malformed`, `NothingToAppeal`, `AlreadyAppealed`. Emits `appeal_made`.
    """
    words = clean_reason(text, "text", LONGEST_TEXT)
    with write_transaction():
        standing_for_update(person.pk)
        block = current_block(person, now)
        if block is None:
            raise NothingToAppeal
        try:
            with transaction.atomic():
                made = Appeal.objects.create(block=block, text=words, created_at=now)
        except IntegrityError:
            raise AlreadyAppealed from None
        actor = Actor("person", person.pk)
        note("appeal", made.pk, from_state="", to_state=made.state, actor=actor, now=now)
        tell("appeal_made", person.pk, now, appeal_id=made.pk)
    return made


def decide_appeal(
    *, appeal: Appeal, upheld: bool, answer: str, actor: Actor, now: datetime
) -> Appeal:
    """Answer an objection; upheld, it lifts the block if that is still in force.

    Refuses `Malformed` (no answer), `Stale` (decided already). Emits `appeal_decided`.
    """
    words = clean_reason(answer, "answer", LONGEST_TEXT)
    state = Appeal.State.UPHELD if upheld else Appeal.State.REFUSED
    with write_transaction():
        standing_for_update(appeal.block.person_id)
        changed = Appeal.objects.filter(pk=appeal.pk, state=Appeal.State.OPEN).update(
            state=state, answer=words, decided_at=now, decided_by_id=actor.id
        )
        if changed != 1:
            raise Stale
        note(
            "appeal", appeal.pk, from_state=Appeal.State.OPEN, to_state=state, actor=actor, now=now
        )
        tell("appeal_decided", appeal.block.person_id, now, appeal_id=appeal.pk, upheld=upheld)
        block = Block.objects.get(pk=appeal.block_id)
        if upheld and block.lifted_at is None and block.ends_at > now:
            lift(block, actor=actor, reason=words, now=now)
    appeal.refresh_from_db()
    return appeal
