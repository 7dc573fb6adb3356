"""Repeating a write gives the first success again; refusals are not kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, OperationalError, transaction

from mawaeed.kernel.actor import Actor
from mawaeed.kernel.clock import real_now
from mawaeed.kernel.database import is_lock_wait, waiting_at_most
from mawaeed.kernel.errors import KeyReused, Malformed, StillWorking
from mawaeed.kernel.models import IdempotencyKey
from mawaeed.kernel.secrets import keyed_hash

KEPT_FOR = timedelta(hours=24)
MAX_KEY_LENGTH = 80
# PostgreSQL; on SQLite the connection's own time-out bounds the wait.
LOCK_WAIT = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Repeatable:
    """A write that may be repeated: who asks, under which key, and for what."""

    actor: str
    key: str
    body_hash: str


@dataclass(frozen=True, slots=True)
class FirstAnswer:
    """What a key's first request asked for and was answered, and when (real time)."""

    body_hash: str
    result: dict[str, Any]
    created_at: datetime

    @property
    def is_over(self) -> bool:
        """Whether it is kept no longer: its key is free again."""
        return self.created_at < real_now() - KEPT_FOR

    def to(self, request: Repeatable) -> dict[str, Any]:
        """The answer to a repeat; refuses `KeyReused` when it asks for something else."""
        if self.body_hash != request.body_hash:
            raise KeyReused
        return self.result


def repeatable(*, actor: Actor, key: str, body: dict[str, Any]) -> Repeatable:
    """Name a write that may be repeated. Refuses `Malformed` (no usable key)."""
    if not key or len(key) > MAX_KEY_LENGTH:
        raise Malformed(field="Idempotency-Key")
    # Keyed: a body may hold a personal number, of which there are few enough to try all.
    written = json.dumps(body, sort_keys=True, default=str)
    return Repeatable(str(actor), key, keyed_hash(written))


def first_answer(request: Repeatable) -> dict[str, Any] | None:
    """What the first request under this key was answered, if there was one. Refuses `KeyReused`."""
    row = IdempotencyKey.objects.filter(actor=request.actor, key=request.key).first()
    if row is None:
        return None
    known = FirstAnswer(row.body_hash, row.result, row.created_at)
    if known.is_over:
        row.delete()  # the worker has not come to it yet
        return None
    return known.to(request)


def once(
    *, actor: Actor, key: str, body: dict[str, Any], write: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """Carry out `write` once per actor and key and return its JSON result, then and later.

    Refuses `KeyReused` (the key came with another body), `Malformed` (no usable key) and
    `StillWorking`. The key's row is written in the same transaction as the effect, so both are
    there or neither; a concurrent repeat waits on the unique constraint, not for ever, and then
    reads the first result.
    """
    request = repeatable(actor=actor, key=key, body=body)
    known = first_answer(request)
    if known is not None:
        return known
    row = None
    try:
        with transaction.atomic():
            with waiting_at_most(LOCK_WAIT):
                row = IdempotencyKey.objects.create(
                    actor=request.actor,
                    key=request.key,
                    body_hash=request.body_hash,
                    result={},
                    created_at=real_now(),
                )
            result = write()
            IdempotencyKey.objects.filter(pk=row.pk).update(result=result)
            return result
    except IntegrityError:
        known = first_answer(request)
        if known is None:
            raise
        return known
    except OperationalError as error:
        if row is None and is_lock_wait(error):
            raise StillWorking from error
        raise


def forget_old_keys() -> int:
    """Delete keys older than 24 hours; returns how many. The worker calls this."""
    deleted, _ = IdempotencyKey.objects.filter(created_at__lt=real_now() - KEPT_FOR).delete()
    return deleted
