"""Reads a log of tickets and of displays; refuses a bad file with its line and the reason.

CSV, plain or gzipped, with the columns of `TICKETS` and `SNAPSHOTS` in any order; others are
passed over. Times are minutes after local midnight, or HH:MM for displays.
"""

from __future__ import annotations

import csv
import gzip
import math
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TextIO, TypeVar

from mawaeed.commands.refusal import CommandRefused
from mawaeed.hall.estimates.replay import LoggedSample, LoggedTicket

TICKETS = (
    "office",
    "queue_id",
    "date",
    "seq",
    "issued_min",
    "called_min",
    "wait_min",
    "waiting_before",
    "counters_before",
    "official_service_min",
    "clean",
)
SNAPSHOTS = ("office", "queue_id", "date", "time", "waiting", "counters_open")
MINUTES_A_DAY = 24 * 60

_Row = dict[str, str]
_Parsed = TypeVar("_Parsed")


def read_tickets(path: Path) -> list[LoggedTicket]:
    """Every ticket of the log, as the file orders them."""
    found: list[LoggedTicket] = []
    seen: set[tuple[str, str, date, int]] = set()
    for line, row in _rows(path, TICKETS):
        ticket = _parsed(path, line, row, _ticket)
        key = (ticket.office, ticket.queue, ticket.day, ticket.seq)
        if key in seen:
            raise _refused(path, line, f"ticket {ticket.seq} of this queue and day came before")
        seen.add(key)
        found.append(ticket)
    if not found:
        raise CommandRefused(f"{path}: no ticket in it")
    return found


def read_samples(path: Path) -> list[LoggedSample]:
    """Everything the displays said, as the file orders it."""
    return [_parsed(path, line, row, _sample) for line, row in _rows(path, SNAPSHOTS)]


def _ticket(row: _Row) -> LoggedTicket:
    issued_at = _minutes(row, "issued_min")
    called_at = _minutes(row, "called_min")
    if called_at < issued_at:
        raise ValueError(f"called_min {called_at:g} is before issued_min {issued_at:g}")
    if row["clean"] not in {"0", "1"}:
        raise ValueError(f"clean is “{row['clean']}”, not 0 or 1")
    return LoggedTicket(
        office=_word(row, "office"),
        queue=_word(row, "queue_id"),
        day=_date(row),
        seq=_count(row, "seq"),
        issued_at=issued_at,
        called_at=called_at,
        wait=_number(row, "wait_min"),
        waiting=_count(row, "waiting_before"),
        counters=_count(row, "counters_before"),
        planned_minutes=_number(row, "official_service_min"),
        clean=row["clean"] == "1",
    )


def _sample(row: _Row) -> LoggedSample:
    return LoggedSample(
        office=_word(row, "office"),
        queue=_word(row, "queue_id"),
        day=_date(row),
        at=_clock(row),
        waiting=_count(row, "waiting"),
        counters=_count(row, "counters_open"),
    )


def _rows(path: Path, wanted: Sequence[str]) -> Iterator[tuple[int, _Row]]:
    line = 1
    try:
        with _opened(path) as file:
            reader = csv.DictReader(file, restkey="", strict=True)
            missing = [name for name in wanted if name not in (reader.fieldnames or ())]
            if missing:
                raise _refused(path, 1, f"the columns {', '.join(missing)} are missing")
            for row in reader:
                line = reader.line_num
                if "" in row or None in row.values():
                    raise _refused(path, line, "another number of fields than the first line")
                yield line, row
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise _refused(path, line, f"not a whole gzip file ({error})", after=True) from error
    except UnicodeDecodeError as error:
        raise _refused(path, line, "not UTF-8 text", after=True) from error
    except csv.Error as error:
        raise _refused(path, line, str(error), after=True) from error
    except OSError as error:
        raise CommandRefused(f"{path}: {error.strerror or error}") from error


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    if path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            yield file
    else:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield file


def _parsed(path: Path, line: int, row: _Row, parse: Callable[[_Row], _Parsed]) -> _Parsed:
    try:
        return parse(row)
    except ValueError as error:
        raise _refused(path, line, str(error)) from error


def _refused(path: Path, line: int, reason: str, *, after: bool = False) -> CommandRefused:
    return CommandRefused(f"{path}, {'after line' if after else 'line'} {line}: {reason}")


def _word(row: _Row, column: str) -> str:
    if not row[column].strip():
        raise ValueError(f"{column} is empty")
    return row[column].strip()


def _number(row: _Row, column: str) -> float:
    try:
        value = float(row[column])
    except ValueError:
        raise ValueError(f"{column} is “{row[column]}”, not a number") from None
    if not math.isfinite(value) or value < 0:
        raise ValueError(f"{column} is {row[column]}, not a number from 0 on")
    return value


def _minutes(row: _Row, column: str) -> float:
    value = _number(row, column)
    if value >= MINUTES_A_DAY:
        raise ValueError(f"{column} is {row[column]}, later than the day's last minute")
    return value


def _count(row: _Row, column: str) -> int:
    value = _number(row, column)
    if value != int(value):
        raise ValueError(f"{column} is {row[column]}, not a whole number")
    return int(value)


def _date(row: _Row) -> date:
    try:
        return date.fromisoformat(row["date"])
    except ValueError:
        raise ValueError(f"date is “{row['date']}”, not like 2026-01-31") from None


def _clock(row: _Row) -> float:
    hours, _, minutes = row["time"].partition(":")
    if not (hours.isdecimal() and minutes.isdecimal() and int(hours) < 24 and int(minutes) < 60):
        raise ValueError(f"time is “{row['time']}”, not like 08:05")
    return int(hours) * 60.0 + int(minutes)
