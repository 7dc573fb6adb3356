"""The supervisor sees the state at once, closes the day, pardons it with a reason."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from mawaeed.booking.actions import book_appointment, expire_unclaimed
from mawaeed.booking.models import Appointment
from mawaeed.centres.models import Offering
from mawaeed.conduct.models import Event
from mawaeed.hall import actions as hall
from mawaeed.hall.models import CounterBreak, HelpCall, Ticket
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.models import History
from mawaeed.people.models import Person
from small_world import NOW, local, make_person
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
    assert "Nothing needs you now." in page
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


def test_closing_the_day_says_what_it_would_end_and_then_what_it_did(desk: Desk) -> None:
    desk.booked(make_person(3), local(8, 10))
    kept = hall.check_in(
        appointment=Appointment.objects.get(), actor=Actor("kiosk", 1), now=desk.at
    )
    ticket = walk_in(desk)
    counter = desk.world.dana.counters.get(number=1)
    session = hall.open_counter(counter=counter, staff=desk.staff["clerk"], now=desk.at)
    hall.start_break(counter_session=session, now=desk.at, actor=Actor("staff", 1))
    hall.raise_help(centre=desk.world.dana, kind="kiosk", actor=Actor("kiosk", 1), now=desk.at)
    client = desk.client("supervisor")
    assert figures(client.get(f"{PAGE}close-day/")) == ["2", "1", "1", "1", "1"]
    assert Ticket.objects.filter(state="waiting").count() == 2
    answer = client.post(f"{PAGE}close-day/", follow=True)
    page = answer.content.decode()
    assert figures(answer) == ["2", "1", "1", "1", "1"]
    assert kept.number in page
    assert ticket.number in page
    assert "by supervisor" in re.sub("<[^>]+>|[\u2066-\u2069]", "", page)
    assert set(Ticket.objects.values_list("state", flat=True)) == {"left"}
    assert CounterBreak.objects.get().ended_at == desk.at
    assert HelpCall.objects.get().answered_at == desk.at
    again = client.post(f"{PAGE}close-day/", follow=True)
    assert "nothing was open any more" in again.content.decode()
    assert figures(again) == ["2", "1", "1", "1", "1"]
    assert History.objects.filter(subject_kind="day").count() == 1


def figures(answer: Any) -> list[str]:
    """What the page says was or would be ended, in order."""
    return re.findall(r"<dd>(\d+)", answer.content.decode())


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
