"""Several services or people in one visit, over the API; and two people for one service."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from mawaeed.availability.models import Interval
from mawaeed.booking.ledger import ledger_differences
from mawaeed.booking.models import Appointment, Visit
from mawaeed.centres.models import Service
from mawaeed.kernel import clock
from mawaeed.kernel.models import PolicyValue
from mawaeed.kernel.policies import forget_policies
from mawaeed.people.models import Beneficiary
from residents import NUMBER, OTHER_BORN, OTHER_MOBILE, OTHER_NUMBER, api_token, post_json
from small_world import NOW, World, local, make_world

pytestmark = pytest.mark.django_db
TEN, HALF_PAST = "2026-11-23T10:00:00+03:00", "2026-11-23T10:30:00+03:00"
CHILD = {"personal_number": "200100000", "date_of_birth": "2020-01-05", "name": "Child"}
SECOND = {"personal_number": "851200000", "date_of_birth": "1985-12-01"}
TWO = [{"service": "passport"}, {"service": "passport", "beneficiary": CHILD}]


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


def bearer(token: str, key: str = "") -> dict[str, str]:
    headers = {"Authorization": f"Bearer {token}"}
    return {**headers, "Idempotency_Key": key} if key else headers


def book(client: Client, token: str, legs: Any = TWO, key: str = "v1", at: str = TEN) -> Any:
    body = {"centre": "dana", "starts_at": at, "legs": legs}
    return post_json(client, "/api/v1/visits", body, **bearer(token, key))


def told(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


def times(answer: Any) -> list[tuple[str, str, int]]:
    return [
        (each["starts_at"][11:16], each["state"], each["leg"]) for each in answer.json()["items"]
    ]


def test_two_passports_are_booked_one_after_another(client: Client, mine: str) -> None:
    answer = book(client, mine)

    assert answer.status_code == 201
    assert times(answer) == [("10:00", "booked", 1), ("10:20", "booked", 2)]
    visit = answer.json()["visit"]
    assert {each["visit"] for each in answer.json()["items"]} == {visit}
    shown = client.get(f"/api/v1/visits/{visit}", headers={"Authorization": f"Bearer {mine}"})
    assert shown.json() == answer.json()
    assert book(client, mine).json() == answer.json()
    assert (Visit.objects.count(), Appointment.objects.count()) == (1, 2)
    assert ledger_differences() == []


def test_a_visit_whose_second_part_does_not_fit_takes_nothing(client: Client, mine: str) -> None:
    Interval.objects.filter(starts_at__gte=local(10, 15, days=1)).update(taken_public=1)
    assert told(book(client, mine)) == (409, "slot_taken")
    assert told(book(client, mine, [{"service": "passport"}] * 2)) == (409, "slot_taken")
    assert not Appointment.objects.exists()
    assert not Visit.objects.exists()


@pytest.mark.parametrize(
    ("legs", "refusal"),
    [
        ([], (422, "too_many_legs")),
        ([{"service": "customs"}] * 5, (422, "too_many_legs")),
        ([{"service": "renewal"}] * 2, (409, "already_booked")),
        ([{"service": "renewal"}, {"service": "nothing"}], (404, "unknown_service")),
        ([{"service": "renewal", "beneficiary": CHILD}], (422, "dependants_not_allowed")),
        ([{"service": "passport", "companion": SECOND}], (422, "companion_not_needed")),
    ],
)
def test_a_visit_is_refused_as_a_whole(
    client: Client, mine: str, legs: Any, refusal: tuple[int, str]
) -> None:
    assert told(book(client, mine, legs)) == refusal
    assert not Appointment.objects.exists()
    assert ledger_differences() == []


def test_the_cap_counts_every_part(client: Client, mine: str) -> None:
    assert book(client, mine, [{"service": "customs"}] * 3).status_code == 201
    legs = [{"service": "renewal"}, *TWO]
    assert told(book(client, mine, legs, "v2", "2026-11-24T10:00:00+03:00")) == (
        409,
        "limit_reached",
    )
    assert Appointment.objects.count() == 3


def test_moving_a_visit_moves_all_of_it(client: Client, mine: str) -> None:
    visit = book(client, mine).json()["visit"]
    path = f"/api/v1/visits/{visit}/move"

    for _ in range(2):
        answer = post_json(client, path, {"starts_at": HALF_PAST}, **bearer(mine, "m1"))
        assert answer.status_code == 200, answer.content
        assert times(answer) == [("10:30", "booked", 1), ("10:50", "booked", 2)]
    assert ledger_differences() == []


def test_cancelling_a_visit_may_be_repeated(client: Client, mine: str) -> None:
    visit = book(client, mine).json()["visit"]
    headers = {"Authorization": f"Bearer {mine}"}
    for key in ("", "c1", "c1"):
        more = {**headers, "Idempotency-Key": key} if key else headers
        answer = client.delete(f"/api/v1/visits/{visit}", headers=more)
        assert answer.status_code == 200
        assert times(answer) == [("10:00", "cancelled", 1), ("10:20", "cancelled", 2)]
    assert not Interval.objects.filter(taken_public__gt=0).exists()


def test_cancelling_one_part_leaves_the_other(client: Client, mine: str) -> None:
    first = book(client, mine).json()["items"][0]["reference"]
    headers = {"Authorization": f"Bearer {mine}"}
    client.delete(f"/api/v1/appointments/{first}", headers=headers)
    answer = post_json(
        client,
        f"/api/v1/appointments/{first}/move",
        {"starts_at": HALF_PAST},
        **bearer(mine, "m1"),
    )
    assert told(answer) == (409, "stale")
    states = Appointment.objects.order_by("leg").values_list("state", flat=True)
    assert list(states) == ["cancelled", "booked"]
    assert Appointment.objects.get(leg=2).starts_at == local(10, 20, days=1)


def test_another_persons_visit_does_not_exist(client: Client, mine: str) -> None:
    visit = book(client, mine).json()["visit"]
    other = api_token(client, OTHER_NUMBER, OTHER_BORN, OTHER_MOBILE)
    path = f"/api/v1/visits/{visit}"
    headers = {"Authorization": f"Bearer {other}"}
    assert told(client.get(path, headers=headers)) == (404, "not_found")
    assert told(client.delete(path, headers=headers)) == (404, "not_found")
    moved = post_json(client, f"{path}/move", {"starts_at": HALF_PAST}, **bearer(other, "m"))
    assert told(moved) == (404, "not_found")
    assert set(Appointment.objects.values_list("state", flat=True)) == {"booked"}


def test_slots_tell_when_every_part_fits(client: Client) -> None:
    Interval.objects.filter(pool__centre__code="dana", starts_at=local(10, 20, days=1)).update(
        taken_public=1
    )
    query = "centre=dana&service=renewal&service=passport&day=2026-11-23&limit=200"
    items = client.get(f"/api/v1/visits/slots?{query}").json()["items"]
    begins = [each["starts_at"][11:16] for each in items]
    # Nothing reaches over 10:20, and the pause between two is a quarter of an hour at most.
    around = [each for each in begins if "09:40" <= each <= "10:30"]
    assert around == ["09:40", "09:50", "10:10", "10:30"]
    last = items[-1]
    assert (last["starts_at"][11:16], last["ends_at"][11:16]) == ("13:30", "13:55")
    assert [each["service"] for each in last["legs"]] == ["renewal", "passport"]
    assert told(client.get("/api/v1/visits/slots?centre=dana&service=nothing")) == (
        404,
        "unknown_service",
    )


def test_the_second_of_two_may_be_named_or_left_open(client: Client, mine: str) -> None:
    Service.objects.filter(code="customs").update(people_present=2)
    assert book(client, mine, [{"service": "customs", "companion": SECOND}]).status_code == 201
    assert book(client, mine, [{"service": "customs"}], "v2", HALF_PAST).status_code == 201
    named = Appointment.objects.order_by("starts_at").values_list("companion", flat=True)
    assert [each is not None for each in named] == [True, False]
    assert (
        "851200000"
        not in client.get(
            "/api/v1/appointments", headers={"Authorization": f"Bearer {mine}"}
        ).content.decode()
    )


@pytest.mark.parametrize(
    "second",
    [
        {"personal_number": NUMBER, "date_of_birth": "1990-01-15"},
        {"personal_number": "12", "date_of_birth": "1990-01-15"},
        {"personal_number": "851200000", "date_of_birth": "soon"},
    ],
)
def test_a_second_person_must_be_another_and_readable(
    client: Client, mine: str, second: dict[str, str]
) -> None:
    Service.objects.filter(code="customs").update(people_present=2)
    answer = book(client, mine, [{"service": "customs", "companion": second}])
    assert told(answer) == (422, "malformed")
    assert answer.json()["data"] == {"field": "companion"}
    assert Beneficiary.objects.count() == 1


def test_where_the_setting_asks_for_it_the_second_must_be_named(client: Client, mine: str) -> None:
    Service.objects.filter(code="customs").update(people_present=2)
    PolicyValue.objects.create(
        key="booking.companion_required",
        scope_kind="agency",
        scope_id=0,
        value=True,
        effective_from=NOW,
    )
    forget_policies()
    try:
        assert told(book(client, mine, [{"service": "customs"}])) == (422, "companion_needed")
        assert book(client, mine, [{"service": "customs", "companion": SECOND}]).status_code == 201
    finally:
        forget_policies()
