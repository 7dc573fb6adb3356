"""What several threads ask for at the same time is done at one stroke.

Whoever finds nobody at work begins at once; what is asked for meanwhile waits, and is then done
together by the first of those who wait, in that one's own thread and by its own connection. So a
single caller pays nothing, and a crowd shares what a stroke costs however many it serves: a round
trip, a transaction. No thread of its own, nothing is polled.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Got = TypeVar("Got")

logger = logging.getLogger(__name__)
MOST = 32


class _Place(Generic[Asked, Got]):
    """One caller: what is asked, and what becomes of it once `turn` is free."""

    __slots__ = ("asked", "got", "leads", "turn")

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.got: list[Got] = []  # the one result, if somebody else has found it
        self.leads: list[_Place[Asked, Got]] = []  # those to be done together by this one
        self.turn = threading.Lock()
        self.turn.acquire()


class Together(Generic[Asked, Got]):
    """Calls `run`, one call at a time, with what up to `most` threads ask for.

    `run` gives a result for each, in the same order. It is not to wait for long, since others wait
    for it: if it raises, nobody has a result, and each of its callers tries `alone` in its own
    thread, so that whoever fails then fails alone. What is asked must bear being tried again.
    """

    def __init__(
        self,
        run: Callable[[Sequence[Asked]], Sequence[Got]],
        *,
        alone: Callable[[Asked], Got],
        most: int = MOST,
    ) -> None:
        self._run, self._alone, self._most = run, alone, most
        self._begin()
        os.register_at_fork(after_in_child=self._begin)  # nobody of the parent's is at work there

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[_Place[Asked, Got]] = []
        self._at_work = False

    def __call__(self, asked: Asked) -> Got:
        """The result of what is asked; raises what `alone` raises."""
        mine: _Place[Asked, Got] = _Place(asked)
        with self._lock:
            if self._at_work:
                self._waiting.append(mine)
            else:
                self._at_work, mine.leads = True, [mine]
        if not mine.leads:
            mine.turn.acquire()  # until there is a result, or it is this one's turn to lead
        if mine.leads:
            self._lead(mine)
        return mine.got[0] if mine.got else self._alone(asked)

    def _lead(self, mine: _Place[Asked, Got]) -> None:
        """Do what is asked by all of the group, then let the next group begin."""
        group, found = mine.leads, []
        try:
            results = self._run([place.asked for place in group])
            found = [[got] for _, got in zip(group, results, strict=True)]
        except Exception as error:  # noqa: BLE001 (whatever it is, each meets it again alone)
            logger.info("done one by one (%s)", type(error).__name__)
        finally:
            self._next()
            for number, place in enumerate(group):
                place.got = found[number] if found else []
                if place is not mine:
                    place.turn.release()

    def _next(self) -> None:
        with self._lock:
            group, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            if not group:
                self._at_work = False
                return
            group[0].leads = group
        group[0].turn.release()
