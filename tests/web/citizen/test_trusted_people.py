"""A relative with consent books: on the pages and over the API; and dependants are taken off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from mawaeed.booking.models import Appointment, WaitingEntry
from mawaeed.kernel import clock, deliveries
from mawaeed.notifications.models import Message
from mawaeed.people.actions import add_dependant
from mawaeed.people.models import Consent, Dependant, Person
from residents import (
    BORN,
    MOBILE,
    NUMBER,
    OTHER_BORN,
    OTHER_MOBILE,
    OTHER_NUMBER,
    api_token,
    post_json,
    sign_in_on_the_web,
)
from small_world import NOW, World, local, make_world
from staff_desk import key_on

pytestmark = pytest.mark.django_db
NOBODY = "770300000"
AT = "2026-11-23T06:00Z"


@dataclass
class Two:
    """Grandmother lets Mariam book for her."""

    world: World
    grandmother: Client
    mariam: Client

    def give(self, number: str = OTHER_NUMBER, name: str = "Grandmother") -> str:
        page = self.grandmother.get("/trusted/").content.decode()
        form = {"key": key_on(page), "personal_number": number, "name": name}
        return self.grandmother.post("/trusted/", form, follow=True).content.decode()

    def book(self, **fields: str) -> Any:
        chosen = {"service": "renewal", "centre": "dana", "at": AT, **fields}
        page = self.mariam.get("/book/", chosen).content.decode()
        form = {"key": key_on(page), **chosen}
        return self.mariam.post("/book/", form, follow=True)


@pytest.fixture(params=["ar", "en"])
def two(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Two:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    world = make_world(days=3)
    clients = []
    for number, born, mobile in ((NUMBER, BORN, MOBILE), (OTHER_NUMBER, OTHER_BORN, OTHER_MOBILE)):
        client = Client()
        client.cookies["language"] = request.param
        sign_in_on_the_web(client, number, born, mobile)
        clients.append(client)
    return Two(world, *clients)


def messages(kind: str) -> list[tuple[str, str]]:
    """What was written, after everything is delivered: (mobile, text)."""
    while deliveries.fan_out() + deliveries.deliver_due(now=NOW):
        pass
    found = Message.objects.filter(kind=kind).order_by("pk")
    return list(found.values_list("to", "text"))


def test_consent_booking_telling_seeing_cancelling_withdrawing(two: Two) -> None:
    two.give()
    [(to, text)] = messages("consent_given")
    assert to == f"+973{OTHER_MOBILE}"
    assert "Grandmother" not in text
    assert "0000" not in text
    page = two.mariam.get("/trusted/").content.decode()
    assert "Grandmother" in page
    assert "•••••0000" in page
    assert NUMBER not in page
    consent = Consent.objects.get()
    two.book(who=f"c{consent.pk}")
    made = Appointment.objects.get()
    assert made.person.mobile == f"+973{OTHER_MOBILE}"
    assert made.beneficiary == consent.grantor.beneficiary
    told = messages("appointment_booked")
    assert [mobile for mobile, _text in told] == [f"+973{OTHER_MOBILE}", f"+973{MOBILE}"]
    assert made.reference in told[1][1]
    # She sees it and may cancel it, not move it.
    assert made.reference in two.grandmother.get("/appointments/").content.decode()
    page = two.grandmother.get(f"/appointments/{made.reference}/").content.decode()
    assert f"/appointments/{made.reference}/cancel/" in page
    assert f"/appointments/{made.reference}/move/" not in page
    assert two.grandmother.get(f"/appointments/{made.reference}/move/").status_code == 404
    two.grandmother.post("/trusted/withdraw/", {"consent": str(consent.pk)})
    two.grandmother.post("/trusted/withdraw/", {"consent": str(consent.pk)})
    two.book(who=f"c{consent.pk}", at="2026-11-24T06:00Z", service="customs")
    assert Appointment.objects.count() == 1
    cancel = f"/appointments/{made.reference}/cancel/"
    two.grandmother.post(cancel, {"key": key_on(two.grandmother.get(cancel).content.decode())})
    made.refresh_from_db()
    assert made.state == "cancelled"
    told = messages("appointment_cancelled")
    assert {mobile for mobile, _text in told} == {f"+973{OTHER_MOBILE}", f"+973{MOBILE}"}


def test_the_page_says_the_same_of_every_number(two: Two) -> None:
    known = two.give(OTHER_NUMBER)
    Consent.objects.all().delete()
    unknown = two.give(NOBODY)
    assert strip(known) == strip(unknown)
    assert messages("consent_given") == []  # the first was withdrawn, the second reaches nobody


def strip(page: str) -> str:
    """Without what is new in every page."""
    _head, _, rest = page.partition("<main")
    body = rest.partition("</main>")[0]
    lines = [line for line in body.splitlines() if "csrf" not in line and 'name="key"' not in line]
    return "\n".join(lines)


def test_what_is_wrong_is_said(two: Two) -> None:
    assert "error-summary" in two.give("12")
    assert "error-summary" in two.give(NUMBER)
    assert "error-summary" in two.give(name=" ")
    assert not Consent.objects.exists()


def test_only_by_consent_is_anything_seen(two: Two) -> None:
    """Somebody who registers a number as a dependant's lends its holder no look at the booking."""
    mariam = Person.objects.get(mobile=f"+973{OTHER_MOBILE}")
    kept = add_dependant(
        person=mariam, personal_number=NUMBER, name="Someone", birth_date=BORN, now=NOW
    )
    two.book(who=str(kept.pk), service="passport")
    made = Appointment.objects.get()
    assert made.reference not in two.grandmother.get("/appointments/").content.decode()
    assert two.grandmother.get(f"/appointments/{made.reference}/").status_code == 404
    assert len(messages("appointment_booked")) == 1


def test_a_dependant_is_removed_unless_something_is_booked_or_waited_for(two: Two) -> None:
    mariam = Person.objects.get(mobile=f"+973{OTHER_MOBILE}")
    child = add_dependant(
        person=mariam, personal_number=NOBODY, name="Child", birth_date="2020-01-01", now=NOW
    )
    two.book(who=str(child.pk), service="passport")
    fields = {"dependant": str(child.pk)}
    two.mariam.post("/dependants/remove/", fields)
    assert Dependant.objects.count() == 1
    Appointment.objects.update(state="cancelled")
    assert two.grandmother.post("/dependants/remove/", fields).status_code == 404
    two.mariam.post("/dependants/remove/", fields)
    assert not Dependant.objects.exists()


@pytest.fixture
def clock_stands(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return make_world(days=3)


def send(method: str, path: str, token: str, body: Any = None, key: str = "") -> Any:
    client = Client()
    headers = {"authorization": f"Bearer {token}"}
    if key:
        headers["idempotency-key"] = key
    if method == "post":
        return post_json(client, f"/api/v1{path}", body, **headers)
    return getattr(client, method)(f"/api/v1{path}", headers=headers)


def test_the_whole_of_it_over_the_api(clock_stands: World) -> None:
    grantor = api_token(Client())
    helper = api_token(Client(), OTHER_NUMBER, OTHER_BORN, OTHER_MOBILE)
    answers = [
        send(
            "post", "/consents", grantor, {"personal_number": number, "name": "Grandmother"}, number
        )
        for number in (OTHER_NUMBER, NOBODY)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    known, unknown = ({**answer.json(), "id": 0} for answer in answers)
    assert known == unknown
    [received] = send("get", "/consents", helper).json()["items"]
    assert (received["direction"], received["name"]) == ("received", "Grandmother")
    assert received["personal_number"] == "•••••0000"
    body = {"service": "renewal", "centre": "dana", "starts_at": AT}
    refused = send("post", "/appointments", helper, {**body, "beneficiary": NOBODY}, "a")
    assert refused.status_code == 422
    named = {**body, "beneficiary": f"consent:{received['id']}"}
    made = send("post", "/appointments", helper, named, "b")
    assert made.status_code == 201, made.content
    assert made.json()["can_move"]
    reference = made.json()["reference"]
    [seen] = send("get", "/appointments", grantor).json()["items"]
    assert (seen["reference"], seen["can_move"], seen["can_cancel"]) == (reference, False, True)
    moved = send("post", f"/appointments/{reference}/move", grantor, {"starts_at": AT}, "c")
    assert moved.status_code == 404
    assert send("delete", f"/consents/{received['id']}", helper).status_code == 404
    assert send("delete", f"/consents/{received['id']}", grantor).status_code == 200
    assert send("get", "/consents", helper).json()["items"] == []
    by_number = {**body, "service": "customs", "beneficiary": NUMBER}
    assert send("post", "/appointments", helper, by_number, "d").status_code == 422
    assert send("delete", f"/appointments/{reference}", grantor).json()["state"] == "cancelled"


def test_dependants_over_the_api(clock_stands: World) -> None:
    token = api_token(Client())
    other = api_token(Client(), OTHER_NUMBER, OTHER_BORN, OTHER_MOBILE)
    child = {"personal_number": NOBODY, "name": "Child", "date_of_birth": "2020-01-01"}
    body = {"service": "passport", "centre": "dana", "starts_at": AT, "beneficiary": child}
    made = send("post", "/appointments", token, body, "a").json()
    [listed] = send("get", "/dependants", token).json()["items"]
    assert (listed["name"], listed["personal_number"]) == ("Child", "•••••0000")
    path = f"/dependants/{listed['id']}"
    assert send("delete", path, token).json()["code"] == "dependant_in_use"
    assert send("delete", path, other).status_code == 404
    send("delete", f"/appointments/{made['reference']}", token)
    again = {**body, "service": "passport", "beneficiary": f"dependant:{listed['id']}"}
    assert send("post", "/appointments", token, again, "b").status_code == 201
    reference = Appointment.objects.latest("pk").reference
    send("delete", f"/appointments/{reference}", token, key="c")
    assert send("delete", path, token).status_code == 200
    assert send("get", "/dependants", token).json()["items"] == []


def test_a_place_on_the_waiting_list_keeps_a_dependant(clock_stands: World) -> None:
    token = api_token(Client())
    person = Person.objects.get()
    child = add_dependant(
        person=person, personal_number=NOBODY, name="Child", birth_date="2020-01-01", now=NOW
    )

    WaitingEntry.objects.create(
        person=person,
        beneficiary=child.beneficiary,
        service=clock_stands.passport,
        from_date=NOW.date(),
        until_date=local(9, days=3).date(),
        created_at=NOW,
    )
    answer = send("delete", f"/dependants/{child.pk}", token)
    assert (answer.status_code, answer.json()["code"]) == (409, "dependant_in_use")
