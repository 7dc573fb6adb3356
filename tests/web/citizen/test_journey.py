"""A resident's pages without scripts, in both languages."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from icalendar import Calendar

from mawaeed.availability.models import Interval
from mawaeed.booking.models import Appointment
from mawaeed.conduct.models import Appeal, Block, Event, Standing
from mawaeed.kernel import clock
from mawaeed.people.models import Dependant, Person
from residents import (
    NUMBER,
    OTHER_BORN,
    OTHER_MOBILE,
    OTHER_NUMBER,
    sign_in_on_the_web,
)
from small_world import NOW, World, local, make_world

pytestmark = pytest.mark.django_db
A_TIME = "/book/?service=renewal&centre=dana&at=2026-11-23T07%3A00Z"


@pytest.fixture(autouse=True)
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return make_world()


@pytest.fixture(params=["ar", "en"])
def client(request: pytest.FixtureRequest) -> Client:
    return Client(headers={"accept-language": request.param})


@pytest.fixture
def signed_in() -> Client:
    client = Client(headers={"accept-language": "en"})
    sign_in_on_the_web(client)
    return client


def text_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.content.decode())
    return answer.content.decode()


def hidden(html: str) -> dict[str, str]:
    """The hidden fields of the page's last form, without the protection token."""
    form = html[html.rindex("<form") :] if "<main" not in html else html
    main = form[form.index("<main") :] if "<main" in form else form
    found = re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"', main)
    return {name: value for name, value in found if name != "csrfmiddlewaretoken"}


def first_slot(html: str) -> str:
    """The address of the first time offered in the page's main part."""
    match = re.search(r'<a class="slot[^"]*" href="([^"]+)"', html)
    assert match is not None
    return match.group(1).replace("&amp;", "&")


def book(client: Client, path: str = A_TIME) -> str:
    """Confirm a time on its page; the reference."""
    html = text_of(client, path)
    answer = client.post("/book/", {"who": "me", **hidden(html)})
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"]).strip("/").split("/")[-1]


def test_from_the_home_page_to_the_cancelled_ticket(client: Client) -> None:
    assert 'href="/services/?directorate=traffic"' in text_of(client, "/")
    assert 'href="/services/renewal/"' in text_of(client, "/services/?q=renewal")
    slot = first_slot(text_of(client, "/services/renewal/"))
    to_sign_in = client.get(slot)
    assert to_sign_in.status_code == 302
    target = text_of(client, to_sign_in["Location"])
    assert 'name="next" value="/book/?' in target

    landed = sign_in_on_the_web(client, next_page=slot)
    assert landed == slot
    check = text_of(client, landed)
    booked = client.post("/book/", hidden(check))
    reference = str(booked["Location"]).strip("/").split("/")[-1]
    ticket = text_of(client, f"/appointments/{reference}/")
    assert reference in ticket
    assert "<svg" in ticket

    move = first_slot(text_of(client, f"/appointments/{reference}/move/?day=2026-11-24"))
    moved = client.post(f"/appointments/{reference}/move/", hidden(text_of(client, move)))
    assert moved["Location"] == f"/appointments/{reference}/"
    assert Appointment.objects.get().starts_at == local(7, days=2)

    text_of(client, f"/appointments/{reference}/cancel/")
    gone = client.post(f"/appointments/{reference}/cancel/")
    assert gone["Location"] == f"/appointments/{reference}/"
    assert Appointment.objects.get().state == "cancelled"
    assert Event.objects.count() == 0
    again = client.post(f"/appointments/{reference}/cancel/")
    assert again.status_code == 302


def test_pages_say_their_language_and_direction() -> None:
    arabic = text_of(Client(), "/")
    english = text_of(Client(headers={"accept-language": "en-GB,en;q=0.9"}), "/")

    assert '<html lang="ar" dir="rtl">' in arabic
    assert '<html lang="en" dir="ltr">' in english


def test_the_chosen_language_stays_and_is_kept_on_record(signed_in: Client) -> None:
    answer = signed_in.post("/language/", {"language": "ar", "next": "/services/"})

    assert answer["Location"] == "/services/"
    assert '<html lang="ar" dir="rtl">' in text_of(signed_in, "/services/")
    assert Person.objects.get().language == "ar"


def test_the_language_on_record_leads_on_a_new_device(signed_in: Client) -> None:
    Person.objects.update(language="ar")

    assert '<html lang="ar" dir="rtl">' in text_of(signed_in, "/")


@pytest.mark.parametrize("target", ["https://elsewhere.example/", "//elsewhere.example", "/\\x.y"])
def test_nobody_is_led_to_another_site(target: str) -> None:
    client = Client()

    answer = client.post("/language/", {"language": "en", "next": target})

    assert answer["Location"] == "/"


def test_confirming_twice_books_once(signed_in: Client) -> None:
    form = hidden(text_of(signed_in, A_TIME))

    first, second = (signed_in.post("/book/", form) for _ in "ab")

    assert first["Location"] == second["Location"]
    assert Appointment.objects.count() == 1


def test_a_time_that_went_meanwhile_is_told_with_others(signed_in: Client) -> None:
    form = hidden(text_of(signed_in, A_TIME))
    Interval.objects.filter(starts_at=local(10, days=1)).update(taken_public=2)

    answer = signed_in.post("/book/", form)

    html = answer.content.decode()
    assert answer.status_code == 409
    assert "Somebody was faster" in html
    assert first_slot(html).startswith("/book/?service=renewal&centre=dana&at=")


def test_another_persons_appointment_does_not_exist(signed_in: Client) -> None:
    reference = book(signed_in)
    stranger = Client()
    sign_in_on_the_web(stranger, OTHER_NUMBER, OTHER_BORN, OTHER_MOBILE)

    for path in ("", "move/", "cancel/"):
        assert stranger.get(f"/appointments/{reference}/{path}").status_code == 404
    assert stranger.post(f"/appointments/{reference}/cancel/").status_code == 404
    assert Appointment.objects.get().state == "booked"


def test_a_dependant_is_added_and_booked_for(signed_in: Client) -> None:
    path = A_TIME.replace("renewal", "passport")
    form = {
        "name": "Sara",
        "personal_number": "200100000",
        "date_of_birth_day": "5",
        "date_of_birth_month": "1",
        "date_of_birth_year": "2020",
        "relation": "child",
        "next": path,
    }
    assert signed_in.post("/dependants/", form)["Location"] == path
    dependant = Dependant.objects.get()
    page = text_of(signed_in, path)
    assert "Sara" in page

    answer = signed_in.post("/book/", {**hidden(page), "who": str(dependant.pk)})

    assert answer.status_code == 302
    assert Appointment.objects.get().beneficiary_id == dependant.beneficiary_id
    assert "Sara" in text_of(signed_in, "/appointments/")


def test_what_was_typed_is_kept_with_the_errors() -> None:
    client = Client(headers={"accept-language": "en"})
    form = {"personal_number": "9001", "date_of_birth_day": "31", "mobile": "36001234"}

    answer = client.post("/sign-in/", form)

    html = answer.content.decode()
    assert answer.status_code == 422
    assert 'href="#personal_number"' in html
    assert 'href="#date_of_birth"' in html
    assert 'href="#mobile"' not in html
    assert all(f'value="{value}"' in html for value in form.values())


def test_somebody_too_young_is_told_at_the_date() -> None:
    form = {
        "personal_number": "090100000",
        "date_of_birth_day": "23",
        "date_of_birth_month": "11",
        "date_of_birth_year": "2009",
        "mobile": "36001234",
    }

    answer = Client(headers={"accept-language": "en"}).post("/sign-in/", form)

    assert answer.status_code == 422
    assert "17" in answer.content.decode()


def test_a_wrong_code_opens_nothing() -> None:
    client = Client(headers={"accept-language": "en"})
    form = {
        "personal_number": NUMBER,
        "date_of_birth_day": "15",
        "date_of_birth_month": "1",
        "date_of_birth_year": "1990",
        "mobile": "36001234",
    }
    client.post("/sign-in/", form)

    answer = client.post("/sign-in/code/", {"code": "1"})

    assert answer.status_code == 422
    assert "resident" not in client.cookies
    assert client.get("/appointments/").status_code == 302


def test_signing_out_ends_the_token(signed_in: Client) -> None:
    token = signed_in.cookies["resident"].value
    assert signed_in.post("/sign-out/")["Location"] == "/"

    revived = Client()
    revived.cookies["resident"] = token

    assert revived.get("/appointments/").status_code == 302


def test_the_ticket_by_its_link_names_nobody(signed_in: Client) -> None:
    reference = book(signed_in)
    secret = Appointment.objects.get().secret
    stranger = Client(headers={"accept-language": "en"})

    html = text_of(stranger, f"/e/{secret}/")

    assert reference in html
    assert NUMBER not in html
    assert "36001234" not in html
    calendar = stranger.get(f"/e/{secret}/calendar.ics")
    event: Any = Calendar.from_ical(calendar.content.decode()).walk("VEVENT")[0]
    assert event["dtstart"].dt.isoformat() == "2026-11-23T10:00:00+03:00"
    assert stranger.get(f"/e/{secret}/qr.svg")["Content-Type"] == "image/svg+xml"
    assert stranger.get("/e/not-a-secret/").status_code == 404


def test_a_late_cancellation_is_announced_before_it_counts(signed_in: Client) -> None:
    soon = "/book/?service=renewal&centre=dana&at=2026-11-22T06%3A00Z"
    reference = book(signed_in, soon)

    page = text_of(signed_in, f"/appointments/{reference}/cancel/")
    assert "This cancellation counts" in page
    signed_in.post(f"/appointments/{reference}/cancel/")

    assert [event.kind for event in Event.objects.all()] == ["late_cancellation"]
    assert "Cancelled late" in text_of(signed_in, "/standing/")


def test_without_a_block_nobody_reads_of_one(signed_in: Client) -> None:
    assert "Booking is blocked" not in text_of(signed_in, "/appointments/")
    assert "There is no block" in text_of(signed_in, "/standing/")


def test_a_blocked_person_reads_why_and_objects(signed_in: Client) -> None:
    person = Person.objects.get()
    until = NOW + timedelta(days=3)
    filled_in = hidden(text_of(signed_in, A_TIME))
    block = Block.objects.create(person=person, starts_at=NOW, ends_at=until, events=[])
    Standing.objects.update_or_create(person=person, defaults={"blocked_until": until})

    for refused in (
        signed_in.post("/book/", {"who": "me", **filled_in}),
        signed_in.get(A_TIME),
        signed_in.get("/waiting/join/?service=renewal"),
    ):
        assert refused.status_code == 403
        assert 'href="/standing/"' in refused.content.decode()
        assert 'name="key"' not in refused.content.decode(), "a form that can only be refused"
    assert "Wednesday 25 November" in text_of(signed_in, "/standing/")
    empty = signed_in.post("/standing/", {"text": "  "})
    assert (empty.status_code, Appeal.objects.count()) == (422, 0)
    assert signed_in.post("/standing/", {"text": "I was in hospital."}).status_code == 302

    assert Appeal.objects.get().block == block
    assert "being looked at" in text_of(signed_in, "/standing/")


@pytest.mark.parametrize(
    "path",
    ["/services/nothing/", "/services/nothing/times/", "/e/x/", "/t/x/", "/r/x/", "/nowhere/"],
)
def test_what_does_not_exist_is_said_kindly(path: str) -> None:
    answer = Client(headers={"accept-language": "en"}).get(path)

    assert answer.status_code == 404
    assert 'href="/services/"' in answer.content.decode()


@pytest.mark.parametrize("query", ["at=soon", "at=0001-01-01T00:00Z", "at=%00", ""])
def test_a_mangled_link_is_a_refusal_not_a_failure(signed_in: Client, query: str) -> None:
    answer = signed_in.get(f"/book/?service=renewal&centre=dana&{query}")

    assert answer.status_code == 422


def test_headers_allow_nothing_inline_and_no_other_host() -> None:
    answer = Client().get("/")
    policy = answer["Content-Security-Policy"]

    assert "unsafe" not in policy
    assert "http" not in policy
    html = answer.content.decode()
    assert not re.search(r"<[^>]+\s(style|on[a-z]+)=", html)
    assert "<script>" not in html


def test_the_services_page_asks_as_often_for_more_services(
    world: World, django_assert_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    with django_assert_num_queries(2):
        text_of(Client(), "/services/")
