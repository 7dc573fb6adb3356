"""Fixtures of the tests that concern every page."""

from __future__ import annotations

import pytest

from mawaeed.kernel import clock
from small_world import NOW
from whole_house import House, make_house


@pytest.fixture
def house(db: None, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    made = make_house()
    monkeypatch.setattr(clock, "now", lambda: made.at)
    return made
