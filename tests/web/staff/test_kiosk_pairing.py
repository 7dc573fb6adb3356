"""A kiosk is a device that a supervisor has set up; anybody else's screen is none."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import signing
from django.test import Client
from pytest_django import Settings

from mawaeed.booking.models import Appointment
from mawaeed.hall.models import Ticket
from mawaeed.kernel.models import OutboxEvent, PolicyValue
from mawaeed.kernel.policies import forget_policies
from mawaeed.people.models import Person
from mawaeed.web.kiosk.pairing import COOKIE, SALT, device_pass
from small_world import local
from staff_desk import Desk, key_on

HOME = "/kiosk/dana/"
SET_UP = "/desk/dana/kiosk/"
TAKE = f"{HOME}en/services/renewal/"
MOBILE = "36001234"


def elsewhere(language: str = "en", held: str = "") -> Client:
    """A browser of anybody on the internet."""
    client = Client(headers={"accept-language": language})
    client.cookies["language"] = language
    if held:
        client.cookies[COOKIE] = held
    return client


@pytest.mark.parametrize("language", ["ar", "en"])
def test_a_device_not_set_up_is_told_so_in_both_languages(desk: Desk, language: str) -> None:
    answer = elsewhere(language).get(HOME)
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "kiosk_not_paired" in page
    assert "This device is not set up as a kiosk." in page
    assert "هذا الجهاز غير مهيأ" in page
    assert f'href="{SET_UP}"' in page


def test_a_device_not_set_up_takes_nothing(desk: Desk, person: Person) -> None:
    appointment = desk.booked(person, local(8, 10))
    tried = [
        elsewhere().post(f"{HOME}en/check-in/", {"reference": appointment.reference}),
        elsewhere().post(TAKE, {"key": "a-key", "mobile": MOBILE}),
        elsewhere().get(f"{HOME}en/"),
        elsewhere().get(f"{HOME}en/ticket/nothing/"),
    ]
    assert [answer.status_code for answer in tried] == [403] * 4
    assert not Ticket.objects.exists()
    appointment.refresh_from_db()
    assert appointment.state == Appointment.State.BOOKED


def test_the_refusal_has_its_code_for_machines(desk: Desk) -> None:
    answer = elsewhere().get(HOME, headers={"accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (403, "kiosk_not_paired")


@pytest.mark.parametrize("name", ["supervisor", "administrator"])
def test_a_supervisor_sets_a_device_up_and_is_signed_out_of_it(desk: Desk, name: str) -> None:
    client = elsewhere()
    client.force_login(desk.staff[name])
    assert "Use this device as a kiosk" in client.get(SET_UP).content.decode()
    answer = client.post(SET_UP)
    kept = answer.cookies[COOKIE]
    assert (answer.status_code, answer["Location"]) == (302, HOME)
    assert (kept["httponly"], kept["samesite"], kept["path"]) == (True, "Lax", "/kiosk/")
    assert kept["max-age"] > timedelta(days=300).total_seconds()
    assert client.get(HOME).status_code == 200
    assert client.get("/desk/dana/").status_code == 302


@pytest.mark.parametrize("name", ["", "clerk", "reception", "elsewhere"])
def test_others_set_nothing_up(desk: Desk, name: str) -> None:
    client = elsewhere()
    if name:
        client.force_login(desk.staff[name])
    answer = client.post(SET_UP)
    assert answer.status_code in {302, 403, 404}
    assert COOKIE not in answer.cookies
    assert client.get(HOME).status_code == 403


def test_a_device_belongs_to_one_centre_and_its_cookie_cannot_be_made(desk: Desk) -> None:
    other = device_pass(desk.world.muharraq, desk.at)
    assert elsewhere(held=other).get("/kiosk/muharraq/").status_code == 200
    assert elsewhere(held=other).get(HOME).status_code == 403
    assert elsewhere(held="forged").get(HOME).status_code == 403
    for_another_use = signing.dumps(["dana", 1], salt=f"{SALT}-x")
    assert elsewhere(held=for_another_use).get(HOME).status_code == 403


def test_devices_of_a_centre_are_called_back(desk: Desk) -> None:
    dana = device_pass(desk.world.dana, desk.at)
    muharraq = device_pass(desk.world.muharraq, desk.at)
    PolicyValue.objects.create(
        key="kiosk.set_up_round",
        scope_kind="centre",
        scope_id=desk.world.dana.pk,
        value=2,
        effective_from=desk.at,
    )
    forget_policies()
    try:
        assert elsewhere(held=dana).get(HOME).status_code == 403
        assert elsewhere(held=muharraq).get("/kiosk/muharraq/").status_code == 200
    finally:
        forget_policies()


def test_in_a_demonstration_every_device_is_a_kiosk(desk: Desk, settings: Settings) -> None:
    settings.DEMO = True
    assert elsewhere().get(HOME).status_code == 200


def test_a_mobile_holds_one_open_ticket_per_service(desk: Desk) -> None:
    pages = []
    for _ in range(2):
        client = desk.client("")
        fields = {"key": key_on(client.get(TAKE).content.decode()), "mobile": MOBILE}
        pages.append(client.post(TAKE, fields, follow=True).content.decode())
    ticket = Ticket.objects.get()
    assert all(ticket.number in page for page in pages)
    assert OutboxEvent.objects.filter(kind="ticket_issued").count() == 1
    Ticket.objects.update(state=Ticket.State.SERVED)
    client = desk.client("")
    client.post(TAKE, {"key": key_on(client.get(TAKE).content.decode()), "mobile": MOBILE})
    assert Ticket.objects.count() == 2
