"""While the database is away pages and the API answer 503 and say what to do; never a trace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils.translation import gettext, override

from mawaeed.centres.models import Counter
from mawaeed.kernel import clock
from mawaeed.people.models import Role
from small_world import NOW, make_staff, make_world
from staff_desk import Desk

pytestmark = pytest.mark.django_db
WORDS = "Our records cannot be reached now. Nothing is lost: try again in a minute."
DIRECTIONS = {"ar": "rtl", "en": "ltr"}


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    world = make_world(days=1)
    return Desk(world, NOW, {"clerk": make_staff(world, "clerk", Role.CLERK, world.dana)})


@contextmanager
def away(cause: Exception | None = None) -> Iterator[None]:
    """No statement of this thread's connection arrives."""

    def refuse(*_: Any) -> Any:
        raise OperationalError("server closed the connection unexpectedly") from cause

    with connection.execute_wrapper(refuse):
        yield


def visitor(desk: Desk, who: str, language: str) -> Client:
    client = desk.client(who, language)
    client.raise_request_exception = False
    return client


def gettext_in(language: str) -> str:
    with override(language):
        return gettext(WORDS)


@pytest.mark.parametrize("language", DIRECTIONS)
@pytest.mark.parametrize(
    ("who", "path"),
    [("", "/"), ("", "/board/dana/"), ("", "/kiosk/dana/"), ("clerk", "/counter/dana/")],
)
def test_a_page_says_so_in_the_readers_language_and_looks_again(
    desk: Desk, who: str, path: str, language: str
) -> None:
    client = visitor(desk, who, language)
    with away():
        answer = client.get(path)
    assert_away(answer)
    html = answer.content.decode()
    assert f'<html lang="{language}" dir="{DIRECTIONS[language]}">' in html
    assert '<meta http-equiv="refresh" content="5">' in html
    assert gettext_in(language) in html


def test_a_press_is_not_repeated_by_the_page_that_says_so(desk: Desk) -> None:
    client = visitor(desk, "clerk", "en")
    with away():
        answer = client.post("/counter/dana/act/", {"verb": "call", "key": "one", "ticket": ""})
    assert_away(answer)
    assert "http-equiv" not in answer.content.decode()
    assert "nothing is done twice" in answer.content.decode()


def test_the_interface_says_so_with_its_code(desk: Desk) -> None:
    client = visitor(desk, "", "en")
    with away():
        answer = client.get("/api/v1/services", headers={"accept-language": "en"})
    assert_away(answer)
    assert answer.json() == {
        "code": "database_away",
        "message": WORDS,
        "data": {"retry_after": 5},
    }


def test_so_does_what_fails_before_the_view(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> None:
        raise OperationalError("connection refused")

    client = visitor(desk, "", "en")
    monkeypatch.setattr(clock, "now", gone)
    assert_away(client.get("/"))


def test_a_fault_of_ours_is_still_one(desk: Desk) -> None:
    class NoSuchTable(Exception):
        sqlite_errorname = "SQLITE_ERROR"

    client = visitor(desk, "", "en")
    with away(NoSuchTable()):
        answer = client.get("/board/dana/")
    assert answer.status_code == 500
    assert '<html lang="en" dir="ltr">' in answer.content.decode()
    assert 'href="/"' in answer.content.decode(), "no way on"


def assert_away(answer: Any) -> None:
    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert answer["Cache-Control"] == "no-store"
    assert "Traceback" not in answer.content.decode()
    assert "OperationalError" not in answer.content.decode()


def test_a_press_sent_by_a_script_is_told_where_to_go(desk: Desk) -> None:
    client = desk.client("clerk")
    counter = Counter.objects.get(centre=desk.world.dana, number=1)
    sent = {"counter": str(counter.pk)}
    answer = client.post("/counter/dana/open/", sent, headers={"x-press": "1"})
    assert (answer.status_code, answer["X-Go"]) == (204, "/counter/dana/")
    assert "Location" not in answer.headers
