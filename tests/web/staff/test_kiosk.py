"""The kiosk: language, two buttons, a number; it remembers nobody."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import signing
from django.test import Client

from mawaeed.booking.actions import book_appointment, cancel_appointment
from mawaeed.hall.models import Ticket
from mawaeed.kernel.actor import Actor
from mawaeed.people.models import Person
from mawaeed.web.kiosk import numbers
from mawaeed.web.kiosk.pairing import COOKIE, device_pass
from small_world import NOW, local
from staff_desk import Desk, key_on

HOME = "/kiosk/dana/"
HELD_ALREADY = "You already have a number, and it keeps its place"


def check_in(desk: Desk, typed: str, language: str = "en") -> tuple[int, str]:
    answer = desk.client("").post(f"{HOME}{language}/check-in/", {"reference": typed}, follow=True)
    return answer.status_code, answer.content.decode()


def test_start_offers_each_language_in_its_own_words(desk: Desk) -> None:
    page = desk.client("").get(HOME).content.decode()
    assert "العربية" in page
    assert "English" in page
    assert f"{HOME}ar/" in page


@pytest.mark.parametrize(("language", "direction"), [("ar", "rtl"), ("en", "ltr")])
def test_language_is_in_the_address_and_in_no_cookie(
    desk: Desk, language: str, direction: str
) -> None:
    client = Client()
    client.cookies[COOKIE] = device_pass(desk.world.dana, desk.at)
    page = client.get(f"{HOME}{language}/")
    assert f'<html lang="{language}" dir="{direction}">' in page.content.decode()
    assert "sessionid" not in client.cookies
    assert "language" not in client.cookies
    assert client.get(f"{HOME}xx/").status_code == 404


@pytest.mark.parametrize("language", ["ar", "en"])
def test_reference_gives_a_ticket_with_its_number(
    desk: Desk, person: Person, language: str
) -> None:
    appointment = desk.booked(person, local(8, 10))
    status, page = check_in(desk, appointment.reference, language)
    ticket = Ticket.objects.get(appointment=appointment)
    assert status == 200
    assert ticket.number in page
    assert "<svg" in page
    assert 'style="' not in page
    assert 'http-equiv="refresh"' in page
    assert 'data-idle="20"' in page


@pytest.mark.parametrize(
    "written",
    [
        lambda a: f" {a.reference[:4].lower()}-{a.reference[4:].lower()} ",
        lambda a: f"http://127.0.0.1:8000/e/{a.secret}/",
        lambda a: f"https://elsewhere.example/e/{a.secret}",
    ],
    ids=["lower case with a dash", "link", "link without a slash"],
)
def test_what_scanners_and_people_type_is_understood(
    desk: Desk, person: Person, written: object
) -> None:
    appointment = desk.booked(person, local(8, 10))
    assert callable(written)
    status, page = check_in(desk, written(appointment))
    assert status == 200
    assert Ticket.objects.get(appointment=appointment).number in page


def test_check_in_twice_gives_the_same_ticket_and_says_so(desk: Desk, person: Person) -> None:
    appointment = desk.booked(person, local(8, 10))
    _, first = check_in(desk, appointment.reference)
    desk.at += timedelta(minutes=2)
    _, second = check_in(desk, appointment.reference)
    assert Ticket.objects.filter(appointment=appointment).count() == 1
    assert HELD_ALREADY not in first
    assert HELD_ALREADY in second


def test_early_says_when_to_come(desk: Desk, person: Person) -> None:
    appointment = desk.booked(person, local(10))
    status, page = check_in(desk, appointment.reference)
    assert status == 409
    assert "Check-in opens at 9:30\u00a0am" in page
    assert not Ticket.objects.exists()


def test_late_says_where_to_ask(desk: Desk, person: Person) -> None:
    appointment = desk.booked(person, local(8, 10))
    desk.at = local(8, 26)
    status, page = check_in(desk, appointment.reference)
    assert status == 409
    assert "has closed. Please ask at reception" in page


def test_another_day_says_which(desk: Desk, person: Person) -> None:
    appointment = desk.booked(person, local(8, 10, days=1))
    status, page = check_in(desk, appointment.reference)
    assert status == 409
    assert "This appointment is on Monday 23 November." in page


def test_another_centre_is_named_with_its_directorate(desk: Desk, person: Person) -> None:
    appointment = book_appointment(
        person=person,
        service_code="renewal",
        centre_code="muharraq",
        starts_at=local(8, 10),
        actor=Actor("person", person.pk),
        now=NOW,
    )
    status, page = check_in(desk, appointment.reference)
    assert status == 409
    assert "Traffic – Muharraq branch" in page
    assert not Ticket.objects.exists()


def test_cancelled_and_unknown_say_what_to_do(desk: Desk, person: Person) -> None:
    appointment = desk.booked(person, local(8, 10))
    cancel_appointment(appointment=appointment, actor=Actor("person", person.pk), now=NOW)
    assert "was cancelled" in check_in(desk, appointment.reference)[1]
    status, page = check_in(desk, "ZZZZZZZZ")
    assert status == 404
    assert "could not find an appointment" in page
    assert check_in(desk, "")[0] == 404


@pytest.mark.parametrize("language", ["ar", "en"])
def test_walk_in_gives_a_number_and_keeps_the_language(desk: Desk, language: str) -> None:
    client = desk.client("")
    assert "/services/renewal/" in client.get(f"{HOME}{language}/services/").content.decode()
    take = f"{HOME}{language}/services/renewal/"
    key = key_on(client.get(take).content.decode())
    page = client.post(take, {"key": key, "mobile": "3600 1234"}, follow=True).content.decode()
    ticket = Ticket.objects.get()
    assert ticket.number in page
    assert (ticket.mobile, ticket.language) == ("+97336001234", language)


def test_walk_in_pressed_twice_gives_one_ticket(desk: Desk) -> None:
    client = desk.client("")
    take = f"{HOME}en/services/renewal/"
    fields = {"key": key_on(client.get(take).content.decode()), "mobile": ""}
    first = client.post(take, fields, follow=True).content.decode()
    second = client.post(take, fields, follow=True).content.decode()
    ticket = Ticket.objects.get()
    assert ticket.number in first
    assert ticket.number in second


def test_walk_in_with_a_wrong_mobile_keeps_what_was_typed(desk: Desk) -> None:
    client = desk.client("")
    take = f"{HOME}en/services/renewal/"
    key = key_on(client.get(take).content.decode())
    answer = client.post(take, {"key": key, "mobile": "12"})
    assert answer.status_code == 422
    assert 'value="12"' in answer.content.decode()
    assert not Ticket.objects.exists()


def test_walk_ins_closed_are_told_and_refused(desk: Desk) -> None:
    desk.at = local(18)
    client = desk.client("")
    assert "/services/" not in client.get(f"{HOME}en/").content.decode()
    take = f"{HOME}en/services/renewal/"
    key = key_on(client.get(take).content.decode())
    assert client.post(take, {"key": key, "mobile": ""}).status_code == 409
    assert not Ticket.objects.exists()


def test_number_page_is_forgotten_after_a_minute(
    desk: Desk, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    appointment = desk.booked(person, local(8, 10))
    check_in(desk, appointment.reference)
    ticket = Ticket.objects.get(appointment=appointment)
    shown = signing.dumps(ticket.pk, salt=numbers.SALT)
    address = f"{HOME}en/ticket/{shown}/"
    assert desk.client("").get(address).status_code == 200
    monkeypatch.setattr(numbers, "NUMBER_SHOWN_SECONDS", -1)
    answer = desk.client("").get(address)
    assert (answer.status_code, answer["Location"]) == (302, HOME)
    assert desk.client("").get(f"{HOME}en/ticket/forged/").status_code == 302


def test_nothing_personal_is_on_the_number_page(desk: Desk, person: Person) -> None:
    appointment = desk.booked(person, local(8, 10))
    _, page = check_in(desk, appointment.reference)
    assert person.mobile not in page
    assert not re.search(r"\b\d{9}\b", page)
