"""A clerk's work by the page alone: one verb at a time, never twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from mawaeed.booking.models import Appointment
from mawaeed.centres.models import Offering
from mawaeed.hall import actions as hall
from mawaeed.hall.models import CounterSession, Ticket
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.models import History
from mawaeed.people.models import Person
from small_world import local
from staff_desk import Desk, key_on

PAGE = "/counter/dana/"


def opened(desk: Desk, name: str = "clerk", language: str = "en") -> Client:
    client = desk.client(name, language)
    free = desk.world.dana.counters.exclude(work__closed_at__isnull=True, work__isnull=False)
    client.post(f"{PAGE}open/", {"counter": free.order_by("number")[0].pk})
    return client


def walk_in(desk: Desk, service: str = "renewal") -> Ticket:
    offering = Offering.objects.select_related("centre", "pool", "group").get(
        centre=desk.world.dana, service__code=service
    )
    return hall.issue_walk_in(
        offering=offering, actor=Actor("kiosk", 1), now=desk.at, language="ar"
    )


def press(client: Client, verb: str, ticket: Ticket | None = None, **more: str) -> str:
    """Press a button as the page shows it; returns the page that follows."""
    key = key_on(client.get(PAGE).content.decode())
    fields = {"key": key, "verb": verb, "ticket": str(ticket.pk) if ticket else "", **more}
    return client.post(f"{PAGE}act/", fields, follow=True).content.decode()


def state_of(ticket: Ticket) -> str:
    return Ticket.objects.get(pk=ticket.pk).state


def test_choice_of_counter_shows_who_is_at_which(desk: Desk) -> None:
    first = desk.client("clerk")
    page = first.get(PAGE).content.decode()
    assert page.count("Open counter") == 2
    assert 'data-key="1"' in page
    opened(desk)
    page = desk.client("second").get(PAGE).content.decode()
    assert page.count("Open counter") == 1
    assert "clerk" in page


@pytest.mark.parametrize(
    ("language", "call", "start", "finish"),
    [("en", "Call next", "Start", "Finish"), ("ar", None, None, None)],
)
def test_whole_visit_takes_three_presses(
    desk: Desk, language: str, call: str | None, start: str | None, finish: str | None
) -> None:
    ticket = walk_in(desk)
    client = opened(desk, language=language)
    steps = [("call", "called", "s", start), ("start", "serving", "f", finish)]
    page = client.get(PAGE).content.decode()
    assert 'data-key="n"' in page
    if call:
        assert call in page
    for verb, state, next_key, words in steps:
        page = press(client, verb, None if verb == "call" else ticket)
        assert state_of(ticket) == state
        assert ticket.number in page
        assert f'data-key="{next_key}"' in page
        if words:
            assert words in page
    page = press(client, "finish", ticket)
    assert state_of(ticket) == "served"
    assert 'data-key="n"' in page


def test_second_press_of_the_same_button_changes_nothing(desk: Desk) -> None:
    first, second = walk_in(desk), walk_in(desk)
    client = opened(desk)
    key = key_on(client.get(PAGE).content.decode())
    fields = {"key": key, "verb": "call", "ticket": ""}
    client.post(f"{PAGE}act/", fields)
    press(client, "start", first)
    press(client, "finish", first)
    assert client.post(f"{PAGE}act/", fields).status_code == 302
    assert state_of(second) == "waiting"
    assert History.objects.filter(subject_kind="ticket", to_state="called").count() == 1


def test_recall_twice_with_one_key_counts_once(desk: Desk) -> None:
    ticket = walk_in(desk)
    client = opened(desk)
    press(client, "call")
    desk.at += timedelta(seconds=20)
    key = key_on(client.get(PAGE).content.decode())
    fields = {"key": key, "verb": "recall", "ticket": str(ticket.pk)}
    client.post(f"{PAGE}act/", fields)
    client.post(f"{PAGE}act/", fields)
    assert Ticket.objects.get(pk=ticket.pk).calls == 2


def test_press_without_a_key_is_refused(desk: Desk) -> None:
    ticket = walk_in(desk)
    client = opened(desk)
    client.post(f"{PAGE}act/", {"verb": "call", "ticket": ""})
    assert state_of(ticket) == "waiting"


def test_nobody_waiting_is_said(desk: Desk) -> None:
    assert "Nobody is waiting for this counter." in press(opened(desk), "call")


def test_did_not_come_waits_for_enough_calls(desk: Desk, person: Person) -> None:
    appointment = desk.booked(person, local(8, 10))
    ticket = hall.check_in(appointment=appointment, actor=Actor("kiosk", 1), now=desk.at)
    desk.at = local(8, 12)
    client = opened(desk)
    page = press(client, "call")
    assert "after 1 more call" in page
    assert "disabled" in page
    assert "Call this ticket 2 times" in press(client, "miss", ticket)
    assert state_of(ticket) == "called"
    desk.at += timedelta(seconds=20)
    page = press(client, "recall", ticket)
    assert "disabled" not in page
    press(client, "miss", ticket)
    assert state_of(ticket) == "missed"
    assert Appointment.objects.get(pk=appointment.pk).state == "no_show"


def test_put_aside_and_back(desk: Desk) -> None:
    ticket = walk_in(desk)
    client = opened(desk)
    press(client, "call")
    page = press(client, "park", ticket)
    assert state_of(ticket) == "parked"
    assert "Is back" in page
    press(client, "resume", ticket)
    assert state_of(ticket) == "waiting"


def test_transfer_to_another_counter_is_called_there_only(desk: Desk) -> None:
    ticket = walk_in(desk)
    client, other = opened(desk), opened(desk, "second")
    press(client, "call")
    target = CounterSession.objects.get(staff=desk.staff["second"]).counter_id
    press(client, "transfer", ticket, target=f"counter:{target}")
    assert "Nobody is waiting" in press(client, "call")
    press(other, "call")
    assert Ticket.objects.get(pk=ticket.pk).counter_id == target


def test_transfer_to_another_centres_counter_is_refused(desk: Desk) -> None:
    ticket = walk_in(desk)
    client = opened(desk)
    press(client, "call")
    foreign = desk.world.muharraq.counters.all()[0]
    press(client, "transfer", ticket, target=f"counter:{foreign.pk}")
    assert state_of(ticket) == "called"


def test_one_clerk_cannot_act_on_the_others_visitor(desk: Desk) -> None:
    ticket = walk_in(desk)
    press(opened(desk), "call")
    press(opened(desk, "second"), "start", ticket)
    assert state_of(ticket) == "called"


def test_two_clerks_never_get_one_ticket(desk: Desk) -> None:
    tickets = [walk_in(desk), walk_in(desk)]
    one, two = opened(desk), opened(desk, "second")
    press(one, "call")
    press(two, "call")
    assert len({Ticket.objects.get(pk=ticket.pk).counter_id for ticket in tickets}) == 2


def test_close_with_a_visitor_is_refused_with_the_number(desk: Desk) -> None:
    ticket = walk_in(desk)
    client = opened(desk)
    press(client, "call")
    page = client.post(f"{PAGE}close/", follow=True).content.decode()
    assert f"Ticket {ticket.number} is still at this counter" in page
    press(client, "start", ticket)
    press(client, "finish", ticket)
    client.post(f"{PAGE}close/")
    assert not CounterSession.objects.filter(closed_at__isnull=True).exists()


def test_console_shows_what_to_ask_for_and_masks_the_number(desk: Desk, person: Person) -> None:
    appointment = desk.booked(person, local(8, 10))
    hall.check_in(appointment=appointment, actor=Actor("kiosk", 1), now=desk.at)
    client = opened(desk)
    page = press(client, "call")
    assert "Identity card" in page
    assert "08:10" in page
    assert "•••••" in page
    assert "700100000" not in page


def test_side_fragment_is_a_fragment_with_the_queue(desk: Desk) -> None:
    ticket = walk_in(desk)
    client = opened(desk)
    desk.at += timedelta(minutes=31)
    part = client.get(f"{PAGE}side/").content.decode()
    assert "<html" not in part
    assert ticket.number in part
    assert "31 minutes" in part
    assert "queue-late" in part


def test_the_last_press_is_taken_back_from_the_page(desk: Desk) -> None:
    first, second = walk_in(desk), walk_in(desk)
    client = opened(desk)
    assert "Take back" not in press(client, "start")  # nobody there yet: nothing was pressed
    assert "Take back the call of" in press(client, "call")
    press(client, "start", first)
    page = press(client, "finish_call", first)
    assert (state_of(first), state_of(second)) == ("served", "called")
    assert 'data-until="60"' in page
    press(client, "take_back")
    page = press(client, "take_back")
    assert (state_of(first), state_of(second)) == ("serving", "waiting")
    assert "Take back" not in page
    desk.at += timedelta(minutes=20)
    assert "longer than the planned" in client.get(PAGE).content.decode()


def test_finish_and_call_says_that_nobody_waits(desk: Desk) -> None:
    ticket = walk_in(desk)
    client = opened(desk)
    press(client, "call")
    press(client, "start", ticket)
    page = press(client, "finish_call", ticket)
    assert "Nobody is waiting for this counter." in page
    assert state_of(ticket) == "served"


def test_a_break_hides_the_call_and_help_is_called(desk: Desk) -> None:
    ticket = walk_in(desk)
    client = opened(desk)
    page = press(client, "break")
    assert "End the break" in page
    assert "Call next" not in page
    assert "on a break" in press(client, "call")
    assert state_of(ticket) == "waiting"
    assert "Call next" in press(client, "end_break")
    assert "A colleague is called" in press(client, "help")
    assert "Emergency: colleagues are called" in press(client, "emergency")


def test_what_was_done_is_recorded_without_personal_data(desk: Desk) -> None:
    ticket = walk_in(desk)
    client = opened(desk)
    press(client, "call")
    press(client, "start", ticket)
    given = {"service": str(ticket.offering_id), "outcome": "papers_missing"}
    page = press(client, "record", ticket, **given, note="call 3600 1234")
    assert "may hold no personal number" in page
    page = press(client, "record", ticket, **given, note="photo too old")
    assert "photo too old" in page
    passport = Offering.objects.get(centre=desk.world.dana, service__code="passport")
    assert "Then:" in press(client, "add", ticket, service=str(passport.pk))
    press(client, "finish", ticket)
    assert state_of(ticket) == "waiting"


def test_somebody_is_called_out_of_order_with_a_reason_only(desk: Desk) -> None:
    walk_in(desk)
    second = walk_in(desk)
    client = opened(desk)
    press(client, "call_ticket", second)
    assert state_of(second) == "waiting"
    press(client, "call_ticket", second, reason="Feels unwell")
    assert state_of(second) == "called"


def test_sent_to_a_colleague_and_revived_when_missed(desk: Desk) -> None:
    ticket = walk_in(desk)
    client, other = opened(desk), opened(desk, "second")
    press(client, "call")
    colleague = CounterSession.objects.get(staff__username="second").staff
    press(client, "transfer", ticket, target=f"staff:{colleague.pk}")
    assert "For you" in other.get(f"{PAGE}side/").content.decode()
    press(other, "call")
    desk.at += timedelta(seconds=20)
    press(other, "recall", ticket)
    page = press(other, "miss", ticket)
    assert "Came after all" in page
    press(other, "take_back")
    press(other, "miss", ticket)
    desk.at += timedelta(minutes=30)
    press(client, "reactivate", ticket)
    assert state_of(ticket) == "waiting"
    missed = press(client, "reactivate", ticket)
    assert "changed in the meantime" in missed
