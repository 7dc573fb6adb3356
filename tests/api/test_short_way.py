"""The short way says what the site says, header by header, and leaves to it what is not plain."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import InterfaceError, close_old_connections, connection
from django.test import Client, RequestFactory

from mawaeed.api.short_way import MAX_BODY_BYTES, ShortWay
from mawaeed.api.ways import WAYS
from mawaeed.booking.errors import SlotTaken
from mawaeed.booking.models import Appointment
from mawaeed.kernel import clock
from mawaeed.kernel.identifiers import digest
from mawaeed.kernel.models import History, IdempotencyKey, OutboxEvent
from mawaeed.people.models import Role, StaffToken
from residents import OTHER_BORN, OTHER_MOBILE, OTHER_NUMBER, api_token
from small_world import NOW, World, local, make_staff, make_world

pytestmark = pytest.mark.django_db
PATH = "/api/v1/appointments"
TEN = local(10) + timedelta(days=1)


@dataclass
class Site:
    """The whole site; counts how often it is asked."""

    asked: int = 0

    def __post_init__(self) -> None:
        self.pages = get_wsgi_application()

    def __call__(self, request: dict[str, Any], start: Any) -> Iterable[bytes]:
        self.asked += 1
        return self.pages(request, start)


@pytest.fixture(autouse=True)
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return make_world(places=20)


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def short(site: Site) -> ShortWay:
    return ShortWay(site, WAYS)


@pytest.fixture
def token() -> str:
    return api_token(Client())


@pytest.fixture
def other() -> str:
    return api_token(Client(), OTHER_NUMBER, born=OTHER_BORN, mobile=OTHER_MOBILE)


def ask(layer: Any, body: Any, *, path: str = PATH, **headers: str) -> Any:
    """Status, headers and body of a POST; `headers` as WSGI names them."""
    written = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = headers.pop("CONTENT_TYPE", "application/json")
    request = RequestFactory().post(path, written, content_type=kind, **headers).environ  # type: ignore[arg-type]
    told: list[Any] = []
    with _connection_kept():
        answer = layer(request, lambda *said: told.append(said))
        given = b"".join(answer)
        if hasattr(answer, "close"):
            answer.close()
    return told[0][0], sorted(told[0][1]), given


@contextmanager
def _connection_kept() -> Iterator[None]:
    """The test's transaction must outlive a request."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    with patch("mawaeed.api.short_way.close_old_connections"):
        yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def wanted(minutes: int = 0) -> dict[str, str]:
    return {
        "service": "renewal",
        "centre": "dana",
        "starts_at": (TEN + timedelta(minutes=minutes)).isoformat(),
    }


def by(token: str, key: str = "k", language: str = "en") -> dict[str, str]:
    return {
        "HTTP_AUTHORIZATION": f"Bearer {token}",
        "HTTP_IDEMPOTENCY_KEY": key,
        "HTTP_ACCEPT_LANGUAGE": language,
    }


def warmed(short: ShortWay, token: str, language: str = "en") -> None:
    """One booking by the site, so that it has said which headers there are; cancelled again."""
    made = ask(short, wanted(), **by(token, "warm", language))
    assert made[0] == "201 Created"
    Client().delete(
        f"{PATH}/{json.loads(made[2])['reference']}", headers={"Authorization": f"Bearer {token}"}
    )


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_booking_is_answered_as_the_site_answers_and_without_it(
    short: ShortWay, site: Site, token: str, other: str, language: str
) -> None:
    warmed(short, token, language)
    asked = site.asked

    status, headers, body = ask(short, wanted(30), **by(token, language=language))

    assert site.asked == asked
    told = ask(site, wanted(30), **by(other, language=language))
    assert (status, headers) == told[:2]
    ours, theirs = json.loads(body), json.loads(told[2])
    assert list(ours) == list(theirs)
    assert {**ours, "reference": ""} == {**theirs, "reference": ""}
    made = Appointment.objects.get(reference=ours["reference"])
    same = Appointment.objects.get(reference=theirs["reference"])
    assert made.channel == same.channel
    for rows in (History.objects, OutboxEvent.objects):
        assert rows.filter(subject_kind="appointment", subject_id=made.pk).count() == 1


NOT_PLAIN: list[tuple[Any, dict[str, str]]] = [
    ({**wanted(30), "starts_at": wanted()["starts_at"]}, {"HTTP_AUTHORIZATION": "Bearer nobody"}),
    (wanted(30), {"HTTP_AUTHORIZATION": "Basic abc"}),
    (wanted(30), {"HTTP_IDEMPOTENCY_KEY": ""}),
    (wanted(30), {"HTTP_IDEMPOTENCY_KEY": "k" * 81}),
    (wanted(30), {"HTTP_HOST": "elsewhere.example"}),
    ({**wanted(30), "starts_at": "tomorrow"}, {}),
    ({**wanted(30), "starts_at": "2026-11-24T10:30:00"}, {}),
    ({"service": "renewal"}, {}),
    ([], {}),
    (b"{", {}),
    (b"\xff\xfe", {}),
    (b"[" * MAX_BODY_BYTES, {}),
    (b" " * (MAX_BODY_BYTES + 1), {}),
    ({**wanted(30), "beneficiary": "dependant:999"}, {}),
]


def test_what_is_not_plain_is_refused_by_the_site(short: ShortWay, site: Site, token: str) -> None:
    warmed(short, token)
    before = Appointment.objects.count()
    for body, changed in NOT_PLAIN:
        headers, asked = {**by(token), **changed}, site.asked

        answer = ask(short, body, **headers)

        assert site.asked == asked + 1, (body, changed)
        assert answer == ask(site, body, **headers)
        assert answer[0][0] == "4"
    assert Appointment.objects.count() == before


REFUSED: list[tuple[Any, str]] = [
    ({**wanted(30), "service": "unknown"}, "404"),
    ({**wanted(7)}, "409"),
    ({**wanted(60 * 24 * 30)}, "422"),
]


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_refusal_is_worked_out_once_and_said_as_the_site_says_it(
    short: ShortWay, site: Site, token: str, language: str
) -> None:
    warmed(short, token, language)
    for body, status in REFUSED:
        asked, headers = site.asked, by(token, "refused", language)

        said = [ask(short, body, **headers) for _ in range(3)]

        assert site.asked == asked + 1, body  # the first one says which headers there are
        assert said == [ask(site, body, **headers)] * 3
        assert said[0][0].startswith(status)
    assert not Appointment.objects.exclude(state="cancelled").exists()


def test_a_refusal_that_has_a_header_of_its_own_is_said_by_the_site(
    short: ShortWay, site: Site, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(**_: Any) -> None:
        raise SlotTaken(retry_after=7)

    warmed(short, token)
    ask(short, wanted(7), **by(token, "taken"))  # so that the status is known
    monkeypatch.setattr("mawaeed.booking.actions.book_once", busy)

    for _ in range(2):
        assert ("Retry-After", "7") in ask(short, wanted(30), **by(token, "busy"))[1]


def test_a_repeat_by_either_way_gives_the_first_answer(
    short: ShortWay, site: Site, token: str, other: str
) -> None:
    warmed(short, token)
    first = ask(short, wanted(30), **by(token, "one"))
    there = ask(site, wanted(30), **by(other, "two"))

    assert ask(site, wanted(30), **by(token, "one"))[2] == first[2]
    assert ask(short, wanted(30), **by(other, "two"))[2] == there[2]
    for layer in (short, short, site):
        assert ask(layer, wanted(45), **by(token, "one"))[0].startswith("422")


def test_whatever_breaks_on_the_short_way_the_site_is_asked(
    short: ShortWay, site: Site, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(_: Any) -> None:
        raise InterfaceError("connection already closed")

    warmed(short, token)
    monkeypatch.setattr("mawaeed.api.short_way.release_in_time", lost)
    asked = site.asked

    assert ask(short, wanted(30), **by(token, "lost"))[0].startswith("201")
    assert site.asked == asked + 1


def test_headers_of_somebody_are_kept_for_nobody() -> None:
    def signs_in(request: Any, start: Any) -> list[bytes]:
        start("201 Created", [("Set-Cookie", "a=b"), ("Content-Language", "en")])
        return [b"{}"]

    short = ShortWay(signs_in, WAYS)

    for _ in range(2):
        assert ("Set-Cookie", "a=b") in ask(short, wanted(), **by("nobody"))[1]


GIVEN = {"service": "renewal", "priority": False, "language": "en"}


def staff_token(world: World, name: str, role: Role) -> str:
    real, token = clock.real_now(), f"token of {name}"
    staff = make_staff(world, name, role, world.dana)
    StaffToken.objects.create(
        staff=staff,
        label=name,
        token_hash=digest(token),
        created_at=real,
        expires_at=real + timedelta(days=1),
    )
    return token


def test_a_ticket_is_given_as_the_site_gives_it(
    world: World, short: ShortWay, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: local(9))
    path = "/api/v1/staff/dana/tickets"
    desk = staff_token(world, "desk", Role.RECEPTIONIST)
    first = ask(short, GIVEN, path=path, **by(desk, "first"))
    asked = site.asked

    status, headers, body = ask(short, GIVEN, path=path, **by(desk, "second"))

    assert site.asked == asked
    assert (status, headers) == first[:2]
    ours, theirs = json.loads(body), json.loads(first[2])
    assert (theirs["ticket"].pop("number"), ours["ticket"].pop("number")) == ("A001", "A002")
    assert list(ours) == list(theirs)
    assert ours["ticket"] == theirs["ticket"]
    assert list(ours["ticket"]) == list(theirs["ticket"])
    assert ask(site, GIVEN, path=path, **by(desk, "second"))[2] == body
    for changed in (
        by("nobody", "third"),
        by(staff_token(world, "clerk", Role.CLERK), "third"),
    ):
        refused = ask(short, GIVEN, path=path, **changed)
        assert refused == ask(site, GIVEN, path=path, **changed)
        assert refused[0][0] == "4"
    elsewhere = path.replace("dana", "muharraq")
    assert ask(short, GIVEN, path=elsewhere, **by(desk, "third"))[0].startswith("404")


@pytest.mark.skipif(connection.vendor != "postgresql", reason="the statements are PostgreSQL's")
def test_whose_token_it_is_is_found_out_by_the_statement_itself(
    world: World, short: ShortWay, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clerk's own key and history; nothing for who may not, nothing for another body."""
    monkeypatch.setattr(clock, "now", lambda: local(9))
    path = "/api/v1/staff/dana/tickets"
    desk = staff_token(world, "desk", Role.RECEPTIONIST)
    ask(short, GIVEN, path=path, **by(desk, "first"))
    monkeypatch.setattr("mawaeed.api.ways.staff_at", None)  # nobody is looked up apart
    asked = site.asked

    given = ask(short, GIVEN, path=path, **by(desk, "second"))

    assert (site.asked, given[0]) == (asked, "201 Created")
    staff = StaffToken.objects.get(label="desk").staff_id
    told = History.objects.filter(subject_kind="ticket").order_by("pk")
    first, second = told.values("actor_kind", "actor_id", "details")
    assert first == second == {**first, "actor_kind": "staff", "actor_id": staff}
    assert IdempotencyKey.objects.filter(actor=f"staff:{staff}", key="second").exists()
    for token in ("nobody", staff_token(world, "clerk", Role.CLERK), desk + " "):
        StaffToken.objects.filter(label="desk").update(revoked_at=clock.real_now())
        assert ask(short, GIVEN, path=path, **by(token, "third"))[0][0] == "4"
    assert told.count() == 2


def test_a_counter_starts_finishes_and_calls_as_by_the_site(
    world: World, short: ShortWay, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: local(9))
    staff = "/api/v1/staff/dana"
    desk = staff_token(world, "desk", Role.RECEPTIONIST)
    clerk = staff_token(world, "clerk", Role.CLERK)
    for turn in range(4):
        ask(site, GIVEN, path=f"{staff}/tickets", **by(desk, f"ticket {turn}"))
    ask(site, {"counter": 1}, path=f"{staff}/counter/open", **by(clerk, "open"))
    ask(site, {}, path=f"{staff}/counter/call-next", **by(clerk, "call"))

    def press(layer: Any, verb: str, number: str) -> tuple[Any, int]:
        asked = site.asked
        path = f"{staff}/counter/{verb}"
        answer = ask(layer, {"ticket": number}, path=path, **by(clerk, f"{verb} {number}"))
        return answer, site.asked - asked

    said = {}
    for number in ("A001", "A002", "A003"):
        for verb in ("start", "finish-and-call"):
            said[verb, number] = press(short, verb, number)
    for verb in ("start", "finish-and-call"):
        first, second, third = (said[verb, f"A00{turn}"] for turn in (1, 2, 3))
        assert (first[1], second[1], third[1]) == (1, 0, 0)
        assert first[0][:2] == second[0][:2] == third[0][:2]
    called = [json.loads(said["finish-and-call", f"A00{turn}"][0][2]) for turn in (1, 2, 3)]
    assert [each["ticket"].pop("number") for each in called] == ["A002", "A003", "A004"]
    assert called[0] == called[1] == called[2]
    assert list(called[0]["ticket"]) == list(called[2]["ticket"])
    repeated, _ = press(short, "finish-and-call", "A003")
    first = said["finish-and-call", "A003"][0]
    assert repeated[:2] == first[:2]
    assert json.loads(repeated[2]) == json.loads(first[2])
    stale, again = (press(short, "start", "A009") for _ in range(2))
    assert (stale[1], again[1]) == (1, 0)
    assert stale[0] == again[0] == press(site, "start", "A009")[0]
    assert stale[0][0].startswith("409")
