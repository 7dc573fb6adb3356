"""Live topics of the hall: names of what changed, without anything personal."""

from __future__ import annotations

from mawaeed.kernel.identifiers import digest


def hall_topic(centre_code: str) -> str:
    """Whatever a centre's board, counters and supervisor show."""
    return f"hall:{centre_code}"


def ticket_topic(secret: str) -> str:
    """One ticket's page; the secret itself never travels in a stream."""
    return f"ticket:{digest(secret)[:16]}"
