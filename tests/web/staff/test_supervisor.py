"""The supervisor sees the state at once, closes the day, pardons it with a reason."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mawaeed.booking.actions import book_appointment, expire_unclaimed
from mawaeed.centres.models import Offering
from mawaeed.conduct.models import Event
from mawaeed.hall import actions as hall
from mawaeed.hall.models import Ticket
from mawaeed.kernel.actor import Actor
from mawaeed.people.models import Person
from small_world import NOW, local
from staff_desk import Desk

PAGE = "/supervisor/dana/"


def walk_in(desk: Desk) -> Ticket:
    offering = Offering.objects.select_related("centre", "pool", "group").get(
        centre=desk.world.dana, service__code="renewal"
    )
    return hall.issue_walk_in(
        offering=offering, actor=Actor("kiosk", 1), now=desk.at, language="ar"
    )


def test_sentence_comes_first_and_the_longest_wait_on_top(desk: Desk) -> None:
    first = walk_in(desk)
    desk.at += timedelta(minutes=12)
    second = walk_in(desk)
    desk.at += timedelta(minutes=13)
    page = desk.client("supervisor").get(PAGE).content.decode()
    assert "2 waiting, longest 25 minutes, 2 counters closed" in page
    table = page.split('id="waiting"')[1]
    assert table.index(first.number) < table.index(second.number)
    assert "Open counter 1" in page
    assert 'data-live="/live/hall:dana"' in page


@pytest.mark.parametrize("language", ["ar", "en"])
def test_chart_has_a_table_and_no_inline_style(desk: Desk, language: str) -> None:
    walk_in(desk)
    page = desk.client("supervisor", language).get(PAGE).content.decode()
    assert 'class="chart"' in page
    assert "08:00" in page
    assert "<details>" in page
    assert "style=" not in page
    part = desk.client("supervisor", language).get(f"{PAGE}now/").content.decode()
    assert "<html" not in part


def test_serving_and_counters_are_shown(desk: Desk) -> None:
    ticket = walk_in(desk)
    counter = desk.world.dana.counters.get(number=1)
    session = hall.open_counter(counter=counter, staff=desk.staff["clerk"], now=desk.at)
    called = hall.call_next(counter_session=session, now=desk.at, actor=Actor("staff", 1))
    assert called is not None
    hall.start_service(ticket=called, actor=Actor("staff", 1), now=desk.at)
    desk.at += timedelta(minutes=11)
    page = desk.client("supervisor").get(PAGE).content.decode()
    serving = page.split('id="serving"')[1].split('id="counters"')[0]
    assert ticket.number in serving
    assert "11 minutes" in serving
    assert "longer than planned" in serving
    assert "clerk" in page.split('id="counters"')[1]


def test_closing_the_day_asks_first_and_twice_is_harmless(desk: Desk) -> None:
    ticket = walk_in(desk)
    client = desk.client("supervisor")
    assert "1 visitor is waiting" in client.get(f"{PAGE}close-day/").content.decode()
    assert Ticket.objects.get().state == "waiting"
    page = client.post(f"{PAGE}close-day/", follow=True).content.decode()
    assert "1 ticket was still open" in page
    assert Ticket.objects.get(pk=ticket.pk).state == "left"
    page = client.post(f"{PAGE}close-day/", follow=True).content.decode()
    assert "0 tickets were still open" in page


def test_pardon_needs_a_reason_and_touches_this_centre_only(desk: Desk, person: Person) -> None:
    desk.booked(person, local(8, 10))
    book_appointment(
        person=person,
        service_code="passport",
        centre_code="muharraq",
        starts_at=local(8, 20),
        actor=Actor("person", person.pk),
        now=NOW,
    )
    desk.at = local(9)
    assert expire_unclaimed(now=desk.at) == 2
    client = desk.client("supervisor")
    assert client.post(f"{PAGE}pardon/", {"reason": " "}).status_code == 422
    client.post(f"{PAGE}pardon/", {"reason": "power cut"})
    kept = Event.objects.filter(reversed_at__isnull=True)
    assert list(kept.values_list("centre_id", flat=True)) == [desk.world.muharraq.pk]
