"""The hall's screen: newest call first, both languages, nothing personal."""

from __future__ import annotations

from datetime import datetime

from mawaeed.centres.models import Offering
from mawaeed.hall import actions as hall
from mawaeed.hall.models import Ticket
from mawaeed.hall.queries import Board, Call
from mawaeed.kernel.actor import Actor
from mawaeed.web.board.views import lines_of
from small_world import local
from staff_desk import Desk


def call(number: str, minute: int, state: str = "serving") -> Call:
    at: datetime = local(8, minute)
    return Call(int(number[1:]), number, 1, state, at, 1)


def test_newest_first_then_those_on_their_way() -> None:
    older, way = call("A003", 3), call("A002", 2, "called")
    newest, oldest = call("A005", 5), call("A001", 1)
    lines = lines_of(Board([way], [newest, older, way, oldest]))
    assert [line.number for line in lines] == ["A005", "A002", "A003", "A001"]


def test_somebody_on_the_way_is_never_pushed_out() -> None:
    waiting = call("A001", 1, "called")
    recent = [call(f"A0{minute}", minute) for minute in range(30, 20, -1)]
    lines = lines_of(Board([waiting], recent))
    assert len(lines) == 6
    assert waiting in lines


def test_board_shows_the_call_in_both_languages(desk: Desk) -> None:
    offering = Offering.objects.select_related("centre", "pool", "group").get(
        centre=desk.world.dana, service__code="renewal"
    )
    ticket = hall.issue_walk_in(
        offering=offering,
        actor=Actor("kiosk", 1),
        now=desk.at,
        language="ar",
        mobile="+97336001234",
    )
    counter = desk.world.dana.counters.get(number=2)
    session = hall.open_counter(counter=counter, staff=desk.staff["clerk"], now=desk.at)
    client = desk.client("")
    assert "No calls now" in client.get("/board/dana/").content.decode()
    hall.call_next(counter_session=session, now=desk.at, actor=Actor("staff", 1))
    page = client.get("/board/dana/").content.decode()
    assert 'data-live="/live/hall:dana"' in page
    assert 'data-fragment="/board/dana/now/"' in page
    part = client.get("/board/dana/now/").content.decode()
    assert "<html" not in part
    assert part.count(ticket.number) == 1
    assert "تذكرة" in part
    assert "Counter" in part
    assert "36001234" not in page
    assert Ticket.objects.get().secret not in page
    assert client.get("/board/muharraq/now/").content.decode().count(ticket.number) == 0
