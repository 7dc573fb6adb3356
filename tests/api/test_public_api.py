"""The contract of version 1, call by call."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from mawaeed.api.api import api
from mawaeed.api.audience import operations
from mawaeed.availability.models import Interval
from mawaeed.booking.models import Appointment
from mawaeed.conduct.models import Block
from mawaeed.kernel import clock
from mawaeed.kernel.secrets import keyed_hash
from mawaeed.people.models import SignInCode
from residents import (
    OTHER_BORN,
    OTHER_MOBILE,
    OTHER_NUMBER,
    api_token,
    last_code,
    post_json,
    sign_in_on_the_web,
)
from small_world import NOW, World, local, make_world

pytestmark = pytest.mark.django_db
A_TIME = "2026-11-23T10:00:00+03:00"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return make_world()


@pytest.fixture
def client() -> Client:
    return Client(headers={"accept-language": "en"})


def authorized(token: str, key: str = "") -> dict[str, str]:
    headers = {"Authorization": f"Bearer {token}"}
    return {**headers, "Idempotency_Key": key} if key else headers


def book(client: Client, token: str, key: str = "k1", **changes: Any) -> Any:
    body = {"service": "renewal", "centre": "dana", "starts_at": A_TIME, **changes}
    return post_json(client, "/api/v1/appointments", body, **authorized(token, key))


def refusal(answer: Any) -> tuple[int, str]:
    assert set(answer.json()) == {"code", "message", "data"}
    assert answer.json()["message"]
    return answer.status_code, answer.json()["code"]


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


def test_health_says_what_it_runs_on(world: World, client: Client) -> None:
    body = client.get("/healthz").json()

    assert (set(body), body["status"], body["demo"]) == (
        {"status", "database", "version", "demo"},
        "ok",
        False,
    )


def test_documents_are_served_from_here(world: World, client: Client) -> None:
    answer = client.get("/api/v1/docs")
    text = answer.content.decode().replace("http://testserver", "")

    assert answer.status_code == 200
    assert "http://" not in text
    assert "https://" not in text
    assert "<script" not in text.replace('<script type="module" src="/static/web/js/', "")


def test_documents_tell_every_operation_and_every_object(world: World, client: Client) -> None:
    text = client.get("/api/v1/docs").content.decode()
    schema = client.get("/api/v1/openapi.json").json()

    told = re.findall(r'<span class="doc-method">(\w+)</span> <code>([^<]+)</code>', text)
    shapes = re.findall(r'<h3 id="shape-(\w+)">', text)
    linked = set(re.findall(r'href="#([^"]+)"', text))
    assert set(told) == {
        (method.upper(), path) for path, methods in schema["paths"].items() for method in methods
    }
    assert set(shapes) == set(schema["components"]["schemas"])
    assert linked <= set(re.findall(r'id="([^"]+)"', text))


def test_documents_speak_the_language_chosen(world: World, client: Client) -> None:
    client.cookies["language"] = "ar"
    headings = re.findall(r"<h1>(.*?)</h1>", client.get("/api/v1/docs").content.decode())

    assert headings == ["وثائق واجهة البرمجة"]


def test_every_operation_declares_its_audience() -> None:
    found = list(operations(api))

    assert len(found) >= 10
    for method, path, audience, needs_token in found:
        if path.startswith("/staff/"):
            assert (audience[0], len(audience) > 1, needs_token) == ("staff", True, True), path
        else:
            assert audience == (("resident",) if needs_token else ("public",)), (method, path)


@pytest.mark.parametrize("method", ["DELETE", "PATCH"])
def test_a_wrong_method_is_told_in_json(world: World, client: Client, method: str) -> None:
    answer = client.generic(method, "/api/v1/centres")

    assert answer.status_code == 405
    assert answer.json()["code"] == "method_not_allowed"
    assert answer.json()["message"].startswith("This address does not take this method.")
    assert "GET" in answer["Allow"]


@pytest.mark.parametrize("edge", ["api", "web"])
def test_limits_go_by_the_address_the_trusted_proxy_wrote(
    world: World, client: Client, settings: Settings, edge: str
) -> None:
    settings.TRUSTED_PROXIES = 1
    through = Client(headers={"x-forwarded-for": "198.51.100.9, 203.0.113.7"})
    if edge == "web":
        sign_in_on_the_web(through)
    else:
        wanted = {
            "personal_number": OTHER_NUMBER,
            "date_of_birth": OTHER_BORN,
            "mobile": OTHER_MOBILE,
        }
        assert post_json(through, "/api/v1/sign-in", wanted).status_code == 202

    assert SignInCode.objects.get().address_hash == keyed_hash("address:203.0.113.7")
