"""Finding a time over the API: distances, parts of the day, the week, the plain answer."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from mawaeed.availability.models import Closure, Interval, Session
from mawaeed.centres.models import Centre, Governorate, Offering
from mawaeed.kernel import clock
from residents import post_json
from small_world import NOW, TODAY, World, both, local, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """08:00 on a Sunday; Muharraq's governorate lies next to its centre."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    made = make_world()
    Centre.objects.filter(pk=made.muharraq.pk).update(latitude=26.26, longitude=50.63)
    Centre.objects.filter(pk=made.dana.pk).update(latitude=26.22, longitude=50.51)
    Governorate.objects.create(
        agency=made.agency, code="muharraq", name=both("Muharraq"), latitude=26.26, longitude=50.62
    )
    return made


@pytest.fixture
def client() -> Client:
    return Client(headers={"accept-language": "en"})


def found(client: Client, query: str) -> Any:
    answer = client.get(f"/api/v1/finding?service=renewal{query}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_finding_gives_each_centre_its_first_times(world: World, client: Client) -> None:
    told = found(client, "&times=1")

    first = {
        "starts_at": "2026-11-22T08:10:00+03:00",
        "ends_at": "2026-11-22T08:20:00+03:00",
        "places_left": 2,
    }
    assert told == {
        "items": [
            {"centre": "dana", "distance_km": None, "slots": [first]},
            {"centre": "muharraq", "distance_km": None, "slots": [first]},
        ],
        "next": None,
        "nothing_free": None,
    }


@pytest.mark.parametrize(
    "place", ["&governorate=muharraq", "&latitude=26.2604&longitude=50.6199&sort=nearest"]
)
def test_finding_near_a_place_puts_the_nearest_first(
    world: World, client: Client, place: str
) -> None:
    Interval.objects.filter(pool=world.muharraq_pool, starts_at__lt=local(9)).update(taken_public=2)

    nearest = found(client, place)
    earliest = found(client, f"{place}&sort=earliest")

    far = [(each["centre"], each["distance_km"]) for each in nearest["items"]]
    assert far == [("muharraq", 1.0), ("dana", 11.8)]
    assert [each["centre"] for each in earliest["items"]] == ["dana", "muharraq"]


def test_finding_by_post_says_the_same_and_keeps_the_position_out_of_the_address(
    world: World, client: Client
) -> None:
    wanted = {"service": "renewal", "latitude": 26.26, "longitude": 50.62, "part": "afternoon"}

    told = post_json(client, "/api/v1/finding", wanted)

    assert told.status_code == 200
    assert told.json() == found(client, "&latitude=26.26&longitude=50.62&part=afternoon")


def test_finding_in_a_part_of_a_day(world: World, client: Client) -> None:
    told = found(client, "&part=afternoon&day=2026-11-24&times=20")["items"][0]["slots"]

    assert len(told) == 12
    assert told[0]["starts_at"] == "2026-11-24T12:00:00+03:00"


def test_finding_in_pages(world: World, client: Client) -> None:
    first = found(client, "&limit=1")
    second = found(client, f"&limit=1&cursor={first['next']}")

    assert [first["items"][0]["centre"], second["items"][0]["centre"]] == ["dana", "muharraq"]
    assert second["next"] is None


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("latitude=nan&longitude=50", (422, "bad_position")),
        ("latitude=inf&longitude=50", (422, "bad_position")),
        ("latitude=91&longitude=50", (422, "bad_position")),
        ("latitude=26&longitude=-180.5", (422, "bad_position")),
        ("latitude=26", (422, "bad_position")),
        ("longitude=50&governorate=muharraq", (422, "bad_position")),
        ("latitude=north&longitude=50", (422, "malformed")),
        ("governorate=atlantis", (404, "unknown_governorate")),
        ("part=night", (422, "unknown_part")),
        ("sort=nearest", (422, "place_needed")),
        ("sort=cheapest", (422, "malformed")),
        ("day=tomorrow", (422, "malformed")),
        ("times=0", (422, "malformed")),
        ("service=nothing", (404, "unknown_service")),
    ],
)
def test_finding_refusals(
    world: World, client: Client, query: str, expected: tuple[int, str]
) -> None:
    answer = client.get(f"/api/v1/finding?service=renewal&{query}")

    assert (answer.status_code, answer.json()["code"]) == expected
    assert answer.json()["message"]


def test_week_of_a_centre_and_of_all(world: World, client: Client) -> None:
    one = client.get("/api/v1/week?service=renewal&centre=dana").json()
    every = client.get("/api/v1/week?service=renewal").json()

    assert (len(one["items"]), one["next"], one["nothing_free"]) == (8, None, None)
    assert one["items"][1] == {
        "date": "2026-11-23",
        "state": "free",
        "free_times": {"morning": 30, "afternoon": 12, "evening": 0},
        "why": None,
    }
    assert every["items"][1]["free_times"] == {"morning": 60, "afternoon": 24, "evening": 0}


def test_week_names_the_holiday_in_the_asked_language(world: World, client: Client) -> None:
    Interval.objects.filter(session__date=TODAY).delete()
    Session.objects.filter(date=TODAY).delete()
    Closure.objects.create(
        agency=world.agency,
        code="day",
        name={"ar": "العيد الوطني", "en": "National Day"},
        from_date=TODAY,
        until_date=TODAY,
        confirmed=True,
    )

    told = [
        client.get("/api/v1/week?service=renewal", headers={"accept-language": language}).json()
        for language in ("en", "ar")
    ]

    days = [each["items"][0] for each in told]
    assert [(day["state"], day["why"]) for day in days] == [
        ("closed", "National Day"),
        ("closed", "العيد الوطني"),
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("service=nothing", (404, "unknown_service")),
        ("service=renewal&centre=nowhere", (404, "unknown_centre")),
        ("centre=dana", (422, "malformed")),
    ],
)
def test_week_refusals(world: World, client: Client, query: str, expected: tuple[int, str]) -> None:
    answer = client.get(f"/api/v1/week?{query}")

    assert (answer.status_code, answer.json()["code"]) == expected


def test_nothing_free_is_answered_plainly(world: World, client: Client) -> None:
    Interval.objects.update(taken_public=2)
    Offering.objects.filter(centre=world.muharraq).update(walk_ins=False)
    world.renewal.online_url = "https://www.example.org/e"
    world.renewal.save()

    told = found(client, "")

    assert [each["slots"] for each in told["items"]] == [[], []]
    hours = {"opens_at": "2026-11-22T07:00:00+03:00", "closes_at": "2026-11-22T14:00:00+03:00"}
    assert told["nothing_free"] == {
        "next_day": None,
        "release": None,
        "walk_ins": [{"centre": "dana", "periods": [hours]}],
        "online_url": "https://www.example.org/e",
    }
    week = client.get("/api/v1/week?service=renewal&centre=muharraq").json()
    assert {day["state"] for day in week["items"]} == {"full"}
    assert week["nothing_free"]["walk_ins"] == []


def test_governorates_in_the_asked_language(world: World, client: Client) -> None:
    assert client.get("/api/v1/governorates").json() == {
        "items": [{"code": "muharraq", "name": "Muharraq", "latitude": 26.26, "longitude": 50.62}],
        "next": None,
    }
