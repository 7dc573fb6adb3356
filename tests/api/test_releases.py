from datetime import date, time

import pytest
from django.test import Client

from mawaeed.availability.actions import open_days
from mawaeed.availability.models import CentreCalendar, OpeningRule
from mawaeed.centres.models import Pool
from mawaeed.kernel import clock
from mawaeed.kernel.actor import SYSTEM
from small_world import NOW, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    """Dana lets half of its places go two days before, at nine or within the hour after it."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    world = make_world(days=0)
    CentreCalendar.objects.update(open_until=None)
    Pool.objects.filter(pk=world.dana_pool.pk).update(
        release=[
            {"days_before": 7, "time": "07:00", "percent": 50},
            {"days_before": 2, "time": "09:00", "percent": 50, "window_minutes": 60},
        ]
    )
    OpeningRule.objects.create(
        centre=world.dana,
        code="usual",
        weekdays="1234567",
        opens_time=time(7),
        closes_time=time(14),
        effective_from=date(2026, 1, 1),
    )
    open_days(now=NOW, actor=SYSTEM, centres=["dana"])
    return Client()


def test_what_is_held_back_is_announced_with_its_window_only(client: Client) -> None:
    answer = client.get("/api/v1/releases", {"service": "renewal"}).json()
    assert answer["items"][0] == {
        "centre": "dana",
        "date": "2026-11-24",
        "announced_from": "2026-11-22T09:00:00+03:00",
        "announced_until": "2026-11-22T10:00:00+03:00",
        "percent": 50,
    }
    assert "due_at" not in str(answer)
    here = client.get("/api/v1/releases", {"service": "renewal", "centre": "dana"}).json()
    assert here == answer
    elsewhere = client.get("/api/v1/releases", {"service": "renewal", "centre": "muharraq"})
    assert elsewhere.json() == {"items": []}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"service": "nothing"}, "unknown_service"),
        ({"service": "renewal", "centre": "nowhere"}, "unknown_centre"),
    ],
)
def test_what_does_not_exist_is_refused(client: Client, query: dict[str, str], code: str) -> None:
    answer = client.get("/api/v1/releases", query)
    assert (answer.status_code, answer.json()["code"]) == (404, code)
