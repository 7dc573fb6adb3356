"""The installation's keys: made once, whoever comes first."""

from __future__ import annotations

import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mawaeed.kernel.secrets import read_or_make_key

THREADS = 8


def test_threads_that_make_a_key_at_once_agree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them find no key, and only then go on."""
    together, exists = threading.Barrier(THREADS), Path.exists

    def seen_by_all(path: Path) -> bool:
        found = exists(path)
        together.wait(timeout=20)
        return found

    monkeypatch.setattr(Path, "exists", seen_by_all)
    with ThreadPoolExecutor(THREADS) as threads:
        asked = [
            threads.submit(read_or_make_key, tmp_path / "keys", "seal") for _ in range(THREADS)
        ]
        keys = {each.result(timeout=30) for each in asked}
    monkeypatch.undo()

    assert keys == {read_or_make_key(tmp_path / "keys", "seal")}
    made = list((tmp_path / "keys").iterdir())
    assert [each.name for each in made] == ["seal"]
    assert stat.S_IMODE(made[0].stat().st_mode) == 0o600


def test_a_key_of_the_environment_goes_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAWAEED_KEY_SEAL", "given")

    assert read_or_make_key(tmp_path, "seal") == "given"
    assert list(tmp_path.iterdir()) == []
