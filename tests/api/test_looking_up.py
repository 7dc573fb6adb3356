"""What anybody may look up over the API: centres, services, free times."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from api.asking import refusal
from mawaeed.availability.models import Interval
from mawaeed.kernel import clock
from small_world import NOW, World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return make_world()


@pytest.fixture
def client() -> Client:
    return Client(headers={"accept-language": "en"})


def test_centres_give_names_in_the_asked_language(world: World, client: Client) -> None:
    first = client.get("/api/v1/centres").json()["items"][0]

    assert first == {
        "code": "dana",
        "name": "Dana branch",
        "directorate": {"code": "traffic", "name": "Traffic"},
        "address": "Manama",
        "latitude": 26.2,
        "longitude": 50.5,
        "open_now": True,
    }


def test_centres_speak_arabic_unless_asked(world: World) -> None:
    answer = Client().get("/api/v1/centres")

    assert answer.json()["items"][0]["name"] == "Dana branch بالعربية"
    assert answer["Content-Language"] == "ar"


def test_centres_names_all_gives_every_language(world: World, client: Client) -> None:
    first = client.get("/api/v1/centres?names=all").json()["items"][0]

    assert first["name"] == {"ar": "Dana branch بالعربية", "en": "Dana branch"}
    assert first["directorate"]["name"] == {"ar": "Traffic بالعربية", "en": "Traffic"}


def test_lists_go_on_after_the_cursor(world: World, client: Client) -> None:
    first = client.get("/api/v1/centres?limit=1").json()
    second = client.get(f"/api/v1/centres?limit=1&cursor={first['next']}").json()

    assert [page["items"][0]["code"] for page in (first, second)] == ["dana", "muharraq"]
    assert second["next"] is None


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=x", "cursor=zzz", "names=some", "cursor=%00", "cursor=WyJhIl0"]
)
def test_lists_refuse_what_they_cannot_read(world: World, client: Client, query: str) -> None:
    assert refusal(client.get(f"/api/v1/centres?{query}")) == (422, "malformed")


def test_services_tell_papers_and_limits(world: World, client: Client) -> None:
    items = client.get("/api/v1/services?q=passport").json()["items"]

    assert items == [
        {
            "code": "passport",
            "name": "Passport",
            "directorate": {"code": "traffic", "name": "Traffic"},
            "duration_minutes": 15,
            "papers": ["Identity card"],
            "online_url": None,
            "limit_per_beneficiary": 1,
            "dependants": True,
            "people_present": 1,
        }
    ]


def test_services_of_an_unknown_centre_do_not_exist(world: World, client: Client) -> None:
    assert refusal(client.get("/api/v1/services?centre=atlantis")) == (404, "unknown_centre")


def test_slots_come_earliest_first_with_the_offset(world: World, client: Client) -> None:
    body = client.get("/api/v1/slots?service=renewal&centre=dana&limit=2").json()

    assert body["items"] == [
        {
            "service": "renewal",
            "centre": "dana",
            "starts_at": f"2026-11-22T08:{minute}0:00+03:00",
            "ends_at": f"2026-11-22T08:{minute + 1}0:00+03:00",
            "places_left": 2,
        }
        for minute in (1, 2)
    ]
    following = client.get(
        f"/api/v1/slots?service=renewal&centre=dana&limit=2&cursor={body['next']}"
    ).json()
    assert following["items"][0]["starts_at"] == "2026-11-22T08:30:00+03:00"


def test_slots_of_one_day_only(world: World, client: Client) -> None:
    path = "/api/v1/slots?service=renewal&from=2026-11-24&to=2026-11-24&limit=1000"
    items = client.get(path).json()["items"]

    assert {item["starts_at"][:10] for item in items} == {"2026-11-24"}
    assert {item["centre"] for item in items} == {"dana", "muharraq"}


def test_slots_unchanged_answer_304(world: World, client: Client) -> None:
    path = "/api/v1/slots?service=renewal"
    tag = client.get(path)["ETag"]

    again = client.get(path, headers={"if-none-match": tag})

    assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
    Interval.objects.update(taken_public=1)
    assert client.get(path, headers={"if-none-match": tag}).status_code == 200


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("service=nothing", (404, "unknown_service")),
        ("service=renewal&centre=nowhere", (404, "unknown_centre")),
        ("centre=dana", (422, "malformed")),
        ("service=renewal&from=tomorrow", (422, "malformed")),
        ("service=renewal&from=0001-01-01", (422, "malformed")),
        ("service=renewal%00", (422, "malformed")),
    ],
)
def test_slots_refusals(world: World, client: Client, query: str, expected: Any) -> None:
    assert refusal(client.get(f"/api/v1/slots?{query}")) == expected
