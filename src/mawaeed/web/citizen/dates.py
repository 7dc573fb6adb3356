"""Dates that come from three short fields."""

from __future__ import annotations

from collections.abc import Mapping


def typed_date(posted: Mapping[str, str], name: str) -> str:
    """What was typed into day, month and year, as year-month-day; not checked."""
    day, month, year = (
        str(posted.get(f"{name}_{part}") or "").strip()[:12] for part in ("day", "month", "year")
    )
    return f"{year}-{month}-{day}"
