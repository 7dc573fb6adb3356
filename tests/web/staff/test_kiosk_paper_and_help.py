"""Paper is counted and only where the centre prints; help is called once and answered once."""

from __future__ import annotations

import re

import pytest
from django.core import signing
from django.test import Client

from mawaeed.hall.actions import raise_help
from mawaeed.hall.models import HelpCall, Ticket
from mawaeed.hall.paper import paper_used
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.models import History, OutboxEvent, PolicyValue
from mawaeed.kernel.policies import forget_policies
from mawaeed.web.kiosk import numbers
from mawaeed.web.kiosk.pairing import COOKIE, device_pass
from small_world import TODAY, local
from staff_desk import Desk, key_on

HOME = "/kiosk/dana/"
TAKE = f"{HOME}en/services/renewal/"
COMING = "Reception has been called. Somebody is coming to you."


def take(client: Client) -> str:
    """Take a ticket; the address of the page with its number."""
    fields = {"key": key_on(client.get(TAKE).content.decode()), "mobile": ""}
    return str(client.post(TAKE, fields)["Location"])


def test_a_paper_ticket_is_printed_on_request_and_counted_once(desk: Desk) -> None:
    client = desk.client("")
    number = take(client)
    take(client)
    assert client.get(f"{number}paper/")["Location"] == HOME  # nobody asked for it
    page = client.get(number).content.decode()
    fields = {"key": key_on(page)}
    first, second = (client.post(f"{number}print/", fields) for _ in range(2))
    assert first["Location"] == second["Location"] == f"{number}paper/"
    paper = client.get(f"{number}paper/").content.decode()
    ticket = Ticket.objects.get(printed=1)
    assert ticket.number in paper
    assert "Dana branch" in paper
    assert "<svg" in paper
    rows = History.objects.filter(subject_kind="paper_ticket", subject_id=ticket.pk)
    assert [row.actor_kind for row in rows] == ["kiosk"]
    used = paper_used(desk.world.dana, TODAY, TODAY)
    assert (used.tickets, used.on_paper, used.sheets, used.avoided_share) == (2, 1, 1, 0.5)
    assert paper_used(desk.world.muharraq, TODAY, TODAY).avoided_share is None


def test_without_the_setting_no_paper_is_offered_or_printed(desk: Desk) -> None:
    client = desk.client("")
    number = take(client)
    assert "Print on paper" in client.get(number).content.decode()
    key = key_on(client.get(number).content.decode())
    PolicyValue.objects.create(
        key="hall.kiosk_prints",
        scope_kind="centre",
        scope_id=desk.world.dana.pk,
        value=False,
        effective_from=desk.at,
    )
    forget_policies()
    assert "Print on paper" not in client.get(number).content.decode()
    assert client.post(f"{number}print/", {"key": key})["Location"] == number
    assert Ticket.objects.get().printed == 0


def test_the_paper_is_forgotten_with_the_number(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = desk.client("")
    number = take(client)
    client.post(f"{number}print/", {"key": "a"})
    monkeypatch.setattr(numbers, "NUMBER_SHOWN_SECONDS", -1)
    assert client.get(f"{number}paper/")["Location"] == HOME
    assert client.post(f"{number}print/", {"key": "b"})["Location"] == HOME
    assert client.get(f"{HOME}en/ticket/{signing.dumps(1, salt='x')}/paper/")["Location"] == HOME
    assert Ticket.objects.get().printed == 1


def test_help_pressed_often_calls_once_and_is_answered_from_the_desk(desk: Desk) -> None:
    kiosk, reception = desk.client(""), desk.client("reception")
    assert kiosk.get(f"{HOME}en/help/").status_code == 200
    assert not HelpCall.objects.exists()  # looking calls nobody
    assert f'action="{HOME}en/help/"' in kiosk.get(HOME).content.decode()
    for _ in range(3):
        told = kiosk.post(f"{HOME}en/help/", follow=True).content.decode()
        assert COMING in told
    call = HelpCall.objects.get()
    assert OutboxEvent.objects.filter(kind="help_raised").count() == 1

    page = reception.get("/desk/dana/").content.decode()
    assert "A visitor at the kiosk asks for help" in page
    assert f'action="/desk/dana/help/{call.pk}/"' in page
    for _ in range(2):
        assert reception.post(f"/desk/dana/help/{call.pk}/")["Location"] == "/desk/dana/"
    call.refresh_from_db()
    assert call.answered_by == desk.staff["reception"]
    assert "asks for help" not in reception.get("/desk/dana/help/").content.decode()
    assert "on the way" in kiosk.get(f"{HOME}en/help/state/").content.decode()
    second = desk.client("supervisor")
    came_back = second.post(
        f"/desk/dana/help/{call.pk}/", headers={"referer": "http://testserver/supervisor/dana/"}
    )
    assert came_back["Location"] == "/supervisor/dana/"
    assert "A colleague is already on the way" in second.get("/desk/dana/").content.decode()


def test_each_kiosk_calls_for_itself_and_reception_reads_which(desk: Desk) -> None:
    reception = desk.client("reception")
    door, stairs, unnamed = (desk.client("") for _ in range(3))
    for kiosk, name in ((door, "By the door"), (stairs, "By the stairs")):
        kiosk.cookies[COOKIE] = device_pass(desk.world.dana, desk.at, name)
    for kiosk in (door, door, stairs, unnamed):
        assert COMING in kiosk.post(f"{HOME}en/help/", follow=True).content.decode()
    assert HelpCall.objects.count() == 3
    page = reception.get("/desk/dana/help/").content.decode()
    for name in ("By the door", "By the stairs"):
        assert f"A visitor asks for help at the kiosk “<bdi>{name}</bdi>”" in page
    assert page.count("A visitor at the kiosk asks for help") == 1
    reception.post(f"/desk/dana/help/{HelpCall.objects.get(device_name='By the door').pk}/")
    state = f"{HOME}en/help/state/"
    assert "on the way" in door.get(state).content.decode()
    assert COMING in stairs.get(state).content.decode()
    assert "on the way" not in unnamed.get(state).content.decode()


def test_a_kiosk_keeps_the_name_it_was_set_up_with(desk: Desk) -> None:
    client = desk.client("supervisor")
    client.post("/desk/dana/kiosk/", {"name": "  By\x00 the   <door> " + "x" * 60})
    client.post(f"{HOME}en/help/")
    call = HelpCall.objects.get()
    assert call.device_name == ("By the <door> " + "x" * 60)[:40]
    assert call.device


def test_an_emergency_stands_first_and_louder_and_other_centres_see_nothing(desk: Desk) -> None:
    for kind, counter in (("kiosk", None), ("emergency", desk.world.dana.counters.first())):
        raise_help(
            centre=desk.world.dana,
            kind=kind,
            counter=counter,
            actor=Actor("kiosk", desk.world.dana.pk),
            now=local(8),
        )
    page = desk.client("reception").get("/desk/dana/help/").content.decode()
    assert re.search(r'help-call-emergency" role="alert".*Emergency at counter 1', page, re.DOTALL)
    assert page.index("Emergency at counter 1") < page.index("A visitor at the kiosk")
    call = HelpCall.objects.earliest("pk")
    assert desk.client("elsewhere").post(f"/desk/muharraq/help/{call.pk}/").status_code == 404
    assert desk.client("clerk").get("/desk/dana/help/").status_code == 403
    assert HelpCall.objects.filter(answered_at=None).count() == 2
