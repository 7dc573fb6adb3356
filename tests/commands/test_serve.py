"""A real installation never starts as a demonstration."""

import argparse
import os

import pytest

from mawaeed.commands import serve
from mawaeed.commands.supervisor import Supervisor


def test_serve_forgets_the_demo_switch_it_inherited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAWAEED_DEMO", "1")
    monkeypatch.setenv("HOST", "127.0.0.1")
    monkeypatch.setenv("PORT", "8000")
    monkeypatch.setattr("mawaeed.commands.address.refuse_taken_port", lambda _: None)
    monkeypatch.setattr(serve, "_prepare", lambda: None)
    monkeypatch.setattr(Supervisor, "run", lambda *_, **__: 0)
    serve.run(argparse.Namespace())
    assert "MAWAEED_DEMO" not in os.environ
