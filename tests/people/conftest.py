from __future__ import annotations

import pytest

from mawaeed.kernel import clock
from people.signing import RealTime


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch) -> RealTime:
    time = RealTime()
    monkeypatch.setattr(clock, "real_now", time)
    return time
