"""The check of the measured hall finds whoever was passed over, and accuses nobody else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench"
NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("older_called", "older_given", "passed_over"),
    [
        ((3.0, 4.0), 0.0, 1),  # waited all the while
        ((None, None), 0.0, 1),  # and was never called
        ((1.5, 4.0), 0.0, 0),  # was being called at the same time: who was first cannot be seen
        ((0.5, 4.0), 0.0, 0),
        ((3.0, 4.0), 1.2, 0),  # came only meanwhile
    ],
)
def test_who_was_passed_over(
    monkeypatch: pytest.MonkeyPatch,
    older_called: tuple[float | None, float | None],
    older_given: float,
    passed_over: int,
) -> None:
    monkeypatch.syspath_prepend(str(BENCH))
    order: Any = import_module("hall_order")

    def waiter(pk: int, minutes: int, kind: str = "walk_in", pool: int = 1) -> Any:
        return order.Waiter(NOW - timedelta(minutes=minutes), pk, kind, pool, f"A{pk}")

    # The third is of another hall, the fourth has fewer points than the one who was called.
    people = [waiter(1, 20), waiter(2, 10), waiter(3, 90, pool=2), waiter(4, 4, "appointment")]
    calls = [order.Called("A2", 1.0, 2.0, False)]
    called_at = {2: NOW}
    sent, heard = older_called
    if sent is not None and heard is not None:
        calls.append(order.Called("A1", sent, heard, False))
        called_at[1] = NOW
    found = order.compared(
        {one.number: one for one in people}, called_at, calls, {"A1": older_given}, by_force=10
    )
    assert found["passed_over"] == found["passed_over_by_force"] == passed_over
