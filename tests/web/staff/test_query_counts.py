"""A page of three visitors costs the database no more questions than a page of one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from mawaeed.hall import actions as hall
from mawaeed.kernel import policies
from mawaeed.kernel.actor import Actor
from small_world import local, make_person
from staff_desk import Desk

PATHS = (
    "/board/dana/now/",
    "/counter/dana/",
    "/counter/dana/side/",
    "/desk/dana/",
    "/desk/dana/arrivals/",
    "/supervisor/dana/",
)


def arrive(desk: Desk, serial: int) -> None:
    """Somebody books, checks in and waits."""
    appointment = desk.booked(make_person(serial), local(8, 10 * (serial + 1)))
    hall.check_in(
        appointment=appointment,
        actor=Actor("kiosk", 1),
        now=appointment.starts_at - timedelta(minutes=5),
    )


def queries_of(client: Client, path: str) -> int:
    """The fewest of two requests: what a process reads now and then is not counted."""
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        counts.append(len(queries))
    return min(counts)


@pytest.mark.parametrize("path", PATHS)
def test_page_asks_as_often_for_three_visitors_as_for_one(
    desk: Desk, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policies, "CACHE_SECONDS", 3600.0)
    session = hall.open_counter(
        counter=desk.world.dana.counters.all()[0], staff=desk.staff["supervisor"], now=desk.at
    )
    client = desk.client("supervisor")
    arrive(desk, 0)
    hall.call_next(counter_session=session, now=desk.at, actor=Actor("staff", 1))
    arrive(desk, 1)
    client.get(path)  # settings are read once and kept
    one = queries_of(client, path)
    arrive(desk, 2)
    arrive(desk, 3)
    assert queries_of(client, path) == one
