"""Hands waiting messages to the gateway, outside any transaction, each under a lease."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet

from mawaeed.kernel.clock import now as current_time
from mawaeed.kernel.clock import real_now
from mawaeed.kernel.statements import Question, given, update_where
from mawaeed.notifications.models import Message
from mawaeed.notifications.senders import Failed, Sender, Sent, Text, configured

logger = logging.getLogger(__name__)

# Real time. Longer than a gateway may take; a killed worker's message is taken again after it.
LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 8
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=10)
# What these say opens an account: it is not kept once sent.
SECRET_KINDS = frozenset({"sign_in_code"})

WAITING = Message.State.WAITING
# Every attempt changes one of them.
MARKS = ("attempts", "leased_until", "due_at")
Mine = dict[str, Any]


def send_due(*, now: datetime | None = None, limit: int = 50, sender: Sender | None = None) -> int:
    """Send up to `limit` due messages; returns how many were tried.

    `now` (UTC, by default the clock's) is noted as the time of sending.
    At least once: a worker killed between the gateway's answer and its note sends again.
    """
    driver = sender or configured()
    due = _first_due(limit).all(at=real_now())
    return sum(_send(message, driver, now or current_time()) for message in due)


def retry_failed() -> int:
    """Give every failed message a fresh start; returns how many. Codes are past use by then."""
    failed = Message.objects.filter(state=Message.State.FAILED).exclude(kind="sign_in_code")
    return failed.update(state=WAITING, attempts=0, due_at=real_now(), leased_until=None)


@cache
def _first_due(limit: int) -> Question[Message]:
    def due() -> QuerySet[Message]:
        free = Q(leased_until__isnull=True) | Q(leased_until__lt=given("at"))
        found = Message.objects.filter(free, state=WAITING, due_at__lte=given("at"))
        return found.order_by("due_at", "id")[:limit]

    return Question(due)


def _send(message: Message, driver: Sender, now: datetime) -> bool:
    """Whoever leases it as it was read may send it: another worker's attempt counts one more."""
    lease = real_now() + LEASE
    attempts = message.attempts + 1
    as_read = {name: getattr(message, name) for name in ("pk", "state", *MARKS)}
    if update_where(Message, as_read, {"leased_until": lease, "attempts": attempts}) != 1:
        return False  # another worker has it
    message.attempts = attempts
    outcome = driver.send(Text(message.to, message.kind, message.text, message.parts))
    mine = {"pk": message.pk, "state": WAITING, "leased_until": lease}
    if isinstance(outcome, Sent):
        _note_sent(mine, message, outcome, now)
    else:
        _note_failed(mine, message, outcome)
    return True


def _note_sent(mine: Mine, message: Message, outcome: Sent, now: datetime) -> None:
    sent: dict[str, Any] = {
        "state": Message.State.DELIVERED if outcome.delivered else Message.State.SENT,
        "sent_at": now,
        "leased_until": None,
    }
    if message.kind in SECRET_KINDS and not settings.DEMO:
        sent["text"] = ""
    update_where(Message, mine, sent)


def _note_failed(mine: Mine, message: Message, outcome: Failed) -> None:
    final = message.attempts >= MAX_ATTEMPTS
    failed = {
        "state": Message.State.FAILED if final else WAITING,
        "due_at": real_now() + pause_after(message.attempts),
        "leased_until": None,
    }
    update_where(Message, mine, failed)
    logger.warning(
        "message %s not sent (attempt %s): %s", message.pk, message.attempts, outcome.reason
    )


def pause_after(attempts: int) -> timedelta:
    """How long to wait after the `attempts`-th failure: 5 s, 10 s, 20 s … at most 10 minutes."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * (1 << min(max(attempts, 1) - 1, 20)))
