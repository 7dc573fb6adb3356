"""The public page that says how well announced waits held."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from hall_day import walked_in
from mawaeed.hall.models import Ticket, WaitEstimate
from mawaeed.kernel import clock
from mawaeed.web.citizen import information
from small_world import TODAY, World, local, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(clock, "now", lambda: local(10))
    monkeypatch.setattr(information, "ACCURACY_KEPT_SECONDS", 0.0)
    return make_world(days=2)


def waited(ticket: Ticket, kept: bool, *, days_ago: int = 0) -> None:
    WaitEstimate.objects.create(
        ticket=ticket,
        centre=ticket.centre,
        day=TODAY - timedelta(days=days_ago),
        made_at=local(9),
        first=True,
        p50=5,
        p90=9,
        low=5,
        high=9,
        ahead=2,
        method="analytic",
        waited=4 if kept else 12,
        kept=kept,
    )


def test_the_page_says_the_real_share_and_nothing_of_few(world: World, client: Client) -> None:
    ticket = walked_in(world.dana, local(9))
    for number in range(19):
        waited(ticket, number >= 4)
    for _ in range(30):
        waited(ticket, kept=False, days_ago=30)
    before = client.get("/waits/", headers={"accept-language": "en"}).content.decode()
    waited(ticket, kept=True)
    after = client.get("/waits/", headers={"accept-language": "en"}).content.decode()
    assert ("of 10 people" in before, "8 of 10 people waited less than we said" in after) == (
        False,
        True,
    )
