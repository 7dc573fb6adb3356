"""The wall's code: where it stands, where it leads a phone, and what a phone may do without it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client

from mawaeed.hall.models import Ticket
from mawaeed.hall.presence import wall_code
from mawaeed.kernel.clock import real_now
from mawaeed.kernel.models import History, PolicyValue
from mawaeed.kernel.policies import forget_policies
from mawaeed.kernel.secrets import keyed_hash
from mawaeed.people.models import Person
from mawaeed.people.queries import account_of
from mawaeed.web.presence import here, proof, wall
from mawaeed.web.presence.pairing import WALL
from residents import NUMBER, api_token, post_json, sign_in_on_the_web
from small_world import local
from staff_desk import Desk, key_on

ADDRESS = re.compile(r'data-address="[^"]*?(/here/[^"]+)"')
HELD_ALREADY = "You already have this number, and it keeps its place."
OVER = "This code is no longer valid"


def phone(language: str = "en") -> Client:
    """Anybody's browser: no kiosk, no wall."""
    client = Client(headers={"accept-language": language})
    client.cookies["language"] = language
    return client


def here_at(desk: Desk, code: str = "", *, centre: str = "dana") -> str:
    return f"/here/{centre}/{code or wall_code(desk.world.dana, real_now())}/"


def setting(desk: Desk, key: str, value: object) -> None:
    PolicyValue.objects.create(key=key, value=value, effective_from=desk.at - timedelta(hours=9))
    forget_policies()


def test_only_a_paired_screen_shows_the_code_and_it_leads_a_phone_here(desk: Desk) -> None:
    stranger = phone()
    for path in ("/wall/dana/", "/wall/dana/now/"):
        answer = stranger.get(path)
        assert answer.status_code == 403
        assert not ADDRESS.search(answer.content.decode())
    supervisor = desk.client("supervisor")
    assert supervisor.post("/desk/dana/wall/")["Location"] == "/wall/dana/"
    assert supervisor.get("/desk/dana/").status_code == 302  # signed out of the device
    page = supervisor.get("/wall/dana/").content.decode()
    assert "Are you here? Scan with your phone" in page
    assert supervisor.get("/wall/muharraq/").status_code == 403
    found = ADDRESS.search(page)
    assert found
    assert stranger.get(found[1]).status_code == 200
    stranger.cookies[WALL.cookie] = WALL.device_pass(desk.world.muharraq, desk.at)
    assert stranger.get("/wall/dana/").status_code == 403


def test_an_old_code_and_another_centres_open_nothing(
    desk: Desk, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    appointment = desk.booked(person, local(8, 10))
    old = wall_code(desk.world.dana, real_now() - timedelta(minutes=2))
    other = wall_code(desk.world.muharraq, real_now())
    for code in (old, other, "nothing"):
        client = phone()
        answer = client.get(here_at(desk, code))
        assert (answer.status_code, OVER in answer.content.decode()) == (409, True)
        assert (
            client.post(here_at(desk, code), {"reference": appointment.reference}).status_code
            == 409
        )
    assert not Ticket.objects.exists()
    # Signing in takes longer than the code lives: the phone that read it has ten minutes.
    client = phone()
    assert client.get(here_at(desk)).status_code == 200
    assert client.get(here_at(desk, old)).status_code == 200
    assert client.get(here_at(desk, other, centre="muharraq")).status_code == 200  # read there too
    assert client.get(here_at(desk, old)).status_code == 409  # the last one read counts
    assert client.get(here_at(desk)).status_code == 200
    # Looking again with the proof alone, at home, does not lengthen it.
    assert proof.COOKIE not in client.get(here_at(desk, old)).cookies
    monkeypatch.setattr(proof, "KEPT", timedelta(seconds=-1))
    assert client.get(here_at(desk, old)).status_code == 409


def test_by_reference_inside_the_window_and_a_second_time_the_same_number(
    desk: Desk, person: Person
) -> None:
    appointment = desk.booked(person, local(9))
    client, where = phone(), here_at(desk)
    page = client.get(where).content.decode()
    assert appointment.reference not in page
    early = client.post(where, {"reference": appointment.reference})
    assert early.status_code == 409
    assert "Check-in opens at 8:30" in early.content.decode()
    assert "use the screen in the hall or go to reception" in early.content.decode()
    desk.at = local(8, 31)
    first = client.post(where, {"reference": appointment.reference.lower()}, follow=True)
    ticket = Ticket.objects.get()
    assert ticket.number in first.content.decode()
    assert HELD_ALREADY not in first.content.decode()
    issued = History.objects.get(subject_kind="ticket", subject_id=ticket.pk)
    assert issued.actor_kind == "kiosk"  # somebody in the hall, not proven to be the resident
    desk.at = local(8, 33)
    again = phone().post(here_at(desk), {"reference": appointment.reference}, follow=True)
    assert HELD_ALREADY in again.content.decode()
    assert Ticket.objects.count() == 1


def test_signed_in_one_sees_what_one_has_here_today(desk: Desk) -> None:
    client = phone()
    sign_in_on_the_web(client)
    person = account_of(keyed_hash(NUMBER))
    assert person is not None
    mine, tomorrow = (
        desk.booked(person, local(8, 10)),
        desk.booked(person, local(9, days=1), "customs"),
    )
    page = client.get(here_at(desk)).content.decode()
    assert mine.reference in page
    assert tomorrow.reference not in page
    assert "Check in now" in page
    assert "8:10" in page
    client.post(here_at(desk), {"reference": mine.reference})
    ticket = Ticket.objects.get()
    assert f"/t/{ticket.secret}/" in client.get(here_at(desk)).content.decode()


def test_a_number_without_an_appointment_once_per_mobile(desk: Desk) -> None:
    client, where = phone(), here_at(desk)
    fields = {"service": "renewal", "key": key_on(client.get(where).content.decode())}
    refused = client.post(where, {**fields, "mobile": ""})
    assert refused.status_code == 422
    assert not Ticket.objects.exists()
    for pressed in range(2):
        desk.at += timedelta(minutes=pressed)
        page = client.post(
            where, {**fields, "mobile": "36001234", "key": f"k{pressed}"}, follow=True
        )
    assert HELD_ALREADY in page.content.decode()
    ticket = Ticket.objects.get()
    assert (ticket.mobile, ticket.language) == ("+97336001234", "en")


def test_on_the_tickets_own_page_and_with_proof_where_it_is_asked(
    desk: Desk, person: Person
) -> None:
    appointment = desk.booked(person, local(9))
    own, press = f"/e/{appointment.secret}/", f"/e/{appointment.secret}/check-in/"
    client = phone()
    assert "you can check in on this page" in client.get(own).content.decode()
    assert press not in client.get(own).content.decode()
    desk.at = local(8, 40)
    assert press in client.get(own).content.decode()
    setting(desk, "presence.proof_required", value=True)
    page = client.get(own).content.decode()
    assert press not in page
    assert "Scan the square code on the wall" in page
    assert "screen in the hall or at reception" in page  # never the only way
    refused = client.post(press, follow=True).content.decode()
    assert "Scan the square code on the wall" in refused
    assert not Ticket.objects.exists()
    client.get(here_at(desk))
    assert press in client.get(own).content.decode()
    assert client.post(press)["Location"] == f"/t/{Ticket.objects.get().secret}/"
    setting(desk, "presence.phone_check_in", value=False)
    assert phone().get(here_at(desk)).status_code == 409
    assert not ADDRESS.search(_wall_of(desk))


def _wall_of(desk: Desk) -> str:
    client = phone()
    client.cookies[WALL.cookie] = WALL.device_pass(desk.world.dana, desk.at)
    page = client.get("/wall/dana/").content.decode()
    assert "Please check in at the screen in the hall" in page
    return page


def test_the_wall_changes_by_the_minute(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = []
    at = real_now()
    client = phone()
    client.cookies[WALL.cookie] = WALL.device_pass(desk.world.dana, desk.at)
    for minutes in (0, 0, 1):
        monkeypatch.setattr(
            wall, "real_now", lambda minutes=minutes: at + timedelta(minutes=minutes)
        )
        found = ADDRESS.search(client.get("/wall/dana/now/").content.decode())
        assert found
        shown.append(found[1])
    assert shown[0] == shown[1] != shown[2]
    monkeypatch.setattr(here, "real_now", lambda: at + timedelta(minutes=1))
    assert phone().get(shown[0]).status_code == phone().get(shown[2]).status_code == 200
    monkeypatch.setattr(here, "real_now", lambda: at + timedelta(minutes=2))
    assert phone().get(shown[0]).status_code == 409


def test_over_the_api_with_named_refusals_and_a_key(desk: Desk) -> None:
    client = Client()
    bearer = {"authorization": f"Bearer {api_token(client)}", "accept_language": "en"}
    person = account_of(keyed_hash(NUMBER))
    assert person is not None
    appointment = desk.booked(person, local(9))
    path = f"/api/v1/appointments/{appointment.reference}/check-in"

    def ask(body: dict[str, str], **more: str) -> tuple[int, dict[str, str]]:
        answer = post_json(client, path, body, **bearer, **more)
        return answer.status_code, answer.json()

    assert ask({})[1]["code"] == "too_early"
    desk.at = local(8, 40)
    assert ask({"wall_code": "0" * 20})[1]["code"] == "wall_code_over"
    setting(desk, "presence.proof_required", value=True)
    assert ask({})[1]["code"] == "presence_proof_required"
    proven = {"wall_code": wall_code(desk.world.dana, real_now())}
    status, first = ask(proven, idempotency_key="k" * 9)
    ticket = Ticket.objects.get()
    assert (status, first["number"], first["state"]) == (200, ticket.number, "checked_in")
    assert first["page"].endswith(f"/t/{ticket.secret}/")
    assert ask(proven, idempotency_key="k" * 9) == (200, first)
    assert ask({}, idempotency_key="k" * 9)[1]["code"] == "key_reused"
    assert Ticket.objects.count() == 1
    elsewhere = f"/api/v1/appointments/{'2' * 8}/check-in"
    assert post_json(client, elsewhere, {}, **bearer).status_code == 404
