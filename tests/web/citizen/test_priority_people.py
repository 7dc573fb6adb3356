"""Who is 60 or older is told that they need no appointment, and may book all the same."""

from __future__ import annotations

import pytest
from django.test import Client

from mawaeed.centres.models import Offering
from mawaeed.kernel import clock
from mawaeed.people.models import Person
from residents import MOBILE, NUMBER, sign_in_on_the_web
from small_world import NOW, World, make_world

pytestmark = pytest.mark.django_db
PAGES = ("/services/renewal/", "/book/?service=renewal&centre=dana&at=2026-11-23T06:00Z")


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return make_world(days=3)


def signed_in(born: str) -> Client:
    client = Client()
    client.cookies["language"] = "en"
    sign_in_on_the_web(client, NUMBER, born, MOBILE)
    return client


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(("born", "told"), [("1966-11-22", True), ("1966-11-23", False)])
def test_the_notice_is_for_those_of_the_age(world: World, path: str, born: str, told: bool) -> None:
    page = signed_in(born).get(path).content.decode()
    assert ("You need no appointment" in page) == told


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_promised_where_nobody_is_served_without_appointment(
    world: World, path: str
) -> None:
    Offering.objects.filter(service=world.renewal).update(walk_ins=False)
    assert "You need no appointment" not in signed_in("1950-01-01").get(path).content.decode()


def test_nobody_signed_in_is_told_nothing(world: World) -> None:
    client = Client()
    client.cookies["language"] = "en"
    assert "You need no appointment" not in client.get(PAGES[0]).content.decode()


def test_the_page_is_there_in_arabic(world: World) -> None:
    client = signed_in("1950-01-01")
    client.cookies["language"] = "ar"
    for path in PAGES:
        page = client.get(path).content.decode()
        assert 'dir="rtl"' in page
        assert "60" in page


def test_they_may_book_all_the_same(world: World) -> None:
    client = signed_in("1950-01-01")
    page = client.get(PAGES[1]).content.decode()
    assert "Confirm the booking" in page
    assert Person.objects.count() == 1
