"""Sixteen counters press at once: each visitor is called once and in order, no disk waited for.

What is raced on PostgreSQL is the one statement; the controls are the same statement without one of
its guards.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections, transaction

from hall_day import CLERK, fresh, offering_of, walked_in, working
from mawaeed.hall import actions
from mawaeed.hall.actions import press
from mawaeed.hall.models import CounterSession, Ticket, TicketLeg
from mawaeed.hall.policies import rates_for
from mawaeed.hall.rules import Place, order_key
from mawaeed.hall.statement import presses
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.errors import DomainError, StillWorking
from mawaeed.kernel.models import History
from small_world import World, local, make_world

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]
on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="the statement is PostgreSQL's"
)

NOW = local(9)
COUNTERS, EACH = 16, 3
SOURCE = (Path(presses.__file__).parent / "call_first.sql").read_text()
# Of call_first.sql: the turn of whoever calls, and what the ticket must still be.
TURN = "NOT pg_try_advisory_xact_lock(hashtextextended('call:' || v_next.id, 0))"
STILL = (
    ("t.id = v_next.id AND t.state = 'waiting'", "t.id = v_next.id"),
    ("t.counter_id IS NOT DISTINCT FROM v_next.counter_id", "true"),
    ("t.calls = v_next.calls", "true"),
)


@pytest.fixture
def world() -> World:
    return make_world(places=COUNTERS, days=1)


def hall(world: World, counters: int, tickets: int) -> list[CounterSession]:
    """So many waiting, of all classes and ages, and so many counters without a visitor."""
    for index in range(tickets):
        walked_in(world.dana, local(7, 55) + timedelta(seconds=index), priority=index % 3 == 0)
    for index, ticket in enumerate(Ticket.objects.order_by("pk")):
        due_at = local(8) + timedelta(seconds=index * 97 % 59 * 60)
        Ticket.objects.filter(pk=ticket.pk).update(due_at=due_at)
    return [working(world, number) for number in range(1, counters + 1)]


def in_order(world: World) -> list[str]:
    """The numbers of all who wait, as they are to be called."""
    rates = rates_for(world.dana, NOW)
    waiting = list(Ticket.objects.filter(state="waiting"))
    waiting.sort(
        key=lambda one: order_key(Place(one.pk, one.priority_class, one.due_at), NOW, rates)
    )
    return [ticket.number for ticket in waiting]


def pressed(session: CounterSession, verb: str, key: str = "", **named: str) -> str | None:
    """Who is at the counter after the press, or the code of a refusal."""
    try:
        answer: dict[str, Any] = getattr(press, verb)(
            staff_id=session.staff_id,
            centre=session.counter.centre,
            actor=Actor("staff", session.staff_id, "api"),
            now=NOW,
            key=key or f"{verb}-{named}",
            body=named,
            **named,
        )
    except DomainError as refusal:
        return refusal.code
    return answer["ticket"] and str(answer["ticket"]["number"])


def visits(session: CounterSession, count: int) -> list[str | None]:
    """One visitor after another at one counter: all it has called, by number."""
    found = [pressed(session, "call_next_once")]
    while found[-1] and len(found) < count:
        pressed(session, "start_once", number=found[-1])
        found.append(pressed(session, "finish_and_call_once", number=found[-1]))
    return found


def at_once(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Each call in a thread of its own, released together; what they gave."""
    barrier, said = threading.Barrier(len(calls)), []

    def run(call: Callable[[], Any]) -> None:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=60)
            said.append(call())
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert len(said) == len(calls)
    return said


def while_one_is_at_it(
    first: Callable[[], Any], then: Callable[[], Any]
) -> tuple[bool, str | None]:
    """`then`, begun while the transaction of `first` is open: whether it waited, what it gave."""
    with held(first) as may_end, beside(then) as (thread, said):
        waited = _waits(thread)
        may_end.set()
    return waited, said[0]


@contextmanager
def held(call: Callable[[], Any]) -> Iterator[threading.Event]:
    """The transaction of `call` stays open until the event, or the end."""
    at_it, may_end = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            call()
            at_it.set()
            may_end.wait(timeout=60)

    with beside(hold):
        assert at_it.wait(timeout=60)
        try:
            yield may_end
        finally:
            may_end.set()


@contextmanager
def beside(call: Callable[[], Any]) -> Iterator[tuple[threading.Thread, list[Any]]]:
    """`call` goes on in another thread; it has ended afterwards."""
    said: list[Any] = []

    def run() -> None:
        try:
            said.append(call())
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    yield thread, said
    thread.join(timeout=60)
    assert not thread.is_alive()


def _waits(thread: threading.Thread) -> bool:
    """Whether somebody waits for a lock before the thread ends."""
    while thread.is_alive():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            if cursor.fetchone()[0]:
                return True
    return False


@contextmanager
def without(*parts: tuple[str, str]) -> Iterator[None]:
    """The statement with these parts of its text replaced."""
    text = SOURCE
    for part, instead in parts:
        assert text.count(part) == 1
        text = text.replace(part, instead)
    try:
        _install(text)
        yield
    finally:
        _install(SOURCE)


def _install(text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(text)


@pytest.fixture(params=["together", pytest.param("each alone", marks=on_postgresql)])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """As presses in one process are, and as those in several."""
    if request.param == "each alone":
        monkeypatch.setattr(presses, "_together", presses._alone)


@pytest.mark.usefixtures("way")
def test_everybody_is_called_once_and_in_order(world: World) -> None:
    sessions = hall(world, COUNTERS, COUNTERS * EACH + 7)
    order = in_order(world)

    by_counter = at_once([partial(visits, session, EACH) for session in sessions])

    called = [number for numbers in by_counter for number in numbers]
    assert sorted(called) == sorted(order[: COUNTERS * EACH])
    assert History.objects.filter(subject_kind="ticket", to_state="called").count() == len(called)
    # Whoever is called at one counter after somebody else was not before them in the order.
    for numbers_there in by_counter:
        assert numbers_there == sorted(numbers_there, key=order.index)


@on_postgresql
@pytest.mark.parametrize(
    ("guards_gone", "waits", "gets"),
    [
        ((), False, 1),
        # The controls: without its turn a counter waits, and without asking again it calls
        # somebody who is called already.
        (((TURN, "false"),), True, 1),
        (((TURN, "false"), *STILL), True, 0),
    ],
    ids=["guarded", "without the turn", "without asking again"],
)
def test_a_counter_waits_for_none_that_calls_and_gets_the_next(
    world: World, guards_gone: Sequence[tuple[str, str]], *, waits: bool, gets: int
) -> None:
    first, second = hall(world, 2, 12)
    order = in_order(world)

    def calls() -> str | None:
        return pressed(first, "call_next_once")

    with without(*guards_gone):
        waited, got = while_one_is_at_it(calls, lambda: pressed(second, "call_next_once"))

    assert (waited, got) == (waits, order[gets])


@on_postgresql
def test_nobody_goes_before_a_ticket_that_is_only_printed(world: World) -> None:
    [session] = hall(world, 1, 12)
    order = in_order(world)

    def prints() -> None:
        Ticket.objects.filter(number=order[0]).update(printed=1)

    waited, got = while_one_is_at_it(prints, lambda: pressed(session, "call_next_once"))

    assert (waited, got) == (True, order[0])


@on_postgresql
def test_a_service_added_in_this_moment_is_not_lost(world: World) -> None:
    [session] = hall(world, 1, 1)
    pressed(session, "call_next_once")
    pressed(session, "start_once", number="A001")

    def adds() -> None:
        passport = offering_of(world.dana, "passport")
        ticket = fresh(Ticket.objects.get())
        actions.add_service(ticket=ticket, offering=passport, actor=CLERK, now=NOW)

    waited, got = while_one_is_at_it(
        adds, lambda: pressed(session, "finish_and_call_once", number="A001")
    )

    assert (waited, got) == (True, "A001")  # for the service that was added
    done = TicketLeg.objects.order_by("position").values_list("done", flat=True)
    assert list(done) == [True, False]


@on_postgresql
def test_who_needs_what_somebody_outside_holds_keeps_nobody_waiting(world: World) -> None:
    first, second, third, fourth = hall(world, 4, 5)
    order = in_order(world)

    with held(lambda: CounterSession.objects.select_for_update().get(pk=second.pk)):
        said = in_one_group(first, second, third, fourth)

    assert said[0]["ticket"]["number"] == order[0]
    assert said[1:] == ["alone"] * 3, "those after it may need the same, and are not tried"
    assert [each["ticket"]["number"] for each in in_one_group(second, third)] == order[1:3]


@on_postgresql
def test_whoever_joins_others_has_a_link_that_answers(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    [session] = hall(world, 1, 1)
    assert session.counter.centre == world.dana  # read now: the press itself reads nothing first
    answered: list[bool] = []

    def joined(_: Any) -> None:
        answered.append(connection.is_usable())
        raise StillWorking

    monkeypatch.setattr(presses, "_together", joined)
    monkeypatch.setattr(connections["default"], "health_check_enabled", True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        cut_off(cursor.fetchone()[0])
    connections["default"].close_if_unusable_or_obsolete()  # a request begins
    monkeypatch.setattr(connections["default"], "_answered_at", float("-inf"))
    pressed(session, "start_once", number="A001")

    assert answered == [True]


def cut_off(pid: int) -> None:
    def end() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        connection.close()

    thread = threading.Thread(target=end)
    thread.start()
    thread.join()


def in_one_group(*sessions: CounterSession) -> list[Any]:
    """What becomes of calls that these counters press together."""
    asked: list[Any] = []

    def collected(press: Any) -> None:
        asked.append(press)
        raise StillWorking

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(presses, "_together", collected)
        for session in sessions:
            pressed(session, "call_next_once")
    return presses._outcomes(asked)


@pytest.mark.usefixtures("way")
def test_one_key_pressed_many_times_at_once_is_one_press(world: World) -> None:
    [session] = hall(world, 1, 5)
    order = in_order(world)
    pressed(session, "call_next_once")
    pressed(session, "start_once", number=order[0])

    said = Counter(
        at_once([lambda: pressed(session, "finish_and_call_once", "k", number=order[0])] * 8)
    )

    assert said == {order[1]: 8}
    assert History.objects.filter(subject_kind="ticket", to_state="served").count() == 1
