"""Thirty counters call at once: every ticket is called once, by one of them.

And a bus load at the kiosks: no more are admitted than the day has room for.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection

from hall_day import CLERK, booked, offering_of, walked_in, working
from mawaeed.centres.models import Counter as Desk
from mawaeed.centres.models import Offering
from mawaeed.hall import actions
from mawaeed.hall.actions import changes
from mawaeed.hall.admission import require_room
from mawaeed.hall.models import CounterSession, NumberSeries, Ticket
from mawaeed.kernel.errors import DomainError
from mawaeed.kernel.models import History
from mawaeed.people.models import Role
from small_world import local, make_staff, make_world

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

NOW = local(9)
COUNTERS = 30
CROWD = 24
ROOM = 6  # one counter, the coming hour, ten minutes each


def at_once(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run every call in a thread of its own, released together; results and refusal codes."""
    barrier = threading.Barrier(len(calls))
    results: list[Any] = []

    def run(call: Callable[[], Any]) -> None:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=60)
            results.append(call())
        except DomainError as refusal:
            results.append(refusal.code)
        except Exception as error:  # noqa: BLE001 - counted, then the test fails on it
            results.append(repr(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert len(results) == len(calls)
    return results


def hall_with(tickets: int) -> list[CounterSession]:
    """A hall of thirty counters, everyone at work, and so many visitors."""
    world = make_world(places=COUNTERS, days=1)
    for index in range(tickets):
        walked_in(world.dana, local(8) + timedelta(seconds=index), priority=index % 3 == 0)
    return [working(world, number) for number in range(1, COUNTERS + 1)]


def call(session: CounterSession) -> str:
    ticket = actions.call_next(counter_session=session, now=NOW, actor=CLERK)
    return ticket.number if ticket else "nobody"


def test_thirty_counters_call_forty_tickets_each_another_one() -> None:
    sessions = hall_with(40)
    numbers = at_once([partial(call, session) for session in sessions])
    assert len(set(numbers)) == COUNTERS
    at_counters = Ticket.objects.filter(state="called").values_list("number", flat=True)
    assert sorted(at_counters) == sorted(numbers)
    assert Ticket.objects.filter(state="waiting").count() == 10
    called = History.objects.filter(subject_kind="ticket", to_state="called")
    assert called.values("subject_id").distinct().count() == called.count() == COUNTERS


def test_thirty_counters_with_ten_tickets_leave_twenty_with_nobody() -> None:
    sessions = hall_with(10)
    numbers = Counter(at_once([partial(call, session) for session in sessions]))
    assert numbers.pop("nobody") == 20
    assert sorted(numbers.values()) == [1] * 10


def test_without_the_guard_two_counters_get_one_ticket(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: the race is real, and only the conditional update decides it."""

    def unguarded(ticket: Ticket) -> dict[str, Any]:
        return {"pk": ticket.pk}

    monkeypatch.setattr(changes, "unchanged", unguarded)
    sessions = hall_with(40)
    numbers = at_once([partial(call, session) for session in sessions])
    assert len(set(numbers)) < COUNTERS


def test_one_counter_calling_ten_times_at_once_gets_one_ticket() -> None:
    session = hall_with(20)[0]
    results = Counter(at_once([partial(call, session)] * 10))
    assert results.pop("counter_busy") == 9
    assert list(results.values()) == [1]
    assert Ticket.objects.filter(state="called").count() == 1


def test_closing_and_calling_at_once_never_leaves_a_visitor_at_a_closed_counter() -> None:
    sessions = hall_with(COUNTERS)

    def close(session: CounterSession) -> str:
        actions.close_counter(counter_session=session, now=NOW)
        return "closed"

    at_once(
        [partial(call, session) for session in sessions[:15]]
        + [partial(close, session) for session in sessions[:15]]
    )
    stranded = Ticket.objects.filter(state="called").exclude(counter__work__closed_at__isnull=True)
    assert not stranded.exists()


def test_thirty_arrivals_at_once_get_thirty_numbers_in_a_row() -> None:
    world = make_world(places=30, days=1)
    offering = offering_of(world.dana)
    appointments = [booked(local(9)) for _ in range(15)]
    issue: list[Callable[[], Any]] = [
        lambda: actions.issue_walk_in(offering=offering, actor=CLERK, now=NOW, language="ar")
    ] * 15
    check: list[Callable[[], Any]] = [
        partial(actions.check_in, appointment=item, actor=CLERK, now=NOW) for item in appointments
    ]
    tickets = at_once(issue + check)
    assert sorted(ticket.number for ticket in tickets) == [f"A{n:03d}" for n in range(1, 31)]
    assert NumberSeries.objects.get().last_number == 30


def test_one_appointment_checked_in_ten_times_at_once_has_one_ticket() -> None:
    make_world(places=2, days=1)
    appointment = booked(local(9))

    def check_in() -> int:
        own = type(appointment).objects.select_related("offering", "centre").get(pk=appointment.pk)
        return actions.check_in(appointment=own, actor=CLERK, now=NOW).pk

    tickets = at_once([check_in] * 10)
    assert len(set(tickets)) == 1
    assert Ticket.objects.count() == 1


def test_one_counter_opened_by_ten_clerks_at_once_has_one() -> None:
    world = make_world(places=2, days=1)
    desk = Desk.objects.select_related("centre").get(centre=world.dana, number=1)
    clerks = [make_staff(world, f"clerk-{n}", Role.CLERK, world.dana) for n in range(10)]

    def open_it(staff: Any) -> str:
        actions.open_counter(counter=desk, staff=staff, now=NOW)
        return "opened"

    results = Counter(at_once([partial(open_it, clerk) for clerk in clerks]))
    assert results == {"opened": 1, "counter_taken": 9}


def take(offering: Offering, although_full: str = "") -> str:
    actions.issue_walk_in(
        offering=offering, actor=CLERK, now=NOW, language="ar", although_full=although_full
    )
    return "given"


def test_a_burst_is_admitted_one_by_one() -> None:
    offering = offering_of(make_world(places=1, days=1).dana)
    results = Counter(at_once([partial(take, offering)] * CROWD))
    assert results == {"given": ROOM, "walk_ins_full": CROWD - ROOM}
    assert Ticket.objects.count() == NumberSeries.objects.get().last_number == ROOM


def test_looked_at_before_ones_turn_everybody_gets_in() -> None:
    """The negative control: the same crowd, each asking before anybody has a number."""
    offering = offering_of(make_world(places=1, days=1).dana)
    asked = threading.Barrier(CROWD)

    def ask_then_take() -> str:
        require_room(offering, NOW)
        asked.wait(timeout=60)
        return take(offering, although_full="asked before")

    assert Counter(at_once([ask_then_take] * CROWD)) == {"given": CROWD}
