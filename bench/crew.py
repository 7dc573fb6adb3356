"""Processes that do the work of clients; each has one end of a pipe and waits for its next job.

A job is prepared first (requests are written, people are read), then started by all at once.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Mapping
from multiprocessing.connection import Connection
from typing import Any

from measure import Slice, joined

PROCESSES = 2


class Crew:
    """Some processes that run jobs of one module: its `prepare(job)` gives what `go()` starts."""

    def __init__(self, environment: Mapping[str, str], processes: int = PROCESSES) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipes: list[Connection] = []
        self._processes = []
        for _ in range(processes):
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs, dict(environment)), daemon=True)
            process.start()
            self._pipes.append(ours)
            self._processes.append(process)

    @property
    def size(self) -> int:
        """How many processes there are."""
        return len(self._pipes)

    def run(self, kind: str, *, clients: int, **job: Any) -> Slice:
        """Share the clients among the processes and start them together."""
        used = self._pipes[: min(clients, len(self._pipes))]
        first, people = job.pop("first", 0), job.pop("people", 0)
        for place, pipe in enumerate(used):
            share = people // len(used)
            mine = {"clients": clients // len(used), "first": first + place * share}
            pipe.send((kind, {**job, **mine, "people": share, "place": place}))
        for pipe in used:
            _received(pipe)
        for pipe in used:
            pipe.send("go")
        return joined([_received(pipe) for pipe in used])

    def close(self) -> None:
        """End the processes."""
        for pipe in self._pipes:
            pipe.send(None)
        for process in self._processes:
            process.join(10)
            if process.is_alive():
                process.kill()


def _received(pipe: Connection) -> Any:
    answer = pipe.recv()
    if isinstance(answer, str) and answer.startswith("failed"):
        raise RuntimeError(answer)
    return answer


def _serve(pipe: Connection, environment: dict[str, str]) -> None:
    os.environ.update(environment)
    while (asked := pipe.recv()) is not None:
        kind, job = asked
        try:
            go = _prepared(kind, job)
            pipe.send("ready")
            pipe.recv()
            pipe.send(go())
        except Exception as error:  # noqa: BLE001 (told to the one who asked)
            import traceback

            pipe.send(f"failed: {error!r}\n{traceback.format_exc()}")


def _prepared(kind: str, job: dict[str, Any]) -> Any:
    if kind == "action":
        import in_process

        return in_process.prepare(**job)
    if kind == "release":
        import release_minute

        return release_minute.prepare(**job)
    import over_http

    return over_http.prepare(kind=kind, **job)
