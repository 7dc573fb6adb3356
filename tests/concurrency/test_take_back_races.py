"""Taking back against being called elsewhere, and one press sent several times at once."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any

import pytest

from concurrency.test_calls import at_once
from hall_day import CLERK, fresh, offering_of, walked_in, working
from mawaeed.hall import actions
from mawaeed.hall.actions import calls, changes
from mawaeed.hall.models import CounterSession, Ticket
from mawaeed.kernel.models import History
from small_world import World, local, make_world

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

NOW = local(9)
PAIRS = 8


def serving(session: CounterSession) -> Ticket:
    called = actions.call_next(counter_session=session, now=NOW, actor=CLERK)
    assert called is not None
    return actions.start_service(ticket=called, actor=CLERK, now=NOW)


def between_two_services(world: World) -> list[tuple[CounterSession, Ticket, CounterSession]]:
    """Counters that just finished the first service of a ticket, and others that may call it."""
    further = offering_of(world.dana, "passport")
    found = []
    for number in range(1, PAIRS + 1):
        here, there = working(world, number), working(world, PAIRS + number)
        walked_in(world.dana, NOW)
        ticket = serving(here)
        actions.add_service(ticket=ticket, offering=further, actor=CLERK, now=NOW)
        found.append((here, ticket, there))
    for here, ticket, _ in found:
        actions.finish_service(ticket=fresh(ticket), actor=CLERK, now=NOW)
        assert here.counter_id == ticket.counter_id
    return found


def taken_and_called(world: World) -> tuple[list[int], list[int]]:
    """Which tickets were taken back, and which were called elsewhere, all at once."""
    pairs = between_two_services(world)
    back: list[int] = []
    called: list[int] = []

    def take_back(session: CounterSession) -> None:
        ticket = actions.take_back(counter_session=session, now=NOW, actor=CLERK)
        back.append(ticket.pk)

    def call(ticket: Ticket, session: CounterSession) -> None:
        called.append(calls._call(ticket, session, NOW, CLERK).pk)

    results = at_once(
        [partial(take_back, here) for here, _, _ in pairs]
        + [partial(call, fresh(ticket), there) for _, ticket, there in pairs]
    )
    assert set(results) <= {None, "stale", "next_part_called"}
    return back, called


def test_a_visitor_is_taken_back_or_called_elsewhere_never_both() -> None:
    back, called = taken_and_called(make_world(places=2 * PAIRS, days=1))
    assert sorted(back + called) == sorted(Ticket.objects.values_list("pk", flat=True))
    states = dict(Ticket.objects.values_list("pk", "state"))
    assert {states[pk] for pk in back} <= {"serving"}
    assert {states[pk] for pk in called} <= {"called"}


def test_without_the_guard_some_are_both(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: only the conditional update decides."""

    def unguarded(ticket: Ticket) -> dict[str, Any]:
        return {"pk": ticket.pk}

    monkeypatch.setattr(changes, "unchanged", unguarded)
    back, called = taken_and_called(make_world(places=2 * PAIRS, days=1))
    assert set(back) & set(called)


def test_finish_and_call_pressed_many_times_at_once_calls_one() -> None:
    world = make_world(places=1, days=1)
    session = working(world)
    for _ in range(6):
        walked_in(world.dana, NOW)
    ticket = serving(session)

    def press() -> str:
        following = actions.finish_and_call(
            ticket=ticket, counter_session=session, now=NOW, actor=CLERK
        )
        return following.number if following else "nobody"

    results = Counter(at_once([press] * 6))
    assert results == {"stale": 5, "A002": 1}
    called = History.objects.filter(subject_kind="ticket", to_state="called")
    assert called.count() == 2
