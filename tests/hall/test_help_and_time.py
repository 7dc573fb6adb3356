"""Calls for help, and a visitor's “I need more time”."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from hall_day import CLERK, KIOSK, events_of, fresh, walked_in, working
from mawaeed.hall import actions, errors, queries
from mawaeed.hall.models import HelpCall
from mawaeed.kernel.errors import NotFound, Stale
from mawaeed.kernel.models import OutboxEvent
from small_world import World, local, make_world

pytestmark = pytest.mark.django_db

NINE = local(9)


@pytest.fixture
def world() -> World:
    return make_world(places=2, days=1)


def test_help_is_called_once_and_answered_once(world: World) -> None:
    session = working(world)
    kiosk = actions.raise_help(centre=world.dana, kind="kiosk", actor=KIOSK, now=NINE)
    emergency: dict[str, Any] = {
        "centre": world.dana,
        "kind": "emergency",
        "counter": session.counter,
    }
    urgent = actions.raise_help(**emergency, actor=CLERK, now=local(9, 1))
    assert actions.raise_help(**emergency, actor=CLERK, now=local(9, 2)) == urgent
    assert list(queries.open_help_calls(world.dana)) == [urgent, kiosk]
    assert not queries.open_help_calls(world.muharraq).exists()

    answered = actions.answer_help(help_call=urgent, staff=session.staff, now=local(9, 3))

    assert (answered.answered_at, answered.answered_by) == (local(9, 3), session.staff)
    with pytest.raises(Stale):
        actions.answer_help(help_call=urgent, staff=session.staff, now=local(9, 4))
    assert list(queries.open_help_calls(world.dana)) == [kiosk]
    told = OutboxEvent.objects.filter(subject_kind="help_call").order_by("pk")
    assert [(event.kind, event.payload) for event in told] == [
        ("help_raised", {"kind": "kiosk"}),
        ("help_raised", {"kind": "emergency", "counter": 1}),
        ("help_answered", {"kind": "emergency", "counter": 1}),
    ]
    assert {event.topics for event in told} == {"hall:dana"}


def test_nobody_calls_for_help_at_another_centres_counter(world: World) -> None:
    elsewhere = working(world, centre=world.muharraq).counter
    with pytest.raises(NotFound):
        actions.raise_help(
            centre=world.dana, kind="counter", counter=elsewhere, actor=CLERK, now=NINE
        )
    assert not HelpCall.objects.exists()


def test_more_time_is_given_twice_and_adds_up(world: World) -> None:
    ticket = walked_in(world.dana, NINE)
    once = actions.ask_more_time(ticket=ticket, now=local(9, 2))
    assert once.not_before == local(9, 7)
    with pytest.raises(Stale):  # the same press again, from the page shown before
        actions.ask_more_time(ticket=ticket, now=local(9, 2))
    twice = actions.ask_more_time(ticket=once, now=local(9, 3))
    assert twice.not_before == local(9, 7) + timedelta(minutes=5)
    with pytest.raises(errors.NoMoreTime) as refused:
        actions.ask_more_time(ticket=twice, now=local(9, 4))
    assert refused.value.data == {"times": 2}
    assert fresh(ticket).due_at == NINE
    assert events_of(ticket).count("more_time_asked") == 2
