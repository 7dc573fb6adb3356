"""What there is once, however many centres play a day: the worker and the visitors' telephones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from random import Random

from mawaeed.commands.simulation.opinions import Opinion, opinions
from mawaeed.commands.simulation.plan import Visitor
from mawaeed.commands.simulation.worker import run_worker_once


class Surroundings:
    """Shared by the days that are played together."""

    def __init__(self, seed: int, work: Callable[[datetime], None] = run_worker_once) -> None:
        self.work = work
        self.visitor_of: dict[int, Visitor] = {}  # by the id of the ticket
        self._random = Random(seed)
        self._newest_message = 0
        self._minute: datetime | None = None

    def minute(self, now: datetime) -> list[Opinion]:
        """The worker's turn, once for each moment whoever asks; then the answers to what it sent.

        The answers belong to whoever asked first.
        """
        if self._minute == now:
            return []
        self._minute = now
        self.work(now)
        found = []
        for message_id, opinion in opinions(self.visitor_of, self._newest_message, self._random):
            self._newest_message = message_id
            if opinion is not None:
                found.append(opinion)
        return found
