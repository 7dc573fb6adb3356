"""Holding a time, several in one visit, two people for one service: pages in both languages."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar

from mawaeed.availability.models import Interval
from mawaeed.booking.ledger import ledger_differences
from mawaeed.booking.models import Appointment, Hold, Visit
from mawaeed.centres.models import Pool, Service
from mawaeed.kernel import clock
from mawaeed.people.models import Beneficiary, Dependant, Person
from residents import NUMBER, OTHER_BORN, OTHER_MOBILE, OTHER_NUMBER, sign_in_on_the_web
from small_world import NOW, World, local, make_dependant, make_world

pytestmark = pytest.mark.django_db
AT = "2026-11-23T07:00Z"
ONE = {"service": "renewal", "centre": "dana", "at": AT}
BOTH = ["ar", "en"]


@pytest.fixture(autouse=True)
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return make_world(places=1)


@pytest.fixture(params=BOTH)
def client(request: pytest.FixtureRequest) -> Client:
    client = Client()
    client.cookies["language"] = request.param
    sign_in_on_the_web(client)
    return client


@pytest.fixture
def english() -> Client:
    client = Client()
    client.cookies["language"] = "en"
    sign_in_on_the_web(client)
    return client


def stranger() -> Client:
    client = Client()
    client.cookies["language"] = "en"
    sign_in_on_the_web(client, OTHER_NUMBER, OTHER_BORN, OTHER_MOBILE)
    return client


def seen(client: Client, path: str, data: Any = None, status: int = 200) -> str:
    answer = client.get(path, data)
    assert answer.status_code == status, answer.content.decode()
    return answer.content.decode()


def take_hold(client: Client, key: str = "h1", **changes: Any) -> str:
    """As htmx does when the page has come; the part of the page."""
    answer = client.post(
        "/book/hold/", {**ONE, "key": key, **changes}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 200, answer.content.decode()
    return answer.content.decode()


def posted(html: str, action: str) -> dict[str, Any]:
    """The hidden fields of the form that goes to `action`, lists where a name comes twice."""
    start = html.index(f'action="{action}"')
    form = html[start : html.index("</form>", start)]
    found: dict[str, Any] = {}
    for name, value in re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"', form):
        if name != "csrfmiddlewaretoken":
            found.setdefault(name, []).append(unescape(value))
    return found


def test_looking_at_the_check_page_holds_nothing(client: Client) -> None:
    html = seen(client, "/book/", ONE)
    assert 'hx-post="/book/hold/"' in html
    assert "<noscript><button" in html
    assert not Hold.objects.exists()


def test_the_page_holds_the_time_and_says_until_when(client: Client) -> None:
    html = seen(client, "/book/", ONE)
    part = take_hold(client, **{k: v[0] for k, v in posted(html, "/book/hold/").items()})
    assert 'data-seconds="180"' in part
    assert "08:03" in part or "8:03" in part
    assert "<html" not in part
    again = seen(client, "/book/", ONE)  # with the hold standing there is nothing to take
    assert 'data-seconds="180"' in again
    assert "hx-post" not in again
    assert Interval.objects.filter(taken_public=1).count() == 2


def test_a_time_taken_meanwhile_is_told_at_once_with_others(client: Client) -> None:
    take_hold(stranger())
    part = take_hold(client)
    assert 'data-gone="yes"' in part
    assert part.count('class="slot"') == 6
    assert Hold.objects.count() == 1


def test_without_scripts_the_button_holds_and_leads_back(client: Client) -> None:
    answer = client.post("/book/hold/", {**ONE, "key": "h1"})
    assert answer.status_code == 302
    assert "data-seconds" in seen(client, answer["Location"])
    refused = stranger().post("/book/hold/", {**ONE, "key": "h1"})
    assert refused.status_code == 409
    assert "Somebody was faster" in refused.content.decode()


def test_letting_go_leads_to_the_times_and_may_be_repeated(client: Client) -> None:
    take_hold(client)
    for _ in range(2):
        answer = client.post("/book/let-go/", ONE)
        assert (answer.status_code, answer["Location"]) == (
            302,
            "/services/renewal/times/?centre=dana&day=2026-11-23",
        )
    assert not Hold.objects.exists()
    assert not Interval.objects.filter(taken_public=1).exists()


def test_a_repeated_hold_is_not_lengthened(
    english: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_hold(english)
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=1))
    assert 'data-seconds="120"' in take_hold(english)
    assert 'data-seconds="120"' in take_hold(english, "h2")
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=4))
    assert 'data-seconds="180"' in take_hold(english, "h3")


def test_without_a_new_hold_the_page_goes_on(
    english: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_hold(english)
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=3))
    part = take_hold(english, "h2")
    assert "You can book it now while it is free." in part
    assert 'role="alert"' not in part
    answer = english.post("/book/hold/", {**ONE, "key": "h3"})  # without scripts
    assert answer.status_code == 302
    html = seen(english, answer["Location"])
    assert "You can book it now while it is free." in html
    fields = {name: values[0] for name, values in posted(html, "/book/").items()}
    assert english.post("/book/", fields)["Location"].startswith("/appointments/")


def test_holding_is_for_residents_and_by_post_only(english: Client) -> None:
    assert english.get("/book/hold/", ONE).status_code == 405
    assert Client().post("/book/hold/", ONE).status_code == 302
    assert not Hold.objects.exists()


def put_together(client: Client) -> str:
    """A passport for oneself and one for a child: the page of times."""
    child = make_dependant(Person.objects.get(), "Child")
    Dependant.objects.update(name="Child")
    who = Dependant.objects.get(beneficiary=child).pk
    html = seen(client, "/visit/", {"leg": "passport:me"})
    assert "Child" in html
    answer = client.get(
        "/visit/",
        {**posted_visit(html), "add": "passport", "add_who": str(who)},
    )
    assert answer.status_code == 302, answer.content.decode()
    page = seen(client, answer["Location"])
    assert page.count('class="card visit-part"') == 2
    fields = posted_visit(page)
    assert fields["leg"] == ["passport:me", f"passport:{who}"]
    return seen(client, "/visit/times/", {**fields, "centre": "dana", "day": "2026-11-23"})


def posted_visit(html: str) -> dict[str, Any]:
    fields = re.findall(r'name="leg" value="([^"]*)"', html[html.index("<main") :])
    return {"leg": list(dict.fromkeys(unescape(each) for each in fields))}


def book_visit(client: Client) -> list[Appointment]:
    times = put_together(client)
    slots = [unescape(each) for each in re.findall(r'class="slot" href="([^"]+)"', times)]
    [ten] = [each for each in slots if "T07%3A00" in each]
    html = seen(client, ten)
    answer = client.post("/book/", posted(html, "/book/"))
    assert answer.status_code == 302, answer.content.decode()
    return list(Appointment.objects.order_by("leg"))


def test_two_people_are_booked_in_one_visit(client: Client) -> None:
    first, second = book_visit(client)

    assert Visit.objects.count() == 1
    assert (first.starts_at, second.starts_at) == (local(10, days=1), local(10, 20, days=1))
    assert second.beneficiary.name == "Child"
    own = seen(client, f"/appointments/{first.reference}/")
    assert f'href="/appointments/{second.reference}/"' in own
    listed = seen(client, "/appointments/")
    assert listed.count('class="visit-group"') == 1
    link = seen(Client(), f"/e/{first.secret}/")
    assert f'href="/e/{second.secret}/"' in link
    assert "Child" not in link
    assert ledger_differences() == []


def test_the_calendar_file_has_every_part(english: Client) -> None:
    first, second = book_visit(english)
    for each in (first, second):
        kept = Calendar.from_ical(english.get(f"/e/{each.secret}/calendar.ics").content)
        assert [str(event["uid"]) for event in kept.walk("vevent")] == [
            f"{first.reference}@mawaeed",
            f"{second.reference}@mawaeed",
        ]
        links = [str(event["url"]) for event in kept.walk("vevent")]
        assert [first.secret in links[0], second.secret in links[1]] == [True, True]


def test_a_visit_moves_as_a_whole(client: Client) -> None:
    _first, second = book_visit(client)
    path = f"/appointments/{second.reference}/move/"
    times = seen(client, path, {"day": "2026-11-23"})
    slots = [unescape(each) for each in re.findall(r'class="slot" href="([^"]+)"', times)]
    [soon_after] = [each for each in slots if "T07%3A10" in each]  # over its own places
    html = seen(client, soon_after)
    answer = client.post(path, posted(html, path))
    assert answer.status_code == 302, answer.content.decode()
    starts = Appointment.objects.order_by("leg").values_list("starts_at", flat=True)
    assert list(starts) == [local(10, 10, days=1), local(10, 30, days=1)]
    assert ledger_differences() == []


@pytest.mark.parametrize(
    ("what", "states"),
    [("visit", ["cancelled", "cancelled"]), ("one", ["cancelled", "booked"])],
)
def test_cancelling_asks_for_the_whole_or_for_one(
    english: Client, what: str, states: list[str]
) -> None:
    first, _second = book_visit(english)
    path = f"/appointments/{first.reference}/cancel/"
    fields = posted(seen(english, path), path)
    for _ in range(2):
        assert english.post(path, {**fields, "what": what}).status_code == 302
    found = Appointment.objects.order_by("leg").values_list("state", flat=True)
    assert list(found) == states
    assert ledger_differences() == []


def test_the_cancel_form_carries_a_key_of_its_own(english: Client) -> None:
    first, second = book_visit(english)
    path = f"/appointments/{first.reference}/cancel/"
    fields = posted(seen(english, path), path)
    assert len(fields["key"][0]) > 10
    english.post(path, {**fields, "what": "one"})
    reused = english.post(f"/appointments/{second.reference}/cancel/", {**fields, "what": "one"})
    assert reused.status_code == 422
    assert Appointment.objects.get(pk=second.pk).state == "booked"


def test_what_cannot_be_added_says_why(english: Client) -> None:
    make_dependant(Person.objects.get(), "Child")
    who = str(Dependant.objects.get().pk)
    refused = {"leg": "passport:me", "centre": "dana", "add": "renewal", "add_who": who}
    assert "only for yourself" in seen(english, "/visit/", refused, 422)
    twice = {"leg": "passport:me", "centre": "dana", "add": "passport", "add_who": "me"}
    assert "already for the same person" in seen(english, "/visit/", twice, 422)
    unknown = {**twice, "add_who": "999"}
    seen(english, "/visit/", unknown, 422)
    full = seen(english, "/visit/", {"leg": [f"customs:{who}"] * 4})
    assert "One visit holds 4 parts at most." in full
    seen(english, "/visit/", {"leg": ["nothing:me"]}, 404)


@pytest.mark.parametrize("many", [5, 21])
def test_a_long_list_of_parts_is_not_even_read(english: Client, many: int) -> None:
    legs = [f"no-{number}:me" for number in range(1, many)]
    asked = {"leg": ["renewal:me", *legs], "centre": "dana", "at": AT}
    with CaptureQueriesContext(connection) as queries:
        seen(english, "/book/", asked, 422)
    assert not [each for each in queries.captured_queries if "'no-" in each["sql"]]
    if many > 20:
        seen(english, "/visit/", asked, 422)


def test_a_visit_is_held_as_a_whole(english: Client) -> None:
    fields = {"leg": ["renewal:me", "passport:me"], "centre": "dana", "at": AT, "key": "h1"}
    answer = english.post("/book/hold/", fields, headers={"HX-Request": "true"})
    assert 'data-seconds="180"' in answer.content.decode()
    assert Hold.objects.count() == 2
    page = seen(english, "/book/", fields)
    answer = english.post("/book/", posted(page, "/book/"))
    assert answer.status_code == 302
    assert (Hold.objects.count(), Appointment.objects.count()) == (0, 2)
    assert ledger_differences() == []


@pytest.fixture
def two_needed() -> Service:
    Service.objects.filter(code="customs").update(people_present=2)
    return Service.objects.get(code="customs")


SECOND = {
    "second_1_number": "920300000",
    "second_1_birth_day": "1",
    "second_1_birth_month": "3",
    "second_1_birth_year": "1992",
}


def confirm_two(client: Client, **typed: str) -> Any:
    html = seen(client, "/book/", {**ONE, "service": "customs"})
    assert 'name="second_1_number"' in html
    return client.post("/book/", {**posted(html, "/book/"), **typed})


def test_the_second_person_is_named_and_never_shown(client: Client, two_needed: Service) -> None:
    answer = confirm_two(client, **SECOND)
    assert answer.status_code == 302, answer.content.decode()
    made = Appointment.objects.get()
    assert made.companion is not None
    page = seen(client, answer["Location"])
    assert "920300000" not in page
    assert "0000" in page or "•" in page
    link = seen(Client(), f"/e/{made.secret}/")
    assert "920300000" not in link


def test_the_second_person_may_be_named_later(client: Client, two_needed: Service) -> None:
    assert confirm_two(client).status_code == 302
    assert Appointment.objects.get().companion is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"second_1_number": "12"}, "second_1_number"),
        ({"second_1_number": NUMBER}, "second_1_number"),
        ({"second_1_number": ""}, "second_1_number"),
        ({"second_1_birth_year": ""}, "second_1_birth"),
    ],
)
def test_what_is_wrong_about_the_second_person_stands_beside_it(
    english: Client, two_needed: Service, changes: dict[str, str], field: str
) -> None:
    answer = confirm_two(english, **{**SECOND, **changes})
    html = answer.content.decode()
    assert answer.status_code == 422
    assert f'href="#{field}"' in html
    assert 'value="1992"' in html or "second_1_birth_year" in changes
    assert not Appointment.objects.exists()
    assert Beneficiary.objects.count() == 1


def test_a_group_session_tells_its_seats(client: Client) -> None:
    Interval.objects.update(capacity=30)
    Pool.objects.update(places=30, start_step_minutes=60)
    client.cookies["language"] = "en"
    times = seen(client, "/services/renewal/times/", {"centre": "dana", "day": "2026-11-23"})
    assert times.count("30 seats left") == 7
    Pool.objects.update(places=None)
    times = seen(client, "/services/renewal/times/", {"centre": "dana", "day": "2026-11-23"})
    assert "seats left" not in times


def test_the_service_page_leads_to_several_in_one_visit(client: Client) -> None:
    html = seen(client, "/services/passport/")
    assert 'href="/visit/?leg=passport%3Ame"' in html


def test_a_visit_without_a_part_begins_with_the_services(english: Client) -> None:
    answer = english.get("/visit/")

    assert (answer.status_code, answer["Location"]) == (302, "/services/")
