"""The hall ticket over the API."""

from __future__ import annotations

import pytest
from django.test import Client

from hall_day import walked_in, working
from mawaeed.hall.models import WaitEstimate
from mawaeed.kernel import clock
from small_world import local, make_world

pytestmark = pytest.mark.django_db


def test_a_ticket_says_its_announced_range_and_nothing_personal(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(days=2)
    monkeypatch.setattr(clock, "now", lambda: local(9))
    working(world)
    walked_in(world.dana, local(9))
    ticket = walked_in(world.dana, local(9), mobile="+97336001234")
    answer = client.get(f"/api/v1/tickets/{ticket.secret}").json()
    row = WaitEstimate.objects.get(ticket=ticket)
    wait = answer.pop("wait")
    assert answer == {
        "number": ticket.number,
        "state": "waiting",
        "service": "renewal",
        "centre": "dana",
        "counter": None,
    }
    assert (wait["low"], wait["high"], wait["ahead"]) == (row.low, row.high, 1)
    assert wait["be_here_by"] >= "2026-11-22T09:00:00+03:00"
    assert client.get("/api/v1/tickets/nobody").status_code == 404
