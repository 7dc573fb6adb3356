"""The waiting list and the confirmation over the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from booking.waiting_world import book, cancel, deliver, switch_on
from mawaeed.booking import actions
from mawaeed.booking.models import Appointment, Hold, WaitingEntry
from mawaeed.kernel import clock
from mawaeed.kernel.secrets import keyed_hash
from mawaeed.people.models import Person
from residents import NUMBER, OTHER_BORN, OTHER_MOBILE, OTHER_NUMBER, api_token, post_json
from small_world import NOW, World, local, make_person, make_world

pytestmark = pytest.mark.django_db
LIST = "/api/v1/waiting-list"
START = local(9, days=3)
WRITTEN = "2026-11-25T09:00:00+03:00"


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


@pytest.fixture
def holder(world: World) -> Appointment:
    return book(make_person(7), START)


def bearer(token: str, key: str = "") -> dict[str, str]:
    headers = {"Authorization": f"Bearer {token}"}
    return {**headers, "Idempotency_Key": key} if key else headers


def join(client: Client, token: str, key: str = "k1", **body: Any) -> Any:
    return post_json(client, LIST, {"service": "renewal", **body}, **bearer(token, key))


def verb(client: Client, token: str, path: str, key: str = "k2") -> Any:
    return post_json(client, f"{LIST}/{path}", {}, **bearer(token, key))


def entries(client: Client, token: str) -> Any:
    return client.get(LIST, headers=bearer(token)).json()


def me() -> Person:
    return Person.objects.get(number_hash=keyed_hash(NUMBER))


def test_join_look_and_leave(client: Client, mine: str) -> None:
    wanted = {"centre": "dana", "from": "2026-11-24", "until": "2026-11-28"}
    answer = join(client, mine, **wanted)
    assert answer.status_code == 201, answer.content
    shape = {
        "id": WaitingEntry.objects.get().pk,
        "state": "waiting",
        "service": "renewal",
        "appointment": None,
        "messages": 0,
        "offer": None,
        **wanted,
    }
    assert answer.json() == shape
    assert join(client, mine, **wanted).json() == shape
    assert entries(client, mine) == {"items": [shape], "next": None}
    for _ in range(2):
        left = client.delete(f"{LIST}/{shape['id']}", headers=bearer(mine))
        assert (left.status_code, left.json()["state"]) == (200, "left")


def test_joining_is_refused_as_the_rules_say(client: Client, mine: str) -> None:
    assert join(client, mine, centre="nowhere").json()["code"] == "unknown_centre"
    assert join(client, mine, service="nothing").json()["code"] == "unknown_service"
    past = join(client, mine, until="2026-11-01")
    assert (past.status_code, past.json()["code"]) == (422, "malformed")
    assert post_json(client, LIST, {"service": "renewal"}, **bearer(mine)).status_code == 422
    assert join(client, mine).status_code == 201
    twice = join(client, mine, key="other")
    assert (twice.status_code, twice.json()["code"]) == (409, "already_waiting")


def test_another_persons_entry_does_not_exist(client: Client, mine: str, another: str) -> None:
    number = join(client, mine).json()["id"]
    for answer in (
        client.delete(f"{LIST}/{number}", headers=bearer(another)),
        verb(client, another, f"{number}/accept"),
        verb(client, another, f"{number}/decline"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert entries(client, another)["items"] == []
    assert WaitingEntry.objects.get().state == "waiting"


def test_an_offer_is_shown_and_accepted_once(
    client: Client, mine: str, holder: Appointment
) -> None:
    switch_on(freed__waiting_list_first=True)
    number = join(client, mine).json()["id"]
    assert verb(client, mine, f"{number}/accept").json()["code"] == "nothing_offered"
    cancel(holder)
    [shown] = entries(client, mine)["items"]
    assert (shown["state"], shown["offer"]) == (
        "offered",
        {
            "centre": "dana",
            "starts_at": WRITTEN,
            "ends_at": "2026-11-25T09:10:00+03:00",
            "expires_at": "2026-11-22T08:30:00+03:00",
        },
    )
    taken = verb(client, mine, f"{number}/accept")
    assert (taken.status_code, taken.json()["starts_at"]) == (200, WRITTEN)
    assert verb(client, mine, f"{number}/accept").json() == taken.json()
    assert Appointment.objects.filter(person=me(), state="booked").count() == 1
    assert not Hold.objects.exists()


def test_earlier_than_what_is_held_is_a_swap(
    client: Client, mine: str, holder: Appointment
) -> None:
    held = book(me(), local(12, days=3))
    number = join(client, mine, appointment=held.reference).json()["id"]
    cancel(holder)
    deliver()
    [shown] = entries(client, mine)["items"]
    assert shown["offer"]["expires_at"] is None
    taken = verb(client, mine, f"{number}/accept").json()
    assert (taken["reference"], taken["starts_at"]) == (held.reference, WRITTEN)


def test_a_start_that_was_not_offered_is_neither_taken_nor_declined(
    client: Client, mine: str, holder: Appointment
) -> None:
    switch_on(freed__waiting_list_first=True)
    number = join(client, mine).json()["id"]
    cancel(holder)
    other, seen = {"starts_at": "2026-11-25T09:10:00+03:00"}, {"starts_at": WRITTEN}
    for do in ("accept", "decline"):
        path = f"{LIST}/{number}/{do}"
        refused = post_json(client, path, other, **bearer(mine, f"other-{do}"))
        assert (refused.status_code, refused.json()["code"]) == (409, "offer_gone")
    assert WaitingEntry.objects.get().state == "offered"
    taken = post_json(client, f"{LIST}/{number}/accept", seen, **bearer(mine, "seen"))
    assert (taken.status_code, taken.json()["starts_at"]) == (200, WRITTEN)


def test_a_declined_offer_is_not_shown_any_more(
    client: Client, mine: str, holder: Appointment
) -> None:
    switch_on(freed__waiting_list_first=True)
    number = join(client, mine).json()["id"]
    cancel(holder)
    assert verb(client, mine, f"{number}/decline").json()["state"] == "waiting"
    refused = verb(client, mine, f"{number}/decline", key="k3")
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_offered")
    assert book(make_person(8), START).state == "booked"
    gone = verb(client, mine, f"{number}/accept", key="k4")
    assert (gone.status_code, gone.json()["code"]) == (409, "offer_gone")


def test_the_list_goes_page_by_page(client: Client, mine: str) -> None:
    for service in ("renewal", "passport", "customs"):
        join(client, mine, key=service, service=service)
    first = client.get(f"{LIST}?limit=2", headers=bearer(mine)).json()
    rest = client.get(f"{LIST}?limit=2&cursor={first['next']}", headers=bearer(mine)).json()
    seen = [each["service"] for each in [*first["items"], *rest["items"]]]
    assert (seen, rest["next"]) == (["customs", "passport", "renewal"], None)


def test_confirm_is_told_and_repeated_without_harm(
    client: Client, mine: str, another: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch_on(confirm__ask_hours=48)
    held = book(me(), local(9, days=5))
    path = f"/api/v1/appointments/{held.reference}/confirm"
    asked_at = local(9, days=3)
    assert actions.ask_to_confirm(now=asked_at) == 1
    shape = {
        "reference": held.reference,
        "state": "booked",
        "asked_at": "2026-11-25T09:00:00+03:00",
        "confirm_by": "2026-11-26T09:00:00+03:00",
        "confirmed_at": None,
    }
    assert client.get(path, headers=bearer(mine)).json() == shape
    assert post_json(client, path, {}, **bearer(another)).status_code == 404
    for _ in range(2):
        answer = post_json(client, path, {}, **bearer(mine))
        confirmed = {**shape, "confirmed_at": "2026-11-22T08:00:00+03:00"}
        assert (answer.status_code, answer.json()) == (200, confirmed)


def test_confirm_of_what_was_given_up_is_refused(client: Client, mine: str) -> None:
    switch_on(confirm__ask_hours=48)
    held = book(me(), local(9, days=5))
    actions.ask_to_confirm(now=local(9, days=3))
    actions.free_unconfirmed(now=local(9, days=4) + timedelta(seconds=1))
    path = f"/api/v1/appointments/{held.reference}/confirm"
    answer = post_json(client, path, {}, **bearer(mine))
    assert (answer.status_code, answer.json()["code"]) == (409, "not_confirmed")
