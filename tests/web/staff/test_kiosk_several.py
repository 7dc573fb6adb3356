"""More than one service at the kiosk: one ticket, its parts in the order that was shown."""

from __future__ import annotations

import re

import pytest

from mawaeed.hall.models import Ticket, TicketLeg
from mawaeed.kernel.models import OutboxEvent
from small_world import local
from staff_desk import Desk, key_on

HOME = "/kiosk/dana/"
SEVERAL = f"{HOME}en/several/"
BOTH = {"show": "1", "service": ["renewal", "customs"]}


def services_of(ticket: Ticket) -> list[str]:
    legs = TicketLeg.objects.filter(ticket=ticket).order_by("position")
    return [leg.offering.service.code for leg in legs.select_related("offering__service")]


def test_one_number_for_several_services_in_the_order_shown(desk: Desk) -> None:
    kiosk = desk.client("")
    assert SEVERAL in kiosk.get(f"{HOME}en/services/").content.decode()
    assert kiosk.get(SEVERAL).content.decode().count('type="checkbox"') == 3
    checked = kiosk.get(SEVERAL, BOTH).content.decode()
    order = [checked.index(f"<span>{name}") for name in ("Customs", "Renewal")]
    assert order == sorted(order)
    assert not Ticket.objects.exists()  # looking takes nothing

    fields = {"key": key_on(checked), "service": BOTH["service"], "mobile": ""}
    numbers = [kiosk.post(SEVERAL, fields, follow=True) for _ in range(2)]
    ticket = Ticket.objects.get()  # a press sent again gives the same
    assert services_of(ticket) == ["customs", "renewal"]
    assert ticket.offering.service.code == "customs"
    assert OutboxEvent.objects.filter(kind="ticket_issued").count() == 1
    shown = numbers[1].redirect_chain[-1][0]
    kiosk.post(f"{shown}print/", {"key": "a"})
    for address in (shown, f"{shown}paper/", f"/t/{ticket.secret}/"):
        page = kiosk.get(address).content.decode()
        parts = page[page.index("ticket-parts") : page.index("</ol>")]
        assert re.findall(r"<span>(\w+)", parts) == ["Customs", "Renewal"], address


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ([], "Choose what you need first."),
        (["renewal", "elsewhere"], "gives no tickets any more"),
        (["renewal", "customs", "passport"], "good for 2 services at most"),
    ],
    ids=["nothing", "one that is over", "too many"],
)
def test_what_makes_no_ticket_is_said_and_keeps_the_ticks(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, asked: list[str], said: str
) -> None:
    for module in ("web.kiosk.several", "hall.actions.arrivals"):
        monkeypatch.setattr(f"mawaeed.{module}.most_services", lambda *_: 2)
    kiosk = desk.client("")
    answer = kiosk.get(SEVERAL, {"show": "1", "service": asked})
    page = answer.content.decode()
    assert (answer.status_code, said in page) == (422, True)
    assert page.count(" checked") == len([code for code in asked if code != "elsewhere"])
    pressed = kiosk.post(SEVERAL, {"key": "a", "service": asked, "mobile": ""})
    assert pressed.status_code == 409
    assert not Ticket.objects.exists()


def test_one_ticked_goes_the_short_way_and_nothing_is_ticked_when_closed(desk: Desk) -> None:
    kiosk = desk.client("")
    one = kiosk.get(SEVERAL, {"show": "1", "service": "renewal"})
    assert one["Location"] == f"{HOME}en/services/renewal/"
    desk.at = local(18)
    assert SEVERAL not in kiosk.get(f"{HOME}en/services/").content.decode()
    closed = kiosk.post(SEVERAL, {"key": "a", "service": BOTH["service"], "mobile": ""})
    assert closed.status_code == 409
    assert not Ticket.objects.exists()


def test_other_ticks_of_the_same_page_are_another_press(desk: Desk) -> None:
    kiosk = desk.client("")
    for services in (["customs", "renewal"], ["passport", "renewal"]):
        kiosk.post(SEVERAL, {"key": "one page", "service": services, "mobile": ""})

    given = [sorted(services_of(ticket)) for ticket in Ticket.objects.order_by("pk")]
    assert given == [["customs", "renewal"], ["passport", "renewal"]]


def test_whoever_holds_a_number_for_one_of_them_has_it_for_all(desk: Desk) -> None:
    kiosk = desk.client("")
    kiosk.post(f"{HOME}en/services/customs/", {"key": "first", "mobile": "36001234"})
    for key in ("second", "third"):
        fields = {"key": key, "service": BOTH["service"], "mobile": "36001234"}
        kiosk.post(SEVERAL, fields)

        assert services_of(Ticket.objects.get()) == ["customs", "renewal"]
