import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Start = Callable[[str], "subprocess.Popen[str]"]

SCRIPT = """
import sys
from mawaeed.commands.supervisor import Program, Supervisor

child = sys.argv[1]
programs = [Program(name, [sys.executable, "-c", child]) for name in ("one", "two")]
say = lambda sentence: print(sentence, flush=True)
sys.exit(Supervisor(programs, say=say).run(ready=lambda: True, when_ready=lambda: say("ready")))
"""
NOTES_ITS_PID = """
import os, sys, time
open(f"pid-{os.getpid()}", "w").close()
time.sleep(60)
"""
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)" + NOTES_ITS_PID
DIES_AT_ONCE = "import os; open(f'pid-{os.getpid()}', 'w').close(); raise SystemExit(3)"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def begin(child: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, child],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def _children(folder: Path) -> list[int]:
    return sorted(int(path.name.removeprefix("pid-")) for path in folder.glob("pid-*"))


def _wait_for_children(folder: Path, number: int) -> list[int]:
    deadline = time.monotonic() + 15
    while len(_children(folder)) < number and time.monotonic() < deadline:
        time.sleep(0.02)
    return _children(folder)


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_every_child_and_the_supervisor(
    start: Start, tmp_path: Path, number: int
) -> None:
    supervisor = start(NOTES_ITS_PID)
    children = _wait_for_children(tmp_path, 2)

    supervisor.send_signal(number)

    assert supervisor.wait(5) == 0
    assert [_is_running(pid) for pid in children] == [False, False]


def test_child_that_ignores_the_signal_is_killed_within_five_seconds(
    start: Start, tmp_path: Path
) -> None:
    supervisor = start(STUBBORN)
    children = _wait_for_children(tmp_path, 2)

    supervisor.terminate()

    assert supervisor.wait(5) == 0
    assert [_is_running(pid) for pid in children] == [False, False]


def test_dead_child_is_started_again(start: Start, tmp_path: Path) -> None:
    start(NOTES_ITS_PID)
    first, second = _wait_for_children(tmp_path, 2)

    os.kill(first, signal.SIGKILL)

    children = _wait_for_children(tmp_path, 3)
    assert len(children) == 3
    assert _is_running(second)


def test_child_that_keeps_dying_is_started_with_growing_pauses(
    start: Start, tmp_path: Path
) -> None:
    supervisor = start(DIES_AT_ONCE)
    _wait_for_children(tmp_path, 6)
    supervisor.terminate()
    said = supervisor.communicate(timeout=5)[0].splitlines()

    of_one = [line for line in said if line.startswith("one ended")]
    assert of_one[:2] == [
        "one ended (status 3); starting it again in 0.5 s",
        "one ended (status 3); starting it again in 1 s",
    ]


WAITING = SCRIPT.replace(
    'programs = [Program(name, [sys.executable, "-c", child]) for name in ("one", "two")]',
    """
import pathlib, time
programs = [Program("one", [sys.executable, "-c", child])]
programs += [Program("two", [sys.executable, "-c", child], waits=True)]
""",
).replace("ready=lambda: True", "ready=lambda: pathlib.Path('go').exists()")


def test_program_that_waits_starts_when_the_others_are_ready(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WAITING, NOTES_ITS_PID],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
    ) as supervisor:
        before = _wait_for_children(tmp_path, 1)
        (tmp_path / "go").touch()
        after = _wait_for_children(tmp_path, 2)
        supervisor.terminate()
        said = supervisor.communicate(timeout=5)[0]

    assert (len(before), len(after)) == (1, 2)
    assert said == "ready\n"
    assert [_is_running(pid) for pid in after] == [False, False]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a Linux service")
def test_children_end_when_the_supervisor_is_killed(start: Start, tmp_path: Path) -> None:
    supervisor = start(NOTES_ITS_PID)
    children = _wait_for_children(tmp_path, 2)

    supervisor.kill()
    supervisor.wait()

    deadline = time.monotonic() + 5
    while any(map(_is_running, children)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert [_is_running(pid) for pid in children] == [False, False]
