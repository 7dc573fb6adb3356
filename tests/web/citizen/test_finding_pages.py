"""Finding a time on the pages: near a place, by part of the day, by day, and when all is full."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from mawaeed.availability.models import Closure, Interval, Session
from mawaeed.centres.models import Centre, Governorate, Offering
from mawaeed.kernel import clock
from small_world import NOW, TODAY, World, _centre, _pool, both, local, make_world, open_pool

pytestmark = pytest.mark.django_db
PAGE, TIMES = "/services/renewal/", "/services/renewal/times/"
HERE = {"latitude": "26.2604", "longitude": "50.6199"}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """08:00 on a Sunday; Muharraq's branch is a kilometre from HERE, Dana's twelve."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    made = make_world()
    Centre.objects.filter(pk=made.muharraq.pk).update(latitude=26.26, longitude=50.63)
    Centre.objects.filter(pk=made.dana.pk).update(latitude=26.22, longitude=50.51)
    Governorate.objects.create(
        agency=made.agency, code="muharraq", name=both("Muharraq"), latitude=26.26, longitude=50.62
    )
    Interval.objects.filter(pool=made.muharraq_pool, starts_at__lt=local(9)).update(taken_public=2)
    return made


@pytest.fixture
def client() -> Client:
    return Client(headers={"accept-language": "en"})


def page(client: Client, path: str, body: dict[str, str] | None = None) -> str:
    answer = client.post(path, body) if body is not None else client.get(path)
    assert answer.status_code == 200, answer.content.decode()
    return answer.content.decode()


def cards(html: str) -> list[str]:
    """Centres in the order shown."""
    return re.findall(r"<bdi>(Dana|Muharraq) branch</bdi>", html)


def tabs(html: str) -> dict[str, str]:
    """Date → the words on its tab."""
    found = re.findall(r'id="day-(\d{4}-\d\d-\d\d)"[^>]*>(.*?)</a>', html, re.DOTALL)
    return {date: " ".join(re.sub(r"<[^>]+>", " ", inner).split()) for date, inner in found}


def test_without_a_place_the_earliest_come_first_and_no_distance_is_told(
    world: World, client: Client
) -> None:
    html = page(client, PAGE)

    assert cards(html) == ["Dana", "Muharraq"]
    assert re.findall(r"about \d+ km", html) == []


def test_a_governorate_sorts_by_distance_and_may_be_overruled(world: World, client: Client) -> None:
    nearest = page(client, f"{PAGE}?governorate=muharraq")
    earliest = page(client, f"{PAGE}?governorate=muharraq&sort=earliest")

    assert cards(nearest) == ["Muharraq", "Dana"]
    assert re.findall(r"about \d+ km", nearest) == ["about 1 km", "about 12 km"]
    assert cards(earliest) == ["Dana", "Muharraq"]
    assert '<option value="muharraq" selected>Muharraq</option>' in nearest


def test_a_shared_position_sorts_by_distance_and_stands_in_no_address(
    world: World, client: Client
) -> None:
    for path in (PAGE, TIMES):
        html = page(client, path, HERE)

        assert re.findall(r"about \d+ km", html)[0] in {"about 1 km", "about 12 km"}
        assert "26.2" not in html
        assert "50.6" not in html
        assert '<option value="near" selected>Near me</option>' in html
    assert cards(page(client, PAGE, HERE)) == ["Muharraq", "Dana"]


@pytest.mark.parametrize("path", [PAGE, TIMES])
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"latitude": "26.2"},
        {"latitude": "nan", "longitude": "50"},
        {"latitude": "26", "longitude": "inf"},
        {"latitude": "91", "longitude": "50"},
        {"latitude": "north", "longitude": "50"},
    ],
)
def test_what_is_no_position_is_refused_with_a_way_out(
    world: World, client: Client, path: str, body: dict[str, str]
) -> None:
    answer = client.post(path, body)

    assert answer.status_code == 422
    assert "Choose your governorate instead." in answer.content.decode()


@pytest.mark.parametrize("path", [PAGE, TIMES])
@pytest.mark.parametrize(("query", "status"), [("governorate=mars", 404), ("part=night", 422)])
def test_unknown_governorates_and_parts_are_refused(
    world: World, client: Client, path: str, query: str, status: int
) -> None:
    assert client.get(f"{path}?{query}").status_code == status


@pytest.mark.parametrize(
    "query", ["sort=nearest", "sort=cheapest", "day=someday", "governorate=near"]
)
def test_odd_orders_and_days_are_let_pass(world: World, client: Client, query: str) -> None:
    assert cards(page(client, f"{PAGE}?{query}")) == ["Dana", "Muharraq"]


def test_a_day_and_a_part_narrow_the_times(world: World, client: Client) -> None:
    html = page(client, f"{PAGE}?day=2026-11-24&part=afternoon")

    assert re.findall(r'datetime="(\S+)"', html)[:2] == [
        "2026-11-24T09:00:00+00:00",
        "2026-11-24T09:10:00+00:00",
    ]
    assert (
        'href="/services/renewal/times/?centre=dana&amp;part=afternoon&amp;day=2026-11-24"' in html
    )


def test_the_week_tells_times_left_by_part_of_the_day(world: World, client: Client) -> None:
    every, one = tabs(page(client, PAGE)), tabs(page(client, f"{TIMES}?centre=dana"))

    assert every["2026-11-23"] == "Tomorrow 23 November 84 times Morning 60 Afternoon 24"
    assert one["2026-11-23"] == "Tomorrow 23 November 42 times Morning 30 Afternoon 12"
    assert len(one) == len(every) == 8


def test_a_closed_day_says_why_in_the_readers_language(world: World, client: Client) -> None:
    day = TODAY + timedelta(days=2)
    Interval.objects.filter(session__date=day).delete()
    Session.objects.filter(date=day).delete()
    Closure.objects.create(
        agency=world.agency,
        code="day",
        name={"ar": "العيد الوطني", "en": "National Day"},
        from_date=day,
        until_date=day,
        confirmed=True,
    )

    assert tabs(page(client, PAGE))["2026-11-24"] == "Tuesday 24 November closed National Day"
    assert "العيد الوطني" in tabs(page(Client(), PAGE))["2026-11-24"]


def test_nothing_that_fits_offers_everything(world: World, client: Client) -> None:
    html = page(client, f"{PAGE}?part=evening")

    assert "No free time fits" in html
    assert 'href="/services/renewal/#times"' in html
    times = page(client, f"{TIMES}?centre=dana&part=evening")
    assert "No free time in this part of the day" in times


def test_nothing_free_says_what_else_can_be_done(world: World, client: Client) -> None:
    Interval.objects.update(taken_public=2)
    Offering.objects.filter(centre=world.muharraq).update(walk_ins=False)
    world.renewal.online_url = "https://www.example.org/e"
    world.renewal.save()

    for path, title in (
        (PAGE, "Everything is booked on the coming days"),
        (f"{TIMES}?centre=dana", "This centre is fully booked on the coming days"),
    ):
        html = page(client, path)
        assert title in html
        assert 'href="https://www.example.org/e"' in html
        plain = " ".join(re.sub(r"<[^>]+>", " ", html).split()).replace("\xa0", " ")
        assert "Today, Sunday 22 November, 7:00 am to 2:00 pm" in plain
    assert "take a number" not in page(client, f"{TIMES}?centre=muharraq")


@pytest.mark.parametrize(
    "path", [PAGE, f"{PAGE}?governorate=muharraq", f"{TIMES}?governorate=muharraq&part=morning"]
)
def test_pages_ask_as_often_for_more_centres(world: World, client: Client, path: str) -> None:
    def asked() -> int:
        page(client, path)
        with CaptureQueriesContext(connection) as seen:
            page(client, path)
        return len([each for each in seen if "kernel_policyvalue" not in each["sql"]])

    before = asked()
    for number in range(3):
        centre = _centre(world.agency, world.directorate, f"more-{number}")
        open_pool(_pool(centre, 2, [world.renewal]), days=2, places=2)
    assert asked() == before


@pytest.mark.parametrize(("language", "direction"), [("ar", "rtl"), ("en", "ltr")])
def test_both_languages_show_the_finder(world: World, language: str, direction: str) -> None:
    client = Client(headers={"accept-language": language})
    for path in (PAGE, TIMES):
        html = page(client, f"{path}?governorate=muharraq")

        assert f'<html lang="{language}" dir="{direction}">' in html
        assert html.count("data-near ") == html.count("data-finder ") == 1
        # With scripts off the form is one of its own: no button of another form is needed.
        assert 'method="get" action="/services/renewal/' in html


def test_positions_may_be_asked_for_by_our_own_pages_only(world: World, client: Client) -> None:
    assert "geolocation=(self)" in client.get(PAGE).headers["Permissions-Policy"]
