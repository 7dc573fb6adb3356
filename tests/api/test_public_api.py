"""Sign-in and one's own appointments over version 1 of the API, call by call."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from api.asking import authorized, book, refusal
from mawaeed.availability.models import Interval
from mawaeed.booking.models import Appointment
from mawaeed.conduct.models import Block
from mawaeed.kernel import clock
from residents import (
    OTHER_BORN,
    OTHER_MOBILE,
    OTHER_NUMBER,
    api_token,
    last_code,
    post_json,
)
from small_world import NOW, World, local, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return make_world()


@pytest.fixture
def client() -> Client:
    return Client(headers={"accept-language": "en"})


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"personal_number": "12"}, (422, "malformed")),
        ({"mobile": "17"}, (422, "malformed")),
        ({"date_of_birth": "soon"}, (422, "malformed")),
        ({"date_of_birth": "2009-11-23"}, (422, "under_age")),
        ({"personal_number": None}, (422, "malformed")),
    ],
)
def test_sign_in_refusals(world: World, client: Client, changes: Any, expected: Any) -> None:
    body = {"personal_number": "900100000", "date_of_birth": "1990-01-15", "mobile": "36001234"}

    assert refusal(post_json(client, "/api/v1/sign-in", {**body, **changes})) == expected


def test_sign_in_again_at_once_says_when(world: World, client: Client) -> None:
    body = {"personal_number": "900100000", "date_of_birth": "1990-01-15", "mobile": "36001234"}
    assert post_json(client, "/api/v1/sign-in", body).status_code == 202

    answer = post_json(client, "/api/v1/sign-in", body)

    assert refusal(answer) == (429, "too_many")
    assert 0 < int(answer["Retry-After"]) <= 60


def test_verify_gives_a_token_that_is_not_yet_verified(world: World, client: Client) -> None:
    body = {"personal_number": "900100000", "date_of_birth": "1990-01-15", "mobile": "36001234"}
    post_json(client, "/api/v1/sign-in", body)
    wrong = {"personal_number": "900100000", "code": "000000" if last_code() != "000000" else "1"}

    assert refusal(post_json(client, "/api/v1/sign-in/verify", wrong)) == (401, "wrong_code")
    right = {"personal_number": "900100000", "code": last_code()}
    answer = post_json(client, "/api/v1/sign-in/verify", right).json()
    assert (set(answer), answer["verified"]) == ({"token", "expires_at", "verified"}, False)
    assert answer["expires_at"].endswith("+03:00")
    assert refusal(post_json(client, "/api/v1/sign-in/verify", right)) == (401, "wrong_code")


def test_without_a_token_nothing_of_ones_own(world: World, client: Client) -> None:
    for method, path in (
        ("get", "/api/v1/appointments"),
        ("get", "/api/v1/appointments/ABCDEFGH"),
        ("post", "/api/v1/appointments"),
        ("post", "/api/v1/appointments/ABCDEFGH/move"),
        ("delete", "/api/v1/appointments/ABCDEFGH"),
    ):
        answer = getattr(client, method)(path)
        assert refusal(answer) == (401, "sign_in_required"), path
    stale = client.get("/api/v1/appointments", headers={"authorization": "Bearer nonsense"})
    assert refusal(stale) == (401, "sign_in_required")


def test_book_answers_the_appointment_and_repeats_it(world: World, client: Client) -> None:
    token = api_token(client)
    answer = book(client, token)

    assert answer.status_code == 201
    body = answer.json()
    assert body == {
        "reference": body["reference"],
        "state": "booked",
        "service": "renewal",
        "centre": "dana",
        "starts_at": "2026-11-23T10:00:00+03:00",
        "ends_at": "2026-11-23T10:10:00+03:00",
        "ticket": None,
        "can_move": True,
        "can_cancel": True,
        "visit": None,
        "leg": None,
    }
    again = book(client, token)
    assert (again.status_code, again.json()) == (201, body)
    assert Appointment.objects.count() == 1
    path = f"/api/v1/appointments/{body['reference']}"
    shown = client.get(path, headers={"authorization": f"Bearer {token}"})
    assert (shown.status_code, shown.json()) == (200, body)


def test_same_key_with_another_body_is_refused(world: World, client: Client) -> None:
    token = api_token(client)
    assert book(client, token).status_code == 201

    answer = book(client, token, starts_at="2026-11-23T11:00:00+03:00")

    assert refusal(answer) == (422, "key_reused")


def test_a_refusal_is_not_kept_under_its_key(world: World, client: Client) -> None:
    token = api_token(client)
    Interval.objects.update(taken_public=2)
    assert refusal(book(client, token)) == (409, "slot_taken")

    Interval.objects.update(taken_public=0)

    assert book(client, token).status_code == 201


def test_without_a_key_nothing_is_written(world: World, client: Client) -> None:
    token = api_token(client)
    assert refusal(book(client, token, key="")) == (422, "malformed")
    assert Appointment.objects.count() == 0


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"service": "nothing"}, (404, "unknown_service")),
        ({"centre": "nowhere"}, (404, "unknown_centre")),
        ({"starts_at": "2026-12-02T10:00:00+03:00"}, (422, "outside_horizon")),
        ({"starts_at": "2026-11-23T10:00:00"}, (422, "malformed")),
        ({"starts_at": "0001-01-01T00:00:00+14:00"}, (422, "malformed")),
        ({"starts_at": 1795000000}, (422, "malformed")),
        ({"starts_at": None}, (422, "malformed")),
        ({"service": "a\x00"}, (422, "malformed")),
        ({"service": "\ud800"}, (422, "malformed")),
        ({"beneficiary": "050600000"}, (422, "malformed")),
        ({"beneficiary": {"name": "x"}}, (422, "malformed")),
    ],
)
def test_book_refusals(world: World, client: Client, changes: Any, expected: Any) -> None:
    assert refusal(book(client, api_token(client), **changes)) == expected


def test_book_twice_for_one_service_is_already_booked(world: World, client: Client) -> None:
    token = api_token(client)
    assert book(client, token).status_code == 201

    answer = book(client, token, key="k2", starts_at="2026-11-24T10:00:00+03:00")

    assert refusal(answer) == (409, "already_booked")


def test_a_blocked_person_is_told_until_when_and_why(world: World, client: Client) -> None:
    token = api_token(client)
    assert book(client, token).status_code == 201
    person = Appointment.objects.get().person
    until = NOW + timedelta(days=3)
    Block.objects.create(person=person, starts_at=NOW, ends_at=until)
    type(person.standing).objects.filter(person=person).update(blocked_until=until)

    answer = book(client, token, key="k2", service="customs")

    assert refusal(answer) == (403, "blocked")
    assert answer.json()["data"]["until"] == "2026-11-25T08:00:00+03:00"
    assert answer.json()["data"]["reason"]


def test_a_dependant_is_registered_on_the_fly(world: World, client: Client) -> None:
    token = api_token(client)
    child = {"personal_number": "200100000", "date_of_birth": "2020-01-05", "name": "Child"}

    first = book(client, token, service="passport", beneficiary=child)
    second = book(client, token, "k2", service="customs", beneficiary="200100000")

    assert first.status_code == 201
    assert refusal(second) == (422, "dependants_not_allowed")
    assert Appointment.objects.get().beneficiary.birth_date.year == 2020


def test_another_persons_appointment_does_not_exist(world: World, client: Client) -> None:
    reference = book(client, api_token(client)).json()["reference"]
    other = api_token(client, OTHER_NUMBER, OTHER_BORN, OTHER_MOBILE)
    path = f"/api/v1/appointments/{reference}"
    moved = {"starts_at": "2026-11-23T11:00:00+03:00"}

    answers = [
        client.get(path, headers={"authorization": f"Bearer {other}"}),
        client.delete(path, headers={"authorization": f"Bearer {other}"}),
        post_json(client, f"{path}/move", moved, **authorized(other, "m1")),
    ]

    assert [refusal(answer) for answer in answers] == [(404, "not_found")] * 3
    assert Appointment.objects.get().state == "booked"


def test_move_swaps_and_repeats(world: World, client: Client) -> None:
    token = api_token(client)
    reference = book(client, token).json()["reference"]
    path = f"/api/v1/appointments/{reference}/move"
    body = {"starts_at": "2026-11-24T09:00:00+03:00", "centre": "muharraq"}

    first = post_json(client, path, body, **authorized(token, "m1"))
    again = post_json(client, path, body, **authorized(token, "m1"))

    assert (first.status_code, first.json()["centre"]) == (200, "muharraq")
    assert first.json()["starts_at"] == "2026-11-24T09:00:00+03:00"
    assert again.json() == first.json()
    assert Appointment.objects.get().moves == 1


def test_move_stops_at_its_limit(world: World, client: Client) -> None:
    token = api_token(client)
    path = f"/api/v1/appointments/{book(client, token).json()['reference']}/move"
    hours = [
        post_json(
            client,
            path,
            {"starts_at": f"2026-11-24T{hour:02d}:00:00+03:00"},
            **authorized(token, f"m{hour}"),
        )
        for hour in (8, 9, 10, 11)
    ]

    assert [answer.status_code for answer in hours] == [200, 200, 200, 409]
    assert refusal(hours[-1]) == (409, "move_limit")


def test_cancel_may_be_repeated_and_frees_the_place(world: World, client: Client) -> None:
    token = api_token(client)
    path = f"/api/v1/appointments/{book(client, token).json()['reference']}"
    answers = [client.delete(path, headers={"authorization": f"Bearer {token}"}) for _ in "ab"]

    assert [(each.status_code, each.json()["state"]) for each in answers] == [
        (200, "cancelled"),
        (200, "cancelled"),
    ]
    assert Interval.objects.get(pool=world.dana_pool, starts_at=local(10, days=1)).taken_public == 0


def test_ones_appointments_in_pages(world: World, client: Client) -> None:
    token = api_token(client)
    for number, service in enumerate(("renewal", "customs")):
        day = f"2026-11-2{3 + number}T10:00:00+03:00"
        assert book(client, token, f"k{number}", service=service, starts_at=day).status_code == 201
    headers = {"authorization": f"Bearer {token}"}

    first = client.get("/api/v1/appointments?limit=1", headers=headers).json()
    path = f"/api/v1/appointments?limit=1&cursor={first['next']}"
    second = client.get(path, headers=headers).json()

    services = [page["items"][0]["service"] for page in (first, second)]
    assert (services, second["next"]) == (["customs", "renewal"], None)


def test_messages_follow_the_asked_language(world: World, client: Client) -> None:
    english = client.get("/api/v1/slots?service=nothing").json()["message"]
    answer = client.get("/api/v1/slots?service=nothing", headers={"accept-language": "ar"})

    assert english == "There is no such service. Search for it on the services page."
    assert answer["Content-Language"] == "ar"
