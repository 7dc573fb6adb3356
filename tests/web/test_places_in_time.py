"""At the announced minute the first who asks lets the places go: nobody waits for the worker."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError
from django.test import Client

from mawaeed.availability import releases
from mawaeed.availability.models import Interval, Release
from mawaeed.availability.queries import slots_for
from mawaeed.kernel import clock
from mawaeed.web import middleware
from small_world import NOW, TODAY, World, make_world

pytestmark = pytest.mark.django_db
DUE = NOW + timedelta(minutes=30)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made = make_world(days=2)
    Release.objects.create(
        pool=made.dana_pool,
        date=TODAY + timedelta(days=1),
        step=0,
        percent=100,
        announced_from=DUE,
        announced_until=DUE,
        due_at=DUE,
    )
    tomorrow = Interval.objects.filter(pool=made.dana_pool, session__date=TODAY + timedelta(days=1))
    tomorrow.update(withheld=2)
    releases.forget_next_release()
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return made


def starts_tomorrow(now: datetime) -> int:
    day = TODAY + timedelta(days=1)
    return len(slots_for(service="renewal", centre="dana", now=now, from_date=day, to_date=day))


def test_the_first_request_at_the_minute_lets_them_go(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {"service": "renewal"}
    Client().get("/api/v1/slots", asked)
    assert starts_tomorrow(NOW) == 0
    monkeypatch.setattr(clock, "now", lambda: DUE)
    Client().get("/api/v1/slots", asked)
    assert starts_tomorrow(DUE) > 0
    assert Release.objects.get().released_at == DUE


def test_a_failure_of_it_is_not_the_visitors(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(now: object) -> int:
        raise DatabaseError

    monkeypatch.setattr(middleware, "release_in_time", broken)
    assert Client().get("/api/v1/slots", {"service": "renewal"}).status_code == 200
