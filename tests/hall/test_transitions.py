"""The whole matrix: every state × every verb; and who is first wins."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from hall_day import CLERK, arrived, events_of, fresh, rows_of, state_of_appointment, working
from mawaeed.booking.models import Appointment
from mawaeed.conduct.models import Event
from mawaeed.hall import actions
from mawaeed.hall.actions import calls, moves
from mawaeed.hall.models import CounterSession, Ticket
from mawaeed.hall.rules import STATES, TICKET_TRANSITIONS, VERBS
from mawaeed.kernel.errors import Stale
from mawaeed.kernel.models import History, OutboxEvent
from small_world import World, local, make_world

pytestmark = pytest.mark.django_db

EARLY = local(9, 1)
NOON = local(9, 5)
PAUSE = timedelta(seconds=20)  # between two calls
LATE = local(9, 31)  # half an hour and a minute after the booked start

# Parts of a ticket, and what is taken back, depend on more than the state: beside this.
PLAIN = [verb for verb in VERBS if verb != "finish_leg" and not verb.startswith("take_back")]


@pytest.fixture
def world() -> World:
    return make_world(places=2, days=1)


@pytest.fixture
def session(world: World) -> CounterSession:
    return working(world, 1)


@pytest.fixture
def other_session(world: World) -> CounterSession:
    return working(world, 2)


def in_state(state: str, session: CounterSession, called_at: datetime = EARLY) -> Ticket:
    """A ticket brought into `state` by the actions themselves, called twice on the way."""
    ticket = arrived(local(9), local(8, 50))
    more: dict[str, Any] = {"actor": CLERK, "now": called_at}
    if state in ("called", "serving", "parked", "served", "missed"):
        called = actions.call_next(counter_session=session, **more)
        assert called == ticket
        ticket = actions.recall(ticket=called, actor=CLERK, now=called_at + PAUSE)
    if state in ("serving", "served"):
        ticket = actions.start_service(ticket=ticket, **more)
    end: dict[str, Callable[..., Ticket]] = {
        "parked": actions.park,
        "served": actions.finish_service,
        "missed": actions.mark_missed,
        "left": actions.leave,
        "cancelled": actions.cancel_ticket,
    }
    return fresh(end[state](ticket=ticket, **more) if state in end else ticket)


def act(verb: str, ticket: Ticket, other: CounterSession, now: datetime = NOON) -> Ticket:
    more: dict[str, Any] = {"ticket": ticket, "actor": CLERK, "now": now}
    if verb == "call":
        return calls._call(ticket, other, now, CLERK)
    if verb == "transfer":
        return actions.transfer(counter=other.counter, **more)
    if verb == "more_time":
        return actions.ask_more_time(ticket=ticket, now=now)
    verbs: dict[str, Callable[..., Ticket]] = {
        "recall": actions.recall,
        "start": actions.start_service,
        "finish": actions.finish_service,
        "miss": actions.mark_missed,
        "excuse": actions.mark_missed,
        "park": actions.park,
        "resume": actions.resume,
        "reactivate": actions.reactivate,
        "leave": actions.leave,
        "close": moves.close_ticket,
        "cancel": actions.cancel_ticket,
    }
    return verbs[verb](**more)


def everything() -> list[Any]:
    return [
        list(model._default_manager.order_by("pk").values())
        for model in (Ticket, Appointment, History, OutboxEvent, Event, CounterSession)
    ]


@pytest.mark.parametrize("verb", PLAIN)
@pytest.mark.parametrize("state", STATES)
def test_matrix(
    state: str, verb: str, session: CounterSession, other_session: CounterSession
) -> None:
    called_at = LATE if verb == "excuse" and state == "called" else EARLY
    ticket = in_state(state, session, called_at)
    before = everything()
    rows, events = rows_of(ticket), events_of(ticket)
    target = TICKET_TRANSITIONS.get((state, verb))
    if target is None:
        with pytest.raises(Stale):
            act(verb, ticket, other_session, LATE)
        assert everything() == before
        return
    changed = act(verb, ticket, other_session, LATE)
    assert changed.state == target
    assert fresh(ticket).state == target
    assert rows_of(ticket) == [*rows, (state, target)]
    assert len(events_of(ticket)) == len(events) + 1


@pytest.mark.parametrize(
    ("state", "verb"), [pair for pair in sorted(TICKET_TRANSITIONS) if pair[1] in PLAIN]
)
def test_a_change_on_an_old_copy_is_stale_and_undoes_what_it_began(
    state: str, verb: str, session: CounterSession, other_session: CounterSession
) -> None:
    called_at = LATE if verb == "excuse" else EARLY
    ticket = in_state(state, session, called_at)
    Ticket.objects.filter(pk=ticket.pk).update(state="cancelled", counter=None)
    before = everything()
    with pytest.raises(Stale):
        act(verb, ticket, other_session, LATE)
    assert everything() == before


def test_a_ticket_sent_on_and_called_there_is_not_started_at_the_old_counter(
    session: CounterSession, other_session: CounterSession
) -> None:
    ticket = calls._call(in_state("waiting", session), session, NOON, CLERK)
    sent = actions.transfer(ticket=ticket, counter=other_session.counter, actor=CLERK, now=NOON)
    calls._call(sent, other_session, NOON, CLERK)
    with pytest.raises(Stale):
        actions.start_service(ticket=ticket, actor=CLERK, now=NOON)


def test_a_waiting_ticket_sent_elsewhere_in_this_moment_is_not_called_here(
    session: CounterSession, other_session: CounterSession
) -> None:
    ticket = in_state("waiting", session)
    actions.transfer(ticket=ticket, counter=other_session.counter, actor=CLERK, now=NOON)
    with pytest.raises(Stale):
        calls._call(ticket, session, NOON, CLERK)


def test_two_recalls_of_one_call_count_once(session: CounterSession) -> None:
    ticket = in_state("called", session)
    actions.recall(ticket=ticket, actor=CLERK, now=NOON)
    with pytest.raises(Stale):
        actions.recall(ticket=ticket, actor=CLERK, now=NOON + PAUSE)
    assert fresh(ticket).calls == ticket.calls + 1


def test_the_ticket_passed_in_stays_as_it_was_read(session: CounterSession) -> None:
    ticket = in_state("called", session)
    started = actions.start_service(ticket=ticket, actor=CLERK, now=NOON)
    assert (ticket.state, started.state) == ("called", "serving")
    assert state_of_appointment(ticket.appointment) == "checked_in"
