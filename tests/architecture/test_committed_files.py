"""What is committed must say which versions, never from where."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))
ADDRESS = re.compile(r"[a-z+]+://|^\s*(--|-[a-z]\b)(?!-?hash)|\s@\s|(^|\s)/\w", re.IGNORECASE)
ALLOWED = re.compile(r"^\s*--hash=sha256:[0-9a-f]{64}( \\)?$|^\s*# via ")


def _lines_with_an_address(text: str) -> list[str]:
    return [line for line in text.splitlines() if not ALLOWED.match(line) and ADDRESS.search(line)]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_lock_names_versions_and_hashes_only(lock: Path) -> None:
    text = lock.read_text()

    assert _lines_with_an_address(text) == []
    assert "://" not in text
    assert text.count("==") > 0
    assert text.count("--hash=sha256:") >= text.count("==")


def test_locks_are_there() -> None:
    assert [lock.name for lock in LOCKS] == ["run.lock", "test.lock"]


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://index.example/simple",
        "-f /opt/wheels",
        "name @ file:///somewhere/name.whl",
        "name @ https://host.example/name.whl",
        "/opt/wheels/name.whl",
    ],
)
def test_address_in_a_lock_is_seen(line: str) -> None:
    assert _lines_with_an_address(line) == [line]


def test_run_lock_is_part_of_test_lock() -> None:
    pins = [
        {
            line.split()[0]
            for line in lock.read_text().splitlines()
            if re.match(r"[\w.\-\[\]]+==", line)
        }
        for lock in LOCKS
    ]

    assert pins[0] - pins[1] == set()
