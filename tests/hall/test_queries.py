"""What boards, counters and supervisors read; waits come from history."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hall_day import CLERK, arrived, fresh, offering_of, walked_in, working
from mawaeed.hall import actions, queries
from mawaeed.hall.models import CounterSession, Ticket
from mawaeed.kernel.errors import NotFound
from small_world import TODAY, World, local, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world(places=6, days=1)


def minutes(elapsed: timedelta) -> float:
    return elapsed.total_seconds() / 60


def call(session: CounterSession, minute: int) -> Ticket:
    ticket = actions.call_next(counter_session=session, now=local(9, minute), actor=CLERK)
    assert ticket is not None
    return ticket


def test_board_shows_the_newest_call_first(world: World) -> None:
    one, two = working(world, 1), working(world, 2)
    for minute in (0, 1, 2):
        walked_in(world.dana, local(9, minute))
    first, second = call(one, 5), call(two, 6)
    actions.recall(ticket=first, actor=CLERK, now=local(9, 7))
    board = queries.board_for(world.dana, TODAY)
    assert [
        (item.number, item.counter, item.called_at, item.calls) for item in board.now_called
    ] == [
        ("A001", 1, local(9, 7), 2),
        ("A002", 2, local(9, 6), 1),
    ]
    actions.leave(ticket=second, actor=CLERK, now=local(9, 8))
    call(two, 9)
    board = queries.board_for(world.dana, TODAY)
    assert [(item.number, item.state) for item in board.recent] == [
        ("A003", "called"),
        ("A001", "called"),
        ("A002", "left"),
    ]
    assert [item.number for item in board.now_called] == ["A003", "A001"]


def test_board_keeps_a_long_service_though_many_were_called_since(world: World) -> None:
    one, two = working(world, 1), working(world, 2)
    walked_in(world.dana, local(8))
    actions.start_service(ticket=call(one, 0), actor=CLERK, now=local(9))
    for minute in range(1, 6):
        walked_in(world.dana, local(9))
        actions.leave(ticket=call(two, minute), actor=CLERK, now=local(9, minute))
    board = queries.board_for(world.dana, TODAY, recent=1)
    assert [item.number for item in board.now_called] == ["A001"]
    assert [item.number for item in board.recent] == ["A006"]


def test_waiting_is_listed_in_the_order_of_calling_with_waits_from_history(world: World) -> None:
    walked_in(world.dana, local(9))
    arrived(local(9, 10), local(9, 2))
    walked_in(world.dana, local(9, 5), priority=True)
    listed = queries.waiting_for(world.dana, TODAY, local(9, 20))
    shown = [(item.ticket.number, minutes(item.waited), item.arrived_at) for item in listed]
    assert shown == [
        ("A003", 15, local(9, 5)),
        ("A001", 20, local(9)),
        ("A002", 18, local(9, 2)),
    ]


def test_serving_shows_how_long_and_whether_too_long(world: World) -> None:
    walked_in(world.dana, local(9))
    ticket = call(working(world), 1)
    actions.start_service(ticket=ticket, actor=CLERK, now=local(9, 2))
    on_time = queries.serving_now(world.dana, TODAY, local(9, 12))[0]
    assert (on_time.counter, minutes(on_time.served_for), on_time.is_long) == (1, 10, False)
    assert queries.serving_now(world.dana, TODAY, local(9, 13))[0].is_long


def test_people_ahead_counts_by_the_same_order_as_calls(world: World) -> None:
    tickets = [
        walked_in(world.dana, local(9)),
        arrived(local(9, 10), local(9, 5)),
        walked_in(world.dana, local(9, 6), priority=True),
        walked_in(world.dana, local(9, 7)),
    ]
    now = local(9, 15)
    order = [item.ticket for item in queries.waiting_for(world.dana, TODAY, now)]
    ahead = [queries.people_ahead(fresh(ticket), now) for ticket in order]
    assert sorted(order, key=lambda item: item.pk) == tickets
    assert ahead == [0, 1, 2, 3]
    called = actions.call_next(counter_session=working(world), now=now, actor=CLERK)
    assert called == order[0]
    assert queries.people_ahead(called, now) == 0


def test_ticket_by_secret_answers_until_the_day_after(world: World) -> None:
    ticket = walked_in(world.dana, local(9))
    assert queries.ticket_by_secret(ticket.secret, local(23, 59)) == ticket
    assert queries.ticket_by_secret(ticket.secret, local(23, 59, days=1)) == ticket
    with pytest.raises(NotFound):
        queries.ticket_by_secret(ticket.secret, local(0, days=2))
    with pytest.raises(NotFound):
        queries.ticket_by_secret("x" * 12, local(9))


def test_waits_from_history_equal_what_the_screens_showed(world: World) -> None:
    session = working(world)
    walked_in(world.dana, local(9))
    shown = queries.waiting_for(world.dana, TODAY, local(9, 7))[0].waited
    ticket = call(session, 7)
    ticket = actions.recall(ticket=ticket, actor=CLERK, now=local(9, 8))
    ticket = actions.start_service(ticket=ticket, actor=CLERK, now=local(9, 9))
    actions.finish_service(ticket=ticket, actor=CLERK, now=local(9, 20))
    times = queries.waits_from_history(world.dana, TODAY, local(10))
    assert len(times) == 1
    found = times[0]
    assert found.wait == shown
    assert [minutes(value) for value in (found.wait, found.way, found.service)] == [7, 2, 11]
    assert [found.issued_at, found.called_at, found.started_at, found.finished_at] == [
        local(9),
        local(9, 7),
        local(9, 9),
        local(9, 20),
    ]
    assert found.wait_after_due == timedelta(minutes=7)


def test_early_arrival_waits_from_check_in_but_owes_only_from_the_start(world: World) -> None:
    arrived(local(9), local(8, 40))
    call(working(world), 4)
    found = queries.waits_from_history(world.dana, TODAY, local(10))[0]
    assert minutes(found.wait) == 24
    assert found.wait_after_due == timedelta(minutes=4)


def test_counter_state_shows_the_visitor_and_who_waits(world: World) -> None:
    session = working(world)
    idle = queries.counter_state(session, local(9))
    assert (idle.ticket, idle.waiting, idle.parked) == (None, 0, [])
    for minute in (0, 1, 2):
        walked_in(world.dana, local(9, minute))
    parked = actions.park(ticket=call(session, 3), actor=CLERK, now=local(9, 4))
    ticket = call(session, 5)
    actions.start_service(ticket=ticket, actor=CLERK, now=local(9, 6))
    state = queries.counter_state(session, local(9, 7))
    assert (state.ticket, state.called_at, state.started_at) == (ticket, local(9, 5), local(9, 6))
    assert (state.waiting, state.parked) == (1, [parked])


def test_the_kiosk_offers_what_is_open_now(world: World) -> None:
    closed = offering_of(world.dana, "customs")
    type(closed).objects.filter(pk=closed.pk).update(walk_ins=False)
    codes = [item.service.code for item in queries.walk_in_offerings(world.dana, local(9))]
    assert codes == ["passport", "renewal"]
    assert queries.walk_in_offerings(world.dana, local(15)) == []


def fill(world: World, count: int, first_counter: int) -> None:
    for index in range(count):
        walked_in(world.dana, local(8))
        session = working(world, first_counter + index)
        ticket = call(session, 0)
        actions.start_service(ticket=ticket, actor=CLERK, now=local(9, 1))
    for _ in range(count):
        walked_in(world.dana, local(8, 30))


def queries_made(read: Callable[[], Any]) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        read()
    return len(captured)


def test_reads_cost_the_same_for_one_and_three_tickets(world: World) -> None:
    now = local(9, 5)
    reads: list[Callable[[], Any]] = [
        lambda: queries.board_for(world.dana, TODAY),
        lambda: [
            item.ticket.offering.service for item in queries.waiting_for(world.dana, TODAY, now)
        ],
        lambda: [
            item.ticket.offering.service for item in queries.serving_now(world.dana, TODAY, now)
        ],
        lambda: queries.waits_from_history(world.dana, TODAY, now),
        lambda: queries.people_ahead(Ticket.objects.order_by("pk").last(), now),  # type: ignore[arg-type]
        lambda: queries.counter_state(CounterSession.objects.get(counter__number=1), now),
        lambda: list(queries.open_sessions(world.dana)),
    ]
    fill(world, 1, 1)
    for read in reads:
        read()  # policies are read once and kept
    few = [queries_made(read) for read in reads]
    fill(world, 3, 2)
    assert [queries_made(read) for read in reads] == few


def test_board_forgets_whoever_was_sent_on_or_put_aside(world: World) -> None:
    session = working(world)
    for _ in range(2):
        walked_in(world.dana, local(9))
    actions.park(ticket=call(session, 1), actor=CLERK, now=local(9, 2))
    actions.transfer(ticket=call(session, 3), counter=session.counter, actor=CLERK, now=local(9, 4))
    board = queries.board_for(world.dana, TODAY)
    assert (board.now_called, board.recent) == ([], [])
