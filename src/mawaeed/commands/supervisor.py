"""Starts the children, restarts those that die, ends all of them within five seconds.

Each child runs in its own session, so that a signal from the terminal reaches this process
alone, which then sends one signal to one process of each child.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType

# Seconds. Granian itself gives open streams two of them.
GRACE = 4.0
POLL = 0.1
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
# A child that lived this long starts again at the first pause.
SETTLED = 60.0

PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Program:
    """One child: what it is called in messages and how it is started.

    One that `waits` starts once the others are ready, so that it does not slow them down.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    waits: bool = False


@dataclass(slots=True)
class _Child:
    program: Program
    process: subprocess.Popen[bytes]
    started: float
    pause: float = FIRST_PAUSE
    again_at: float | None = None


class Supervisor:
    """Keeps a set of programs running until it is told to stop."""

    def __init__(self, programs: Sequence[Program], *, say: Callable[[str], None]) -> None:
        self._programs = programs
        self._say = say
        self._stop = threading.Event()
        self._children: list[_Child] = []
        self._die_with_parent = parent_death_signal()

    def run(self, *, ready: Callable[[], bool], when_ready: Callable[[], None]) -> int:
        """Start all, call `when_ready` once `ready()` holds, supervise until a signal comes.

        Returns the exit status: 0 after a stop by signal.
        """
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        try:
            self._start(waiting=False)
            announced = False
            while not self._stop.wait(POLL / 2 if not announced else POLL):
                self._restart_the_dead()
                if not announced and ready():
                    announced = True
                    when_ready()
                    self._start(waiting=True)
        finally:
            self._end_all()
        return 0

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._stop.set()

    def _start(self, *, waiting: bool) -> None:
        chosen = [program for program in self._programs if program.waits == waiting]
        self._children += [self._started(program) for program in chosen]

    def _started(self, program: Program) -> _Child:
        process = subprocess.Popen(
            list(program.command),
            env={**os.environ, **program.environment},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=self._die_with_parent,  # noqa: PLW1509 (no other thread runs here)
        )
        return _Child(program, process, time.monotonic())

    def _restart_the_dead(self) -> None:
        now = time.monotonic()
        for place, child in enumerate(self._children):
            if child.process.poll() is None:
                continue
            if child.again_at is None:
                _kill_session(child.process.pid)
                lived = now - child.started
                pause = FIRST_PAUSE if lived > SETTLED else child.pause
                child.again_at, child.pause = now + pause, pause
                self._say(_death_notice(child))
            elif now >= child.again_at:
                successor = self._started(child.program)
                successor.pause = min(child.pause * 2, LONGEST_PAUSE)
                self._children[place] = successor

    def _end_all(self) -> None:
        for child in self._children:
            if child.process.poll() is None:
                child.process.terminate()
        deadline = time.monotonic() + GRACE
        for child in self._children:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(max(0.0, deadline - time.monotonic()))
            _kill_session(child.process.pid)
            child.process.wait()


def _death_notice(child: _Child) -> str:
    status = child.process.returncode
    how = f"signal {-status}" if status < 0 else f"status {status}"
    return f"{child.program.name} ended ({how}); starting it again in {child.pause:g} s"


def _kill_session(leader: int) -> None:
    """End what a child may have left behind: a forgotten server would share the port."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def parent_death_signal() -> Callable[[], None] | None:
    """What a child calls before it starts so that it ends when this thread or process does."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def die_with_parent() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return die_with_parent
