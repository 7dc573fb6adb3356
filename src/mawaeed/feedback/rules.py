"""What a rating may hold."""

from __future__ import annotations

from collections.abc import Collection, Mapping

LOWEST, HIGHEST = 1, 5
MAX_COMMENT = 1000


def is_score(value: object) -> bool:
    """Whether `value` is a whole number from 1 to 5."""
    return isinstance(value, int) and not isinstance(value, bool) and LOWEST <= value <= HIGHEST


def wrong_scores(scores: Mapping[str, object], dimensions: Collection[str]) -> list[str]:
    """The codes in `scores` that are no dimension or whose value is no score."""
    return [code for code, value in scores.items() if code not in dimensions or not is_score(value)]
