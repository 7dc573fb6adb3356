"""The pages of the waiting list and of confirming, without scripts, in both languages."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils.translation import gettext, override

from booking.waiting_world import book, cancel, deliver, states, switch_on
from mawaeed.booking import actions
from mawaeed.booking.models import Appointment, WaitingEntry
from mawaeed.booking.waiting.queries import token_of
from mawaeed.kernel import clock
from mawaeed.kernel.secrets import keyed_hash
from mawaeed.people.models import Person
from residents import NUMBER, OTHER_BORN, OTHER_MOBILE, OTHER_NUMBER, sign_in_on_the_web
from small_world import NOW, TODAY, World, local, make_dependant, make_person, make_world

pytestmark = pytest.mark.django_db
START = local(9, days=3)


class Clock:
    now = NOW


@pytest.fixture(autouse=True)
def at(monkeypatch: pytest.MonkeyPatch) -> Clock:
    ticking = Clock()
    monkeypatch.setattr(clock, "now", lambda: ticking.now)
    return ticking


@pytest.fixture(autouse=True)
def world(at: Clock) -> World:
    return make_world(places=1)


@pytest.fixture(params=["ar", "en"])
def client(request: pytest.FixtureRequest) -> Client:
    client = Client(headers={"accept-language": request.param})
    sign_in_on_the_web(client)
    return client


@pytest.fixture
def stranger() -> Client:
    client = Client(headers={"accept-language": "en"})
    sign_in_on_the_web(client, OTHER_NUMBER, OTHER_BORN, OTHER_MOBILE)
    return client


def says(html: str, text: str) -> bool:
    language = "ar" if '<html lang="ar"' in html else "en"
    with override(language):
        return gettext(text) in html


def get(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    html = answer.content.decode()
    assert answer.status_code == status, (path, html)
    return html


def key_of(html: str) -> str:
    found = re.search(r'name="key" value="([^"]+)"', html)
    assert found is not None
    return found.group(1)


def me() -> Person:
    return Person.objects.get(number_hash=keyed_hash(NUMBER))


def join(client: Client, **fields: str) -> WaitingEntry:
    query = "&".join(f"{name}={value}" for name, value in fields.items())
    html = get(client, f"/waiting/join/?{query}")
    sent = {"key": key_of(html), **fields}
    for _ in range(2):  # a second click changes nothing
        answer = client.post("/waiting/join/", sent)
        assert (answer.status_code, answer["Location"]) == (302, "/waiting/")
    return WaitingEntry.objects.select_related("appointment").get()


def test_join_and_leave(client: Client) -> None:
    html = get(client, "/waiting/join/?service=renewal")
    assert says(html, "Put me on the waiting list")
    entry = join(client, service="renewal", centre="dana", until="2026-11-28")
    assert (entry.centre and entry.centre.code, entry.until_date.isoformat()) == (
        "dana",
        "2026-11-28",
    )
    html = get(client, "/waiting/")
    assert says(html, "We tell you by SMS when a place becomes free.")
    assert client.get(f"/waiting/{entry.pk}/leave/").status_code == 405
    for _ in range(2):
        assert client.post(f"/waiting/{entry.pk}/leave/").status_code == 302
    assert states(entry) == ["left"]
    assert says(get(client, "/waiting/"), "You are on no waiting list")


def test_join_for_somebody_in_ones_care(client: Client) -> None:
    child = make_dependant(me())
    me().dependants.update(name="Examplechild")
    number = me().dependants.get().pk
    assert "Examplechild" in get(client, "/waiting/join/?service=passport")
    assert "Examplechild" not in get(client, "/waiting/join/?service=renewal")
    assert join(client, service="passport", who=str(number)).beneficiary == child
    assert "Examplechild" in get(client, "/waiting/")


def test_join_from_the_appointment_for_something_earlier(client: Client) -> None:
    held = book(me(), START)
    html = get(client, f"/appointments/{held.reference}/")
    assert f'href="/waiting/join/?appointment={held.reference}"' in html
    assert says(get(client, f"/waiting/join/?appointment={held.reference}"), "Something earlier")
    assert join(client, appointment=held.reference).appointment == held


def test_what_cannot_be_joined_is_said_on_the_form(client: Client, stranger: Client) -> None:
    join(client, service="renewal")
    html = get(client, "/waiting/join/?service=renewal")
    answer = client.post("/waiting/join/", {"service": "renewal", "key": key_of(html)})
    assert answer.status_code == 409
    assert 'href="/waiting/"' in answer.content.decode()
    for wrong in ({"until": "2026-11-01"}, {"until": "soon"}, {"centre": "x"}, {"who": "9"}):
        answer = client.post(
            "/waiting/join/", {"service": "passport", "key": f"k{wrong}"[:20], **wrong}
        )
        assert answer.status_code == 422, wrong
    assert WaitingEntry.objects.count() == 1
    held = book(me(), START, service_code="customs")
    assert stranger.get(f"/waiting/join/?appointment={held.reference}").status_code == 404
    assert stranger.post(f"/waiting/{WaitingEntry.objects.get().pk}/leave/").status_code == 404
    assert get(client, "/waiting/join/?service=nothing", 404)


def freed(client: Client, *, first: bool, moment: datetime = START) -> WaitingEntry:
    """Somebody cancels what this visitor waits for."""
    if first:
        switch_on(freed__waiting_list_first=True)
    held = book(make_person(7), moment)
    entry = join(client, service="renewal")
    cancel(held)
    deliver()
    entry.refresh_from_db()
    return entry


def accepting(html: str) -> dict[str, str]:
    """What the page's form sends for "take it"."""
    at = re.findall(r'name="at" value="([^"]+)"', html)
    return {"do": "accept", "key": key_of(html), "at": at[0]}


def test_an_offer_is_taken_by_its_link_without_signing_in(client: Client) -> None:
    entry = freed(client, first=True)
    assert says(get(client, "/waiting/"), "Look at the place")
    path = f"/w/{token_of(entry)}/"
    alone = Client(headers=client.headers)
    html = get(alone, path)
    assert says(html, "Take this time")
    assert says(html, "No, thank you")
    sent = accepting(html)
    for _ in range(2):
        answer = alone.post(path, sent)
        taken = Appointment.objects.get(person=me())
        assert (answer.status_code, answer["Location"]) == (302, f"/e/{taken.secret}/")
    assert (taken.starts_at, states(entry)) == (START, ["satisfied"])
    assert says(get(alone, path), "You have a place now")


def test_a_place_one_was_told_of_may_be_gone(client: Client) -> None:
    entry = freed(client, first=False)
    path = f"/w/{token_of(entry)}/"
    html = get(client, path)
    assert says(html, "Take this time")
    assert not says(html, "No, thank you")
    book(make_person(8), START)
    answer = client.post(path, accepting(html))
    assert answer.status_code == 409
    assert says(
        answer.content.decode(), "Somebody else has this place now. You stay on the waiting list."
    )
    assert says(get(client, path), "Somebody else has this place now")
    assert not says(get(client, "/waiting/"), "Look at the place")


def test_another_place_than_the_one_on_the_page_is_not_taken(client: Client, at: Clock) -> None:
    entry = freed(client, first=False)
    path = f"/w/{token_of(entry)}/"
    seen = get(client, path)
    taken = book(make_person(8), START)
    at.now = NOW + timedelta(days=1, minutes=1)
    other = local(11, days=3)
    cancel(book(make_person(9), other), now=at.now)
    deliver(at.now)
    entry.refresh_from_db()
    assert (entry.offered_starts_at, taken.starts_at) == (other, START)
    assert client.post(path, accepting(seen)).status_code == 409
    assert client.post(path, {"do": "accept", "key": "k"}).status_code == 422
    assert not Appointment.objects.filter(person=me()).exists()
    assert client.post(path, accepting(get(client, path))).status_code == 302
    assert Appointment.objects.get(person=me()).starts_at == other


def test_an_offer_is_declined_and_the_page_says_so(client: Client) -> None:
    entry = freed(client, first=True)
    path = f"/w/{token_of(entry)}/"
    assert client.post(path, {"do": "decline"}).status_code == 302
    assert states(entry) == ["waiting"]
    answer = client.post(path, {"do": "decline"})
    assert answer.status_code == 409


def test_the_link_of_another_entry_shows_nothing(client: Client) -> None:
    entry = freed(client, first=True)
    proof = token_of(entry).partition("-")[2]
    for wrong in (f"{entry.pk + 1}-{proof}", f"{entry.pk}-AAAAAAAAAAAA", "x"):
        assert client.get(f"/w/{wrong}/").status_code == 404
        assert client.post(f"/w/{wrong}/", {"do": "accept", "key": "k"}).status_code == 404


def test_moving_through_an_offer_says_what_is_held(client: Client) -> None:
    held = book(me(), local(12, days=3))
    early = book(make_person(7), START)
    entry = join(client, appointment=held.reference)
    cancel(early)
    deliver()
    path = f"/w/{token_of(entry)}/"
    html = get(client, path)
    assert says(html, "Move my appointment here")
    assert client.post(path, accepting(html)).status_code == 302
    assert Appointment.objects.get(pk=held.pk).starts_at == START


def asked() -> Appointment:
    switch_on(confirm__ask_hours=48)
    held = book(me(), local(9, days=5))
    assert actions.ask_to_confirm(now=local(9, days=3)) == 1
    return Appointment.objects.get(pk=held.pk)


def test_confirm_on_the_appointment(client: Client, at: Clock) -> None:
    held = asked()
    at.now = local(10, days=3)
    html = get(client, f"/appointments/{held.reference}/")
    assert f'action="/appointments/{held.reference}/confirm/"' in html
    path = f"/appointments/{held.reference}/confirm/"
    assert says(get(client, path), "Yes, I will come")
    for _ in range(2):
        answer = client.post(path)
        assert (answer.status_code, answer["Location"]) == (
            302,
            f"/appointments/{held.reference}/",
        )
    html = get(client, f"/appointments/{held.reference}/")
    assert says(html, "You confirmed that you will come")
    assert not says(html, "Yes, I will come")
    assert says(get(client, path), "Nothing more to do")


def test_confirm_by_the_link_of_the_message(client: Client, at: Clock) -> None:
    held = asked()
    at.now = local(10, days=3)
    alone = Client(headers=client.headers)
    path = f"/e/{held.secret}/confirm/"
    assert f'action="{path}"' in get(alone, f"/e/{held.secret}/")
    assert says(get(alone, path), "Yes, I will come")
    answer = alone.post(path)
    assert (answer.status_code, answer["Location"]) == (302, f"/e/{held.secret}/")
    held.refresh_from_db()
    assert held.confirmed_at == at.now


def test_too_late_to_confirm_says_what_to_do(client: Client, at: Clock) -> None:
    held = asked()
    at.now = local(9, 1, days=4)
    assert actions.free_unconfirmed(now=at.now) == 1
    path = f"/e/{held.secret}/confirm/"
    assert says(get(client, path), "This appointment is no longer booked")
    answer = client.post(path)
    assert answer.status_code == 409
    assert says(answer.content.decode(), "Book this service again")


def test_a_strangers_appointment_is_not_confirmed(client: Client, stranger: Client) -> None:
    held = asked()
    assert stranger.post(f"/appointments/{held.reference}/confirm/").status_code == 404
    held.refresh_from_db()
    assert held.confirmed_at is None
    assert held.day > TODAY


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ({}, "It does not count against you. Others can book this time at once."),
        (
            {"freed__cool_down_minutes": 60},
            "It does not count against you. The place goes to somebody else.",
        ),
        ({"conduct__count_all_cancellations": True}, "This cancellation counts"),
    ],
)
def test_before_cancelling_one_reads_what_becomes_of_it(
    client: Client, option: dict[str, object], told: str
) -> None:
    switch_on(**option)
    held = book(me(), START)
    assert says(get(client, f"/appointments/{held.reference}/cancel/"), told)


def test_the_limit_of_a_late_cancellation_is_the_one_of_the_centre(client: Client) -> None:
    switch_on(conduct__free_cancel_minutes=73 * 60 + 30)
    held = book(me(), START)
    html = get(client, f"/appointments/{held.reference}/cancel/")
    said = ("أقل من 73 ساعة و30 دقيقة.", "less than 73 hours and 30 minutes before the start.")
    assert [each for each in said if each in html] == [said['<html lang="en"' in html]]
