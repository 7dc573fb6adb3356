"""Many at once from several operating-system processes, over the database of the running test.

`run_crowd` starts the processes, lets them connect, releases them together, and counts what came
of each job: `done` or the code of the refusal; anything else is the text of the error.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from running_site import environment_of_test_database

TESTS = Path(__file__).resolve().parent

Job = tuple[str, dict[str, Any]]


def run_crowd(jobs: Sequence[Job], *, processes: int = 4, threads: int = 8) -> Counter[str]:
    """Deal the jobs out to `processes` of `threads` each; all start at the same word."""
    shares = [list(jobs[number::processes]) for number in range(processes)]
    outcome: Counter[str] = Counter()
    with contextlib.ExitStack() as stack:
        crowd = [stack.enter_context(_member(share, threads)) for share in shares if share]
        for said in crowd:
            assert next(said) == "ready"
        for said in crowd:
            next(said)  # releases it
        for said in crowd:
            outcome.update(json.loads(next(said)))
    return outcome


@contextlib.contextmanager
def _member(jobs: Sequence[Job], threads: int) -> Iterator[Iterator[str]]:
    """A child whose iterator gives `ready`, then lets it go, then gives what it counted."""
    child = _start(jobs, threads)
    try:
        yield _dialogue(child)
    finally:
        child.kill()
        child.communicate()


def _dialogue(child: subprocess.Popen[str]) -> Iterator[str]:
    assert child.stdin is not None
    assert child.stdout is not None
    line = child.stdout.readline().strip()
    yield line if line == "ready" else line + child.stdout.read()
    child.stdin.write("go\n")
    child.stdin.flush()
    yield "going"
    yield child.stdout.read().splitlines()[-1]


def _start(jobs: Sequence[Job], threads: int) -> subprocess.Popen[str]:
    environment = {
        **environment_of_test_database(),
        "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent / "src")]),
        "DJANGO_SETTINGS_MODULE": "mawaeed.project.settings",
    }
    child = subprocess.Popen(
        [sys.executable, str(TESTS / "crowd_member.py"), str(threads)],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert child.stdin is not None
    child.stdin.write(json.dumps(jobs) + "\n")
    child.stdin.flush()
    return child
