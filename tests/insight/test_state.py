"""The supervisor's sentence, arrivals by quarter hour, and samples that obey Little's law."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from hall_day import CLERK, arrived, booked, walked_in, working
from mawaeed.hall import actions
from mawaeed.hall import queries as hall
from mawaeed.hall.models import CounterSession, Ticket
from mawaeed.insight.queries import HallState, quarters_of, sentence, state_of
from mawaeed.insight.sampling import Sample, littles_law, sample
from mawaeed.kernel.models import PolicyValue
from mawaeed.kernel.policies import forget_policies
from small_world import TODAY, World, local, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world(places=3, days=1)


def call(session: CounterSession, now: datetime) -> Ticket:
    ticket = actions.call_next(counter_session=session, now=now, actor=CLERK)
    assert ticket is not None
    return ticket


def english(state: HallState) -> str:
    with translation.override("en"):
        return sentence(state)


def test_state_counts_the_hall(world: World) -> None:
    one, two = working(world, 1), working(world, 2)
    for minute in range(5):
        walked_in(world.dana, local(9, minute))
    walked_in(world.muharraq, local(9))
    actions.start_service(ticket=call(one, local(9, 5)), actor=CLERK, now=local(9, 6))
    actions.park(ticket=call(two, local(9, 6)), actor=CLERK, now=local(9, 7))
    call(two, local(9, 8))
    state = state_of(world.dana, local(9, 13))
    assert (state.waiting, state.serving, state.called, state.parked) == (2, 1, 1, 1)
    assert state.longest_wait == timedelta(minutes=10)
    assert (state.counters_open, state.counters_total, state.counters_closed) == (2, 3, 1)
    assert english(state) == "2 waiting, longest 10 minutes, 1 counter closed"


def test_sentence_of_an_empty_hall(world: World) -> None:
    state = state_of(world.dana, local(9))
    assert english(state) == "Nobody is waiting, 3 counters closed"
    for number in (1, 2, 3):
        working(world, number)
    assert english(state_of(world.dana, local(9))) == "Nobody is waiting, all counters open"


def test_quarters_show_arrivals_bookings_and_capacity(world: World) -> None:
    booked(local(9))
    arrived(local(9, 10), local(9, 16))
    walked_in(world.dana, local(9, 14))
    walked_in(world.muharraq, local(9, 14))
    quarters = quarters_of(world.dana, TODAY)
    assert (quarters[0].starts_at, quarters[-1].starts_at) == (local(7), local(13, 45))
    # Three counters for fifteen minutes, fifteen minutes a visitor on average (10, 15, 20).
    assert {item.capacity for item in quarters} == {3.0}
    shown = [(item.starts_at, item.arrivals, item.booked) for item in quarters[8:10]]
    assert shown == [(local(9), 1, 2), (local(9, 15), 1, 0)]


def test_quarters_of_a_closed_day_are_empty(world: World) -> None:
    assert quarters_of(world.dana, TODAY + timedelta(days=3)) == []


def test_state_costs_the_same_for_one_and_three_tickets(world: World) -> None:
    def made() -> int:
        with CaptureQueriesContext(connection) as captured:
            state_of(world.dana, local(9, 30))
        return len(captured)

    walked_in(world.dana, local(9))
    made()
    one = made()
    for _ in range(2):
        walked_in(world.dana, local(9))
    assert made() == one


def test_minute_samples_equal_arrivals_times_mean_wait(world: World) -> None:
    """Little's law over a morning: what the supervisor saw is what history says."""
    # More come than the rest of the day has room for: here nobody is turned away.
    PolicyValue.objects.create(key="hall.walk_in_limit", value=False, effective_from=local(0))
    forget_policies()
    step = timedelta(seconds=30)
    chance = Random(7)
    sessions = [working(world, number) for number in (1, 2, 3)]
    busy: dict[int, tuple[Ticket, datetime]] = {}
    arrivals = sorted(local(8) + chance.randrange(120) * timedelta(minutes=1) for _ in range(60))
    moment, samples = local(8), list[Sample]()
    while arrivals or busy or Ticket.objects.filter(state="waiting").exists():
        while arrivals and arrivals[0] <= moment:
            walked_in(world.dana, arrivals.pop(0))
        for session in sessions:
            serve(session, busy, moment, chance)
        samples.append(sample(world.dana, moment))
        moment += step
    times = hall.waits_from_history(world.dana, TODAY, moment)
    law = littles_law(samples, times, moment - local(8))
    assert len(times) == 60
    assert law.mean_waiting > 1
    assert law.difference < 0.01


def serve(
    session: CounterSession,
    busy: dict[int, tuple[Ticket, datetime]],
    moment: datetime,
    chance: Random,
) -> None:
    if session.pk in busy:
        ticket, until = busy[session.pk]
        if moment < until:
            return
        actions.finish_service(ticket=ticket, actor=CLERK, now=moment)
        del busy[session.pk]
    called = actions.call_next(counter_session=session, now=moment, actor=CLERK)
    if called is not None:
        started = actions.start_service(ticket=called, actor=CLERK, now=moment)
        busy[session.pk] = (started, moment + timedelta(minutes=chance.randint(4, 12)))


def test_sample_counts_states(world: World) -> None:
    session = working(world)
    for _ in range(3):
        walked_in(world.dana, local(9))
    call(session, local(9, 1))
    taken = sample(world.dana, local(9, 2))
    assert taken == Sample(
        at=local(9, 2), waiting=2, called=1, serving=0, parked=0, issued=3, counters_open=1
    )
