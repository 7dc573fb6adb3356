"""Arrival times of a real (or synthetic) log, mapped to a centre's services and hours.

A log is CSV, plain or gzipped, with the columns office, queue_id, date, issued_min, wait_min
(minutes after local midnight; minutes) and optionally clean.
"""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TextIO

from mawaeed.commands.refusal import CommandRefused
from mawaeed.commands.simulation.plan import Offered, Opening

REQUIRED = ("office", "queue_id", "date", "issued_min", "wait_min")


@dataclass(frozen=True, slots=True)
class LoggedArrival:
    """One ticket of the log."""

    queue: str
    issued_min: float
    wait_min: float


def read_arrivals(path: Path, *, office: str, day: date) -> list[LoggedArrival]:
    """The tickets of one office and day in order of issue; refuses a file of another form."""
    with _opened(path) as file:
        reader = csv.DictReader(file)
        missing = [name for name in REQUIRED if name not in (reader.fieldnames or ())]
        if missing:
            raise CommandRefused(f"{path}: the columns {', '.join(missing)} are missing")
        rows = [row for row in reader if row["office"] == office and row["date"] == day.isoformat()]
    if not rows:
        raise CommandRefused(f"{path}: no ticket of office {office} on {day}")
    try:
        found = [
            LoggedArrival(row["queue_id"], float(row["issued_min"]), float(row["wait_min"]))
            for row in rows
        ]
    except ValueError as error:
        raise CommandRefused(f"{path}: {error}") from error
    return sorted(found, key=lambda arrival: arrival.issued_min)


def map_queues(arrivals: Sequence[LoggedArrival], offered: Sequence[Offered]) -> dict[str, Offered]:
    """Busiest queue to the shortest service, and so on round the services that take walk-ins."""
    takers = sorted(
        (one for one in offered if one.walk_ins), key=lambda one: (one.minutes, one.service_code)
    )
    if not takers:
        raise CommandRefused("this centre has no service for walk-ins")
    busiest = Counter(arrival.queue for arrival in arrivals).most_common()
    return {queue: takers[place % len(takers)] for place, (queue, _) in enumerate(busiest)}


def map_times(
    arrivals: Sequence[LoggedArrival], queues: dict[str, Offered], openings: Sequence[Opening]
) -> list[tuple[str, datetime]]:
    """Log minutes stretched from the log's day to the hours of each queue's pool (UTC)."""
    first = min(arrival.issued_min for arrival in arrivals)
    last = max(arrival.issued_min for arrival in arrivals)
    span = max(last - first, 1.0)
    moments = []
    for arrival in arrivals:
        hours = [one for one in openings if one.pool_id == queues[arrival.queue].pool_id]
        if hours:
            moments.append((arrival.queue, _within(hours, (arrival.issued_min - first) / span)))
    return sorted(moments, key=lambda pair: pair[1])


def _within(hours: Sequence[Opening], share: float) -> datetime:
    """The moment at `share` of the total opening time, kept off the last half hour."""
    total = sum(((one.ends_at - one.starts_at) for one in hours), timedelta())
    left = share * max(total - timedelta(minutes=30), timedelta(minutes=5))
    for one in sorted(hours, key=lambda one: one.starts_at):
        length = one.ends_at - one.starts_at
        if left < length:
            return one.starts_at + timedelta(seconds=round(left.total_seconds()))
        left -= length
    return hours[-1].ends_at - timedelta(minutes=30)


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    if not path.exists():
        raise CommandRefused(f"{path}: no such file")
    if path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            yield file
    else:
        with path.open(encoding="utf-8", newline="") as file:
            yield file
