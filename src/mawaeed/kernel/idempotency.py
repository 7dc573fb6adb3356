"""Repeating a write gives the first success again; refusals are not kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, OperationalError, transaction

from mawaeed.kernel.actor import Actor
from mawaeed.kernel.clock import real_now
from mawaeed.kernel.database import is_lock_wait, waiting_at_most
from mawaeed.kernel.errors import KeyReused, Malformed, StillWorking
from mawaeed.kernel.models import IdempotencyKey

KEPT_FOR = timedelta(hours=24)
MAX_KEY_LENGTH = 80
# PostgreSQL; on SQLite the connection's own time-out bounds the wait.
LOCK_WAIT = timedelta(seconds=5)


def once(
    *, actor: Actor, key: str, body: dict[str, Any], write: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """Carry out `write` once per actor and key and return its JSON result, then and later.

    Refuses `KeyReused` (the key came with another body), `Malformed` (no usable key) and
    `StillWorking`. The key's row is written in the same transaction as the effect, so both are
    there or neither; a concurrent repeat waits on the unique constraint, not for ever, and then
    reads the first result.
    """
    if not key or len(key) > MAX_KEY_LENGTH:
        raise Malformed(field="Idempotency-Key")
    body_hash = hashlib.sha256(json.dumps(body, sort_keys=True, default=str).encode()).hexdigest()
    known = _known(actor, key, body_hash)
    if known is not None:
        return known
    row = None
    try:
        with transaction.atomic():
            with waiting_at_most(LOCK_WAIT):
                row = IdempotencyKey.objects.create(
                    actor=str(actor), key=key, body_hash=body_hash, result={}, created_at=real_now()
                )
            result = write()
            IdempotencyKey.objects.filter(pk=row.pk).update(result=result)
            return result
    except IntegrityError:
        known = _known(actor, key, body_hash)
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


def _known(actor: Actor, key: str, body_hash: str) -> dict[str, Any] | None:
    row = IdempotencyKey.objects.filter(actor=str(actor), key=key).first()
    if row is None:
        return None
    if row.created_at < real_now() - KEPT_FOR:
        row.delete()  # the worker has not come to it yet; the key is free again
        return None
    if row.body_hash != body_hash:
        raise KeyReused
    result: dict[str, Any] = row.result
    return result
