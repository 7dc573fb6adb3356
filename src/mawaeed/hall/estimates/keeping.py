"""What stays of all halls from day to day, as plain numbers to keep in a row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mawaeed.hall.estimates.line import Halls, Line, Mean, Office, Past


def past_as_json(halls: Halls) -> dict[str, Any]:
    """Headways and waits of earlier days; of the day itself nothing."""
    return {
        "headways": _pair(halls.headways),
        "offices": {
            name: {
                "headways": _pair(office.headways),
                "lines": {queue: _past(line.past) for queue, line in office.lines.items()},
            }
            for name, office in halls.offices.items()
        },
    }


def halls_from_json(kept: Mapping[str, Any], offices: frozenset[str]) -> Halls:
    """Empty halls with the past that `past_as_json` kept of these offices."""
    return Halls(
        _mean(kept["headways"]),
        {
            name: Office(
                _mean(office["headways"]),
                {queue: Line(past=_read(past)) for queue, past in office["lines"].items()},
            )
            for name, office in kept["offices"].items()
            if name in offices
        },
    )


def _past(past: Past) -> dict[str, Any]:
    return {
        "headways": _pair(past.headways),
        "waits": _pair(past.waits),
        "by_hour": {str(hour): _pair(mean) for hour, mean in past.waits_by_hour.items()},
        "by_ahead": {str(size): _pair(mean) for size, mean in past.waits_by_ahead.items()},
        "paces": _pair(past.paces),
    }


def _read(kept: Mapping[str, Any]) -> Past:
    return Past(
        _mean(kept["headways"]),
        _mean(kept["waits"]),
        {int(hour): _mean(pair) for hour, pair in kept["by_hour"].items()},
        {int(size): _mean(pair) for size, pair in kept["by_ahead"].items()},
        _mean(kept["paces"]),
    )


def _pair(mean: Mean) -> list[float]:
    return [mean.count, round(mean.total, 4)]


def _mean(pair: list[float]) -> Mean:
    return Mean(int(pair[0]), pair[1])
