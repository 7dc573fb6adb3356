"""A made-up log of tickets and displays, in the form `mawaeed estimates replay` reads.

Each queue has one counter with exponential service; displays are read every five minutes.
"""

from __future__ import annotations

import csv
import gzip
import random
from collections.abc import Iterable, Sequence
from io import StringIO
from pathlib import Path

from mawaeed.commands.estimates_log import SNAPSHOTS, TICKETS

QUEUES = (("North", "1", 4.0), ("North", "2", 7.0), ("South", "1", 5.0), ("East", "9", 6.0))
DAYS = ("2026-01-04", "2026-01-05", "2026-01-06")
OPENS, CLOSES = 480.0, 720.0

Fields = dict[str, object]


def made_up_log(seed: int = 1) -> tuple[list[Fields], list[Fields]]:
    """Tickets and displays of three offices and three days."""
    chance = random.Random(seed)
    tickets: list[Fields] = []
    samples: list[Fields] = []
    for day in DAYS:
        for office, queue, minutes in QUEUES:
            found = _day(chance, office, queue, day, minutes)
            tickets += found
            samples += _displays(office, queue, day, found)
    return tickets, samples


def _day(chance: random.Random, office: str, queue: str, day: str, minutes: float) -> list[Fields]:
    found: list[Fields] = []
    at, free = OPENS, OPENS
    while (at := at + chance.expovariate(0.9 / minutes)) < CLOSES:
        called = max(at, free)
        free = called + chance.expovariate(1 / minutes)
        issued_min, called_min = round(at, 2), round(called, 2)
        read = OPENS + 5 * ((at - OPENS) // 5)
        waiting = sum(1 for each in found if _waits(each, read))
        found.append(
            {
                "office": office,
                "queue_id": queue,
                "date": day,
                "seq": len(found) + 1,
                "issued_min": issued_min,
                "called_min": called_min,
                "wait_min": round(called_min - issued_min, 2),
                "waiting_before": waiting,
                "counters_before": 1,
                "official_service_min": minutes,
                "clean": 1,
            }
        )
    return found


def _waits(ticket: Fields, at: float) -> bool:
    return float(str(ticket["issued_min"])) <= at < float(str(ticket["called_min"]))


def _displays(office: str, queue: str, day: str, tickets: Sequence[Fields]) -> Iterable[Fields]:
    for at in range(int(OPENS), int(CLOSES), 5):
        yield {
            "office": office,
            "queue_id": queue,
            "date": day,
            "time": f"{at // 60:02d}:{at % 60:02d}",
            "waiting": sum(_waits(each, at) for each in tickets),
            "counters_open": 1,
        }


def write_tickets(path: Path, rows: Sequence[Fields]) -> Path:
    """The rows as CSV, gzipped when the name says so."""
    return _written(path, TICKETS, rows)


def write_samples(path: Path, rows: Sequence[Fields]) -> Path:
    """The displays as CSV, gzipped when the name says so."""
    return _written(path, SNAPSHOTS, rows)


def _written(path: Path, columns: Sequence[str], rows: Sequence[Fields]) -> Path:
    with StringIO(newline="") as text:
        writer = csv.DictWriter(text, columns)
        writer.writeheader()
        writer.writerows(rows)
        written = text.getvalue().encode("utf-8")
    path.write_bytes(gzip.compress(written) if path.suffix == ".gz" else written)
    return path
