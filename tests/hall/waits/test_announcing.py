"""What is said to waiting tickets, when it changes, and what came true of it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from hall_day import CLERK, booked, walked_in, working
from mawaeed.hall import actions
from mawaeed.hall.models import Ticket, WaitEstimate
from mawaeed.hall.topics import ticket_topic
from mawaeed.hall.waits.announcing import announce_first, refresh_waits
from mawaeed.hall.waits.queries import accuracy, wait_shown
from mawaeed.hall.waits.watching import Watch
from mawaeed.kernel import deliveries
from mawaeed.kernel.models import OutboxEvent
from small_world import TODAY, World, local, make_world

pytestmark = pytest.mark.django_db
AT = local(9)


@pytest.fixture
def world() -> World:
    return make_world(places=4, days=2)


def rows_of(ticket: Ticket) -> list[WaitEstimate]:
    return list(WaitEstimate.objects.filter(ticket=ticket).order_by("pk"))


def carry_out(now: datetime) -> None:
    while deliveries.fan_out():
        pass
    while deliveries.deliver_due(now=now):
        pass


def test_what_was_announced_first_is_shown_and_shown_again(world: World) -> None:
    working(world)
    for _ in range(3):
        walked_in(world.dana, AT)
    ticket = walked_in(world.dana, AT)
    assert wait_shown(ticket, AT, None) is None  # looking says nothing to anybody
    assert rows_of(ticket) == []
    first = wait_shown(ticket, AT, announce_first(ticket=ticket, now=AT))
    then = AT + timedelta(minutes=5)
    later = wait_shown(ticket, then, announce_first(ticket=ticket, now=then))
    (row,) = rows_of(ticket)
    assert first is not None
    assert later is not None
    assert (first.low, first.high, first.ahead, row.first) == (row.low, row.high, 3, True)
    assert 25 < first.low < 35 < first.high  # three visits of ten minutes ahead
    assert (later.by_at, later.high) == (first.by_at, first.high - 5)
    left = actions.leave(ticket=ticket, actor=CLERK, now=AT)
    assert announce_first(ticket=left, now=AT) is None
    assert wait_shown(left, AT, row) is None


def test_nobody_is_to_be_there_before_the_time_they_asked_for_is_over(world: World) -> None:
    working(world)
    ticket = walked_in(world.dana, AT)
    said = announce_first(ticket=ticket, now=AT)
    usual = wait_shown(ticket, AT, said)
    later = actions.ask_more_time(ticket=ticket, now=AT)
    shown = wait_shown(later, AT, said)
    assert usual is not None
    assert shown is not None
    assert later.not_before == shown.from_at > usual.from_at


def test_a_worker_tells_everybody_once_and_is_quiet_while_the_hall_does_as_foretold(
    world: World,
) -> None:
    working(world)
    tickets = [walked_in(world.dana, AT) for _ in range(5)]
    assert refresh_waits(centre=world.dana, now=AT) == 5
    topics = OutboxEvent.objects.filter(kind="waits_changed").values_list("topics", flat=True)
    assert " ".join(topics).split() == [ticket_topic(ticket.secret) for ticket in tickets]
    assert [
        refresh_waits(centre=world.dana, now=AT + timedelta(seconds=seconds))
        for seconds in (1, 5, 30)
    ] == [0, 0, 0]
    assert WaitEstimate.objects.filter(first=True).count() == 5


def test_a_counter_that_opens_is_the_reason_told(world: World) -> None:
    working(world)
    tickets = [walked_in(world.dana, AT) for _ in range(9)]
    refresh_waits(centre=world.dana, now=AT)
    working(world, 2, at=AT + timedelta(seconds=30))
    refresh_waits(centre=world.dana, now=AT + timedelta(seconds=40))
    first, second = rows_of(tickets[-1])
    assert (second.reason, second.first, second.high < first.high) == (
        "counter_opened",
        False,
        True,
    )


def test_the_end_of_a_break_is_the_reason_told(world: World) -> None:
    working(world)
    second_counter = working(world, 2)
    actions.start_break(counter_session=second_counter, now=AT, actor=CLERK)
    *others, last = [walked_in(world.dana, AT) for _ in range(9)]
    refresh_waits(centre=world.dana, now=AT + timedelta(minutes=1))
    back = AT + timedelta(minutes=1, seconds=20)
    actions.end_break(counter_session=second_counter, now=back, actor=CLERK)
    for ticket in others:  # much shorter at once: what is told is why
        actions.leave(ticket=ticket, actor=CLERK, now=back)
    refresh_waits(centre=world.dana, now=back + timedelta(seconds=5))
    assert [row.reason for row in rows_of(last)] == ["", "counter_opened"]


def test_the_worker_looks_again_when_something_happened_or_after_half_a_minute(
    world: World,
) -> None:
    working(world)
    walked_in(world.dana, AT)
    real = [0.0]
    watch = Watch(lambda: real[0])

    def looks_after(seconds: float) -> bool:
        real[0] += seconds
        return watch.refresh_due(AT) == [world.dana]

    assert [looks_after(0), looks_after(20), looks_after(11)] == [True, False, True]
    walked_in(world.dana, AT)
    assert [looks_after(2), looks_after(1), looks_after(29)] == [False, True, False]
    working(world, 2)  # at a counter something happened, and no ticket changed
    assert [looks_after(3), looks_after(3)] == [True, False]


def test_a_promise_that_has_run_out_is_broken_and_said_anew(world: World) -> None:
    working(world)
    ticket = walked_in(world.dana, AT)
    refresh_waits(centre=world.dana, now=AT)
    (row,) = rows_of(ticket)
    late = AT + timedelta(minutes=row.high, seconds=30)
    refresh_waits(centre=world.dana, now=late)
    first, second = rows_of(ticket)
    assert (first.kept, first.waited, second.reason) == (False, None, "slower")


def test_a_call_fills_what_came_true(world: World) -> None:
    session = working(world)
    ticket = walked_in(world.dana, AT)
    announce_first(ticket=ticket, now=AT)
    called_at = AT + timedelta(seconds=30)
    actions.call_next(counter_session=session, now=called_at, actor=CLERK)
    carry_out(called_at + timedelta(minutes=3))
    (row,) = rows_of(ticket)
    assert (row.waited, row.kept) == (0.5, True)
    found = accuracy(world.dana, TODAY)
    assert (found.tickets, found.kept_share, found.of_ten) == (1, 1.0, None)
    assert accuracy(world.muharraq, TODAY).tickets == 0


def test_a_visitor_put_aside_is_owed_nothing_of_what_was_said(world: World) -> None:
    session = working(world)
    ticket = walked_in(world.dana, AT)
    announce_first(ticket=ticket, now=AT)
    called = actions.call_next(counter_session=session, now=AT, actor=CLERK)
    assert called is not None
    WaitEstimate.objects.update(waited=None, kept=None)
    actions.park(ticket=called, actor=CLERK, now=AT)
    OutboxEvent.objects.filter(kind="ticket_called").delete()
    carry_out(AT)
    assert not WaitEstimate.objects.filter(first=True).exists()


def test_people_expected_by_appointment_lengthen_a_walk_ins_wait(world: World) -> None:
    for minutes in (10, 20, 30, 40):
        booked(AT + timedelta(minutes=minutes))
    last = []
    for centre in (world.dana, world.muharraq):
        working(world, centre=centre)
        last.append([walked_in(centre, AT) for _ in range(5)][-1])
        refresh_waits(centre=centre, now=AT)
    (among_booked,), (alone,) = map(rows_of, last)
    assert (among_booked.method, alone.method) == ("simulated", "analytic")
    assert among_booked.p50 > alone.p50 + 5
