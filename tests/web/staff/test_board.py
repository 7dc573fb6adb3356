"""The hall's screen: newest call first, both languages, nothing personal."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.http import QueryDict

from mawaeed.centres.models import Offering, ServiceGroup
from mawaeed.content.models import Announcement
from mawaeed.hall import actions as hall
from mawaeed.hall.models import Ticket
from mawaeed.hall.queries import Board, Call
from mawaeed.kernel.actor import SYSTEM, Actor
from mawaeed.web.board.calls import lines_of, said_of
from mawaeed.web.board.layouts import Layout, Wanted, wanted_of
from small_world import both, local
from staff_desk import Desk

PART = "/board/dana/now/"


def call(number: str, minute: int, state: str = "serving") -> Call:
    at: datetime = local(8, minute)
    return Call(int(number[1:]), number, 1, state, at, 1)


def called(desk: Desk, counter: int, letter: str = "A") -> Ticket:
    """Somebody with this letter, called to a counter."""
    offering = Offering.objects.select_related("centre", "pool", "group").get(
        centre=desk.world.dana, service__code="renewal"
    )
    group, _ = ServiceGroup.objects.get_or_create(
        centre=desk.world.dana, letter=letter, defaults={"name": both("Other")}
    )
    Offering.objects.filter(pk=offering.pk).update(group=group)
    offering.group = group
    mobile = f"+9733600123{counter}"
    hall.issue_walk_in(offering=offering, actor=SYSTEM, now=desk.at, language="ar", mobile=mobile)
    place = desk.world.dana.counters.get(number=counter)
    staff = desk.staff["clerk" if counter == 1 else "second"]
    session = hall.open_counter(counter=place, staff=staff, now=desk.at)
    ticket = hall.call_next(counter_session=session, now=desk.at, actor=Actor("staff", 1))
    assert ticket is not None
    return ticket


def test_newest_first_then_those_on_their_way() -> None:
    older, way = call("A003", 3), call("A002", 2, "called")
    newest, oldest = call("A005", 5), call("A001", 1)
    lines = lines_of(Board([way], [newest, older, way, oldest]), 6)
    assert [line.number for line in lines] == ["A005", "A002", "A003", "A001"]


def test_somebody_on_the_way_is_never_pushed_out() -> None:
    waiting = call("A001", 1, "called")
    recent = [call(f"A0{minute}", minute) for minute in range(30, 20, -1)]
    lines = lines_of(Board([waiting], recent), 6)
    assert len(lines) == 6
    assert waiting in lines


def test_a_call_is_said_once_and_again_when_repeated_but_not_when_it_is_old() -> None:
    first, second = call("A001", 1), call("A002", 2)
    said = said_of([second, first], local(8, 2) + timedelta(seconds=30))
    assert [each.call.number for each in said] == ["A002"]
    both_said = said_of([second, first], local(8, 2) - timedelta(seconds=10))
    assert [each.call.number for each in both_said] == ["A001", "A002"]
    again = replace(second, called_at=second.called_at + timedelta(seconds=20), calls=2)
    assert said_of([again], again.called_at)[0].key != said[0].key


@pytest.mark.parametrize(
    ("address", "wanted", "query"),
    [
        ("", Wanted(), ""),
        ("layout=many", Wanted(Layout.MANY), "?layout=many"),
        ("layout=one&groups=b,A", Wanted(Layout.ONE, ("A", "B")), "?layout=one&groups=A,B"),
        ("groups=C&groups=A", Wanted(letters=("A", "C")), "?groups=A,C"),
        ("layout=nothing&groups=<x>!", Wanted(), ""),
    ],
)
def test_an_address_tells_the_layout(address: str, wanted: Wanted, query: str) -> None:
    assert wanted_of(QueryDict(address)) == wanted
    assert wanted.query == query


def test_board_shows_the_call_in_both_languages(desk: Desk) -> None:
    client = desk.client("")
    assert "No calls now" in client.get("/board/dana/").content.decode()
    ticket = called(desk, 2)
    page = client.get("/board/dana/?layout=many").content.decode()
    assert 'data-live="/live/hall:dana"' in page
    assert page.count('<p><span><span lang="ar">تذكرة</span>') == 1  # over the only column used
    assert 'data-fragment="/board/dana/now/?layout=many"' in page
    part = client.get(PART).content.decode()
    assert "<html" not in part
    assert part.count(f">{ticket.number}</bdi>") == 2  # shown, and told to screen readers
    assert "تذكرة" in part
    assert "Counter" in part
    assert "36001232" not in page
    assert Ticket.objects.get().secret not in page
    elsewhere = client.get("/board/muharraq/now/").content.decode()
    assert ticket.number not in elsewhere


@pytest.mark.parametrize("layout", ["newest", "one", "news"])
def test_the_calls_beside_the_newest_stand_under_headings(desk: Desk, layout: str) -> None:
    address = f"{PART}?layout={layout}"
    assert "board-labels" not in desk.client("").get(address).content.decode()
    called(desk, 1)
    called(desk, 2)
    assert desk.client("").get(address).content.decode().count("board-labels") == 1


def test_a_repeated_call_is_marked_until_the_visitor_is_there(desk: Desk) -> None:
    ticket = called(desk, 2)
    assert "Called again" not in desk.client("").get(PART).content.decode()
    again = hall.recall(ticket=ticket, actor=SYSTEM, now=desk.at + timedelta(minutes=1))
    assert "Called again" in desk.client("").get(PART).content.decode()
    hall.start_service(ticket=again, actor=SYSTEM, now=desk.at + timedelta(minutes=2))
    assert "Called again" not in desk.client("").get(PART).content.decode()


def test_a_screen_of_one_group_shows_only_its_letter(desk: Desk) -> None:
    first, second = called(desk, 1), called(desk, 2, "B")
    part = desk.client("").get(f"{PART}?groups=B").content.decode()
    assert second.number in part
    assert first.number not in part
    assert "ar/letter-a" not in part


def test_announcements_are_those_of_this_centre_in_both_languages(desk: Desk) -> None:
    for code, centre in (("here", desk.world.dana), ("there", desk.world.muharraq)):
        Announcement.objects.create(
            agency=desk.world.agency,
            code=code,
            centre=centre,
            title=both(f"News from {code}"),
            body=both("Closed tomorrow"),
            published_from=desk.at,
        )
    part = desk.client("").get(f"{PART}?layout=news").content.decode()
    assert "News from here بالعربية" in part
    assert "<h2>News from here</h2>" in part
    assert "News from there" not in part
    assert "News from here" not in desk.client("").get(PART).content.decode()


def test_the_supervisor_finds_every_address(desk: Desk) -> None:
    page = desk.client("supervisor").get("/board/dana/screens/").content.decode()
    found = re.findall(r'href="http://testserver(/board/dana/[^"]*)"', page)
    assert set(found) >= {
        "/board/dana/",
        *(f"/board/dana/?layout={each}" for each in ("one", "many", "news")),
    }
    for address in found:
        assert desk.client("").get(address.replace("&amp;", "&")).status_code == 200
    assert desk.client("clerk").get("/board/dana/screens/").status_code == 403
