"""Whether a centre's listing grows with the country: two databases of one server, asked in turn.

Each has a process of its own that runs the same code, so that only the size differs, and they
take turns by the reading, so that the machine's moods fall on both alike.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Mapping
from multiprocessing.connection import Connection
from statistics import median
from typing import Any

import bulk
import catalogue
import days
import world as worlds

FAMILIAR = 13
PAIRS = 5


def listing_growth(
    few: Mapping[str, str], many: Mapping[str, str], residents: int, *, repeats: int
) -> dict[str, Any]:
    """Milliseconds of one centre's listing in an empty database and in the loaded one.

    `few` names an empty database, which gets thirteen centres; `many` the one that is loaded.
    """
    small = _Reader(few, worlds.plan(FAMILIAR, residents=residents, fresh=0))
    large = _Reader(many, None)
    readers = [(small, large)]
    try:
        # A process may be lucky in its core and its memory: several of each.
        readers += [(_Reader(few, None), _Reader(many, None)) for _ in range(PAIRS - 1)]
        pairs = [_in_turn(*pair, repeats // PAIRS) for pair in readers]
        slots = [each.tell("slots") for each in readers[0]]
        found = [
            {"slots": count, "median_ms": round(median(pair[place] for pair in pairs), 3)}
            for place, count in enumerate(slots)
        ]
        return {
            "listing_13": found[0],
            "listing_all": found[1] | {"of_13": sorted(round(b / a, 3) for a, b in pairs)},
            "plans_13": small.tell("plans"),
        }
    finally:
        for pair in readers:
            for each in pair:
                each.close()


def _in_turn(small: _Reader, large: _Reader, repeats: int) -> tuple[float, float]:
    """Median milliseconds of either."""
    readers = (small, large)
    times: tuple[list[float], list[float]] = ([], [])
    for each in readers:
        each.ask(3)  # warm
    for turn in range(repeats):
        for place in (0, 1) if turn % 2 else (1, 0):
            times[place].extend(readers[place].ask(1))
    return median(times[0]), median(times[1])


class _Reader:
    """A process that reads the listing when asked."""

    def __init__(self, environment: Mapping[str, str], load: worlds.Plan | None) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, dict(environment), load), daemon=True
        )
        self._process.start()
        self.tell("ready")

    def ask(self, repeats: int) -> list[float]:
        """So many readings, milliseconds each."""
        times: list[float] = self.tell(repeats)
        return times

    def tell(self, asked: Any) -> Any:
        """The answer to something else."""
        self._pipe.send(asked)
        answer = self._pipe.recv()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        """End the process."""
        self._pipe.send(None)
        self._process.join(10)
        if self._process.is_alive():
            self._process.kill()


def _serve(pipe: Connection, environment: dict[str, str], load: worlds.Plan | None) -> None:
    os.environ.update(environment)
    try:
        _set_up(load)
    except Exception as error:  # noqa: BLE001 (told to the one who asks)
        pipe.send(error)
        return
    import statements

    asked = ("c1", worlds.service_code(0, 0))
    answers = {
        "ready": lambda: True,
        "slots": lambda: statements.listing_times(*asked, repeats=1)["slots"],
        "plans": lambda: statements.listing_plans(*asked),
    }
    while (wanted := pipe.recv()) is not None:
        if wanted in answers:
            pipe.send(answers[wanted]())
        else:
            pipe.send(statements.listing_times(*asked, repeats=wanted)["times"])


def _set_up(load: worlds.Plan | None) -> None:
    import django

    django.setup()
    if load is not None:
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        catalogue.load_catalogue(load)
        days.load_days(load)
        bulk.settle()
