"""Reads of messages: the demonstration's inbox and figures for the operator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from mawaeed.notifications.models import Message


@dataclass(frozen=True, slots=True)
class InboxItem:
    """A message as its recipient sees it. `sent_at` is UTC."""

    to: str
    text: str
    sent_at: datetime
    kind: str
    language: str
    parts: int


def inbox(*, to: str | None = None, limit: int = 100) -> list[InboxItem]:
    """Messages handed over, newest first; only those to the mobile `to` (E.164) if given."""
    messages = Message.objects.filter(
        state__in=(Message.State.SENT, Message.State.DELIVERED), sent_at__isnull=False
    )
    if to is not None:
        messages = messages.filter(to=to)
    return [
        InboxItem(row.to, row.text, row.sent_at, row.kind, row.language, row.parts)
        for row in messages.order_by("-id")[:limit]
        if row.sent_at is not None
    ]


def counts_by_state() -> dict[str, int]:
    """How many messages are in each state, zero included."""
    rows = Message.objects.values_list("state").annotate(rows=Count("id"))
    counted = dict(rows)
    return {state.value: counted.get(state.value, 0) for state in Message.State}
