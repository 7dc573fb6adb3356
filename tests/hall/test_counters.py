"""Counters: who works where, whom they call, and what another centre may not."""

from __future__ import annotations

import pytest

from hall_day import CLERK, arrived, fresh, offering_of, walked_in, working
from mawaeed.centres.models import Counter, Pool
from mawaeed.hall import actions, errors, queries
from mawaeed.hall.models import CounterSession, Ticket
from mawaeed.kernel.errors import NotFound
from mawaeed.kernel.models import History
from mawaeed.people.models import Role
from small_world import World, both, local, make_staff, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world(places=2)


def call(session: CounterSession, minute: int) -> Ticket:
    ticket = actions.call_next(counter_session=session, now=local(9, minute), actor=CLERK)
    assert ticket is not None
    return ticket


def test_open_counter_twice_returns_the_same_session(world: World) -> None:
    session = working(world)
    again = actions.open_counter(counter=session.counter, staff=session.staff, now=local(8))
    assert again == session
    assert History.objects.filter(subject_kind="counter").count() == 1


def test_one_counter_has_one_clerk_and_one_clerk_one_counter(world: World) -> None:
    session = working(world, 1)
    colleague = make_staff(world, "colleague", Role.CLERK, world.dana)
    with pytest.raises(errors.CounterTaken):
        actions.open_counter(counter=session.counter, staff=colleague, now=local(8))
    second = Counter.objects.get(centre=world.dana, number=2)
    with pytest.raises(errors.AtOtherCounter):
        actions.open_counter(counter=second, staff=session.staff, now=local(8))
    assert CounterSession.objects.count() == 1


def test_counter_with_a_visitor_neither_closes_nor_calls(world: World) -> None:
    session = working(world)
    walked_in(world.dana, local(9))
    walked_in(world.dana, local(9))
    first = call(session, 5)
    for ticket in (first, actions.start_service(ticket=first, actor=CLERK, now=local(9, 6))):
        assert ticket.counter == session.counter
        with pytest.raises(errors.CounterBusy) as refused:
            actions.call_next(counter_session=session, now=local(9, 7), actor=CLERK)
        assert (refused.value.code, refused.value.data) == ("counter_busy", {"number": "A001"})
        with pytest.raises(errors.CounterBusy):
            actions.close_counter(counter_session=session, now=local(9, 7))
    session.refresh_from_db()
    assert session.closed_at is None


def test_closed_counter_calls_nobody(world: World) -> None:
    session = working(world)
    walked_in(world.dana, local(9))
    actions.close_counter(counter_session=session, now=local(9, 1))
    with pytest.raises(errors.CounterClosed):
        actions.call_next(counter_session=session, now=local(9, 2), actor=CLERK)
    closed = actions.close_counter(counter_session=session, now=local(9, 3))
    assert closed.closed_at == local(9, 1)
    states = History.objects.filter(subject_kind="counter").order_by("pk")
    assert list(states.values_list("from_state", "to_state")) == [
        ("closed", "open"),
        ("open", "closed"),
    ]


def test_calling_with_nobody_waiting_gives_none(world: World) -> None:
    assert actions.call_next(counter_session=working(world), now=local(9), actor=CLERK) is None


def test_calls_follow_the_score(world: World) -> None:
    walk_in = walked_in(world.dana, local(8, 40))
    appointment = arrived(local(8, 50))
    favoured = walked_in(world.dana, local(9), priority=True)
    session = working(world)
    order = []
    for minute in (1, 2, 3):
        ticket = call(session, minute)
        order.append(ticket)
        actions.leave(ticket=ticket, actor=CLERK, now=local(9, minute))
    assert order == [favoured, appointment, walk_in]


def test_longest_waiting_goes_first_past_the_ceiling(world: World) -> None:
    walk_in = walked_in(world.dana, local(7, 55))
    walked_in(world.dana, local(8), priority=True)
    assert call(working(world), 0) == walk_in


def test_transferred_ticket_is_passed_over_by_other_counters_and_keeps_its_turn(
    world: World,
) -> None:
    one, two = working(world, 1), working(world, 2)
    old = walked_in(world.dana, local(8, 30))
    young = walked_in(world.dana, local(8, 50))
    assert call(one, 0) == old
    actions.transfer(ticket=fresh(old), counter=two.counter, actor=CLERK, now=local(9, 1))
    moved = fresh(old)
    assert (moved.state, moved.counter, moved.due_at) == ("waiting", None, local(8, 30))
    assert call(one, 2) == young
    called = call(two, 3)
    assert (called, called.number, fresh(called).wanted_counter) == (old, "A001", None)


def test_transfer_to_another_service_changes_pool_and_keeps_number(world: World) -> None:
    pool = Pool.objects.create(centre=world.dana, code="photo", name=both("Photo"))
    passport = offering_of(world.dana, "passport")
    type(passport).objects.filter(pk=passport.pk).update(pool=pool)
    ticket = walked_in(world.dana, local(9))
    actions.transfer(
        ticket=ticket,
        offering=offering_of(world.dana, "passport"),
        actor=CLERK,
        now=local(9, 1),
    )
    moved = fresh(ticket)
    assert (moved.pool, moved.offering, moved.number) == (pool, passport, "A001")
    nobody = actions.call_next(counter_session=working(world), now=local(9, 2), actor=CLERK)
    assert nobody is None


def test_another_centre_is_out_of_reach(world: World) -> None:
    ticket = walked_in(world.dana, local(9))
    session = working(world, 1, centre=world.muharraq)
    nobody = actions.call_next(counter_session=session, now=local(9, 1), actor=CLERK)
    assert nobody is None
    with pytest.raises(NotFound):
        actions.transfer(ticket=ticket, counter=session.counter, actor=CLERK, now=local(9, 1))
    with pytest.raises(NotFound):
        actions.transfer(
            ticket=ticket, offering=offering_of(world.muharraq), actor=CLERK, now=local(9, 1)
        )
    with pytest.raises(NotFound):
        queries.ticket_of_centre(world.muharraq, ticket.pk)
    assert fresh(ticket).state == "waiting"
    assert queries.waiting_for(world.muharraq, ticket.day, local(9, 2)) == []
    assert queries.board_for(world.muharraq, ticket.day).recent == []


def test_yesterdays_ticket_is_not_called_today(world: World) -> None:
    walked_in(world.dana, local(9))
    session = working(world)
    tomorrow = actions.call_next(counter_session=session, now=local(9, days=1), actor=CLERK)
    assert tomorrow is None


def test_park_frees_the_counter_and_resume_keeps_the_due_time(world: World) -> None:
    session = working(world)
    first = walked_in(world.dana, local(8, 30))
    walked_in(world.dana, local(8, 31))
    parked = actions.park(ticket=call(session, 0), actor=CLERK, now=local(9, 1))
    assert (parked.state, parked.counter) == ("parked", None)
    second = call(session, 2)
    actions.leave(ticket=second, actor=CLERK, now=local(9, 3))
    resumed = actions.resume(ticket=fresh(parked), actor=CLERK, now=local(9, 4))
    assert (resumed.state, resumed.due_at) == ("waiting", local(8, 30))
    assert call(session, 5) == first
