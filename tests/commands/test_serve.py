"""A real installation never starts as a demonstration."""

import argparse
import os

import pytest

from mawaeed.commands import serve
from mawaeed.commands.supervisor import Supervisor


@pytest.mark.parametrize(
    ("part", "programs", "prepared"),
    [
        (None, ["web", "worker"], True),
        ("pages", ["pages", "worker"], True),
        ("live", ["web"], False),
    ],
)
def test_serve_runs_one_application_or_two(
    monkeypatch: pytest.MonkeyPatch, part: str | None, programs: list[str], prepared: bool
) -> None:
    monkeypatch.setenv("HOST", "127.0.0.1")
    monkeypatch.setenv("PORT", "8000")
    monkeypatch.setenv("PUBLIC_URL", "http://127.0.0.1:8000")
    monkeypatch.setattr("mawaeed.commands.address.refuse_taken_port", lambda _: None)
    seen: list[str] = []
    monkeypatch.setattr(serve, "_prepare", lambda: seen.append("prepared"))

    def run(self: Supervisor, **_: object) -> int:
        seen.extend(one.name for one in self._programs)
        return 0

    monkeypatch.setattr(Supervisor, "run", run)

    assert serve.run(argparse.Namespace(part=part)) == 0

    assert seen == ["prepared"] * prepared + programs


def test_serve_forgets_the_demo_switch_it_inherited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAWAEED_DEMO", "1")
    monkeypatch.setenv("HOST", "127.0.0.1")
    monkeypatch.setenv("PORT", "8000")
    monkeypatch.setattr("mawaeed.commands.address.refuse_taken_port", lambda _: None)
    monkeypatch.setattr(serve, "_prepare", lambda: None)
    monkeypatch.setattr(Supervisor, "run", lambda *_, **__: 0)
    serve.run(argparse.Namespace())
    assert "MAWAEED_DEMO" not in os.environ
