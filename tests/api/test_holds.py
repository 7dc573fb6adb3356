"""Holds over the API, and keys that may come with every write."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from mawaeed.api.api import api
from mawaeed.availability.models import Interval
from mawaeed.booking.ledger import ledger_differences
from mawaeed.booking.models import Hold
from mawaeed.conduct.models import Standing
from mawaeed.kernel import clock
from mawaeed.people.models import Person
from residents import OTHER_BORN, OTHER_MOBILE, OTHER_NUMBER, api_token, post_json
from small_world import NOW, World, local, make_world

pytestmark = pytest.mark.django_db
TEN, ELEVEN = "2026-11-23T10:00:00+03:00", "2026-11-23T11:00:00+03:00"
HOLDS = "/api/v1/holds"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return make_world(places=1)


@pytest.fixture
def client(world: World) -> Client:
    return Client(headers={"accept-language": "en"})


@pytest.fixture
def mine(client: Client) -> str:
    return api_token(client)


@pytest.fixture
def another(client: Client) -> str:
    return api_token(client, OTHER_NUMBER, OTHER_BORN, OTHER_MOBILE)


def bearer(token: str, key: str = "") -> dict[str, str]:
    headers = {"Authorization": f"Bearer {token}"}
    return {**headers, "Idempotency_Key": key} if key else headers


def hold(client: Client, token: str, at: str = TEN, key: str = "", **changes: Any) -> Any:
    body = {"service": "renewal", "centre": "dana", "starts_at": at, **changes}
    return post_json(client, HOLDS, body, **bearer(token, key))


def book(client: Client, token: str, at: str = TEN, key: str = "k") -> Any:
    body = {"service": "renewal", "centre": "dana", "starts_at": at}
    return post_json(client, "/api/v1/appointments", body, **bearer(token, key))


def told(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


def taken() -> int:
    return Interval.objects.filter(taken_public__gt=0).count()


def test_a_hold_tells_until_when_and_keeps_others_out(
    client: Client, mine: str, another: str
) -> None:
    answer = hold(client, mine)

    item = {"service": "renewal", "starts_at": TEN, "ends_at": "2026-11-23T10:10:00+03:00"}
    shown = {"expires_at": "2026-11-22T08:03:00+03:00", "centre": "dana", "items": [item]}
    assert (answer.status_code, answer.json()) == (201, shown)
    kept = client.get(HOLDS, headers={"Authorization": f"Bearer {mine}"})
    assert (kept.json(), kept["Cache-Control"]) == (shown, "no-store")
    assert told(book(client, another)) == (409, "slot_taken")
    assert told(hold(client, another)) == (409, "slot_taken")


def test_holding_the_same_again_does_not_lengthen_it(
    client: Client, mine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = hold(client, mine).json()
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=2))
    assert hold(client, mine).json() == first
    assert taken() == 2


def test_another_choice_replaces_the_hold(client: Client, mine: str, another: str) -> None:
    hold(client, mine)
    assert hold(client, mine, ELEVEN).status_code == 201
    assert Hold.objects.count() == 1
    assert hold(client, another).status_code == 201
    assert ledger_differences() == []


def test_booking_what_is_held_takes_no_second_place(client: Client, mine: str) -> None:
    hold(client, mine)
    assert book(client, mine).status_code == 201
    assert (Hold.objects.count(), taken()) == (0, 2)
    assert ledger_differences() == []


def test_an_expired_hold_is_reclaimed_by_the_booking_that_needs_it(
    client: Client, mine: str, another: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold(client, mine)
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=3))
    assert book(client, another).status_code == 201
    assert (Hold.objects.count(), taken()) == (0, 2)
    assert ledger_differences() == []


def test_letting_go_may_be_repeated(client: Client, mine: str) -> None:
    hold(client, mine)
    headers = {"Authorization": f"Bearer {mine}"}
    for _ in range(2):
        answer = client.delete(HOLDS, headers=headers)
        assert (answer.status_code, answer.json()) == (200, {})
    nothing: dict[str, object] = {"expires_at": None, "centre": None, "items": []}
    assert client.get(HOLDS, headers=headers).json() == nothing
    assert taken() == 0


def test_several_services_are_held_one_after_another(client: Client, mine: str) -> None:
    answer = hold(client, mine, service=None, services=["renewal", "passport"])
    items = [(each["service"], each["starts_at"]) for each in answer.json()["items"]]
    assert items == [("renewal", TEN), ("passport", "2026-11-23T10:10:00+03:00")]
    assert taken() == 5


def test_a_blocked_person_cannot_hold(client: Client, mine: str) -> None:
    until = NOW + timedelta(days=2)
    person = Person.objects.get()
    Standing.objects.update_or_create(person=person, defaults={"blocked_until": until})
    assert told(hold(client, mine)) == (403, "blocked")
    assert taken() == 0


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"starts_at": "2026-11-22T07:00:00+03:00"}, (422, "past")),
        ({"starts_at": "2026-12-22T10:00:00+03:00"}, (422, "outside_horizon")),
        ({"starts_at": "2026-11-23T05:00:00+03:00"}, (409, "closed")),
        ({"service": "nothing"}, (404, "unknown_service")),
        ({"centre": "nowhere"}, (404, "unknown_centre")),
        ({"service": None}, (422, "malformed")),
        ({"services": ["renewal"]}, (422, "malformed")),
        ({"service": None, "services": []}, (422, "too_many_legs")),
        ({"service": None, "services": ["renewal"] * 5}, (422, "too_many_legs")),
    ],
)
def test_a_hold_is_refused_like_a_booking(
    client: Client, mine: str, changes: dict[str, Any], refusal: tuple[int, str]
) -> None:
    assert told(hold(client, mine, **changes)) == refusal
    assert taken() == 0


def test_a_hold_needs_a_token(client: Client) -> None:
    assert told(hold(client, "nobody")) == (401, "sign_in_required")


def test_keys_are_kept_where_they_are_not_needed(client: Client, mine: str) -> None:
    reference = book(client, mine).json()["reference"]
    headers = {"Authorization": f"Bearer {mine}", "Idempotency-Key": "d1"}
    path = f"/api/v1/appointments/{reference}"
    answers = [client.delete(path, headers=headers) for _ in range(2)]
    assert [each.json()["state"] for each in answers] == ["cancelled", "cancelled"]
    assert hold(client, mine, key="h1").json() == hold(client, mine, key="h1").json()
    assert told(hold(client, mine, ELEVEN, key="h1")) == (422, "key_reused")
    assert told(client.delete(HOLDS, headers=headers)) == (422, "key_reused")


def test_times_of_the_day_after_the_horizon_are_not_held(client: Client, mine: str) -> None:
    assert local(10, days=7) > NOW
    assert hold(client, mine, local(10, days=7).isoformat()).status_code == 201


# Questions whose number or wish belongs in no address; they change nothing.
QUESTIONS = {
    "post /api/v1/staff/{centre}/people",
    "post /api/v1/staff/{centre}/calendar/plan",
}


def test_every_write_of_those_signed_in_takes_a_key() -> None:
    described = api.get_openapi_schema()["paths"]
    lacking = [
        f"{method} {path}"
        for path, operations in described.items()
        for method, operation in operations.items()
        if method in {"post", "put", "patch", "delete"} and operation.get("security")
        if "Idempotency-Key" not in {each["name"] for each in operation.get("parameters", [])}
    ]
    assert set(lacking) == QUESTIONS
