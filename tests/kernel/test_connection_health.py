"""PostgreSQL: whether a connection is alive is asked rarely, and never within a transaction."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.db import connection, connections, transaction

from mawaeed.project.postgresql import base

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL's connection alone"),
]
real = time.monotonic


class Time:
    """Real time and what was added to it."""

    def __init__(self) -> None:
        self.passed = 0.0

    def monotonic(self) -> float:
        return real() + self.passed


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Time:
    """A request begins on a connection that answered just now."""
    clock = Time()
    monkeypatch.setattr(base, "time", clock)
    connection.ensure_connection()
    wrapper: Any = connections["default"]
    monkeypatch.setattr(wrapper, "health_check_enabled", True)
    wrapper._answered_at = clock.monotonic()
    wrapper.health_check_done = False
    return clock


@pytest.fixture
def asked(clock: Time, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    usable = base.DatabaseWrapper.is_usable

    def is_usable(wrapper: Any) -> Any:
        found.append("asked")
        return usable(wrapper)

    monkeypatch.setattr(base.DatabaseWrapper, "is_usable", is_usable)
    return found


def begin_request() -> None:
    connections["default"].close_if_unusable_or_obsolete()


def select() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def test_a_transaction_may_take_longer_than_a_connection_is_trusted(
    clock: Time, asked: list[str]
) -> None:
    with transaction.atomic():
        select()
        clock.passed += 2 * base.TRUSTED_SECONDS

    select()
    assert asked == []


def test_it_is_asked_again_by_a_later_request(clock: Time, asked: list[str]) -> None:
    begin_request()
    select()
    assert asked == []

    clock.passed += 2 * base.TRUSTED_SECONDS
    begin_request()
    select()
    begin_request()
    select()

    assert asked == ["asked"]
