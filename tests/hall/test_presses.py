"""The one statement of a press and the plain path: the same answers, refusals and rows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from hall.press_scene import (
    AT,
    Scene,
    Situation,
    before_the_plain_path,
    compare,
    opened,
    rolled_back,
    rows,
)
from hall.press_situations import FOR_THE_PLAIN_PATH, ORDINARY, and_others_wait, closed
from hall_day import CLERK, offering_of
from mawaeed.centres.models import Counter, Pool
from mawaeed.hall import actions as hall
from mawaeed.hall.actions import press
from mawaeed.hall.models import (
    CounterBreak,
    CounterSession,
    Ticket,
)
from mawaeed.hall.policies import rates_for
from mawaeed.hall.rules import CLASSES, Place, order_key
from mawaeed.hall.statement import presses
from mawaeed.kernel.identifiers import new_token
from mawaeed.kernel.models import IdempotencyKey
from small_world import TODAY, both
from tables_read import none_read_through

needs_statement = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="the statement is PostgreSQL's"
)


@pytest.fixture
def scene(db: None) -> Scene:
    return opened()


def named(value: Any) -> str:
    return value.__name__ if callable(value) else ""


@needs_statement
@pytest.mark.parametrize(("situation", "called"), ORDINARY, ids=named)
def test_an_ordinary_press_leaves_what_the_plain_path_leaves(
    scene: Scene, situation: Situation, called: str | None
) -> None:
    situation(scene)
    [answer], in_one_statement = compare(scene, "finish_and_call_once")
    assert in_one_statement
    assert (answer["ticket"] or {}).get("number") == called


@needs_statement
@pytest.mark.parametrize(("situation", "refusal"), FOR_THE_PLAIN_PATH, ids=named)
def test_what_is_not_ordinary_is_left_to_the_plain_path(
    scene: Scene, situation: Situation, refusal: str
) -> None:
    situation(scene)
    before = rows()
    then: list[dict[str, list[Any]]] = []
    with pytest.MonkeyPatch.context() as patch:
        before_the_plain_path(patch, lambda: then.append(rows()))
        [answer] = scene.press("finish_and_call_once")
    assert then == [before], "the statement wrote something"
    assert refusal == (answer[0] if isinstance(answer, tuple) else "")


@needs_statement
def test_a_repeat_is_answered_as_first_and_another_body_refused(scene: Scene) -> None:
    and_others_wait(scene)
    scene.keys = ("k", "k")
    (first, again), _ = compare(scene, "finish_and_call_once")
    assert first == again
    scene.keys, scene.bodies = ("k",), ("", "other")
    (_, refused), _ = compare(scene, "finish_and_call_once")
    assert refused == ("key_reused", {})


@needs_statement
def test_a_service_begins_alike(scene: Scene) -> None:
    hall.call_ticket(
        counter_session=scene.session, ticket=scene.waits(0), reason="x", now=AT, actor=CLERK
    )
    [answer], in_one_statement = compare(scene, "start_once")
    assert (answer["ticket"]["state"], in_one_statement) == ("serving", True)
    scene.number = "A002"
    assert compare(scene, "start_once") == ([("stale", {})], False)


@needs_statement
def test_a_free_counter_calls_alike(scene: Scene) -> None:
    and_others_wait(scene)
    assert compare(scene, "call_next_once") == ([("counter_busy", {"number": "A001"})], False)
    Ticket.objects.filter(number="A001").update(state="served")
    [answer], in_one_statement = compare(scene, "call_next_once")
    assert (answer["ticket"]["number"], in_one_statement) == ("A004", True)
    Ticket.objects.filter(state="waiting").delete()
    assert compare(scene, "call_next_once") == (
        [{"counter": 1, "open": True, "ticket": None}],
        True,
    )
    on_break = CounterBreak.objects.create(counter_session=scene.session, began_at=AT)
    assert compare(scene, "call_next_once") == ([("on_break", {})], False)
    on_break.delete()
    closed(scene)
    assert compare(scene, "call_next_once") == ([("counter_closed", {})], False)


@needs_statement
def test_presses_that_come_together_leave_what_each_alone_leaves(scene: Scene) -> None:
    and_others_wait(scene)

    found = []
    for together in (True, False):
        with rolled_back():
            said = four_presses(scene, only_ask=together)
            found.append((presses._outcomes(said) if together else said, rows()))
    (outcomes, left), (alone, left_alone) = found
    assert outcomes == [alone[0], None, alone[2], None]
    assert [each and each["ticket"]["number"] for each in outcomes] == ["A004", None, "A003", None]
    assert left == left_alone


def four_presses(scene: Scene, *, only_ask: bool) -> list[Any]:
    """Call, a ticket that is not there, finish and call, and that again: answers, or what is asked.

    A refusal is None.
    """
    other = CounterSession.objects.exclude(pk=scene.session.pk).get()
    found: list[Any] = []
    with pytest.MonkeyPatch.context() as patch:
        if only_ask:
            patch.setattr(presses, "_alone", found.append)
            patch.setattr(press, "once", lambda **_: None)
        for session, verb, number in (
            (other, "call_next_once", "A001"),
            (scene.session, "start_once", "A009"),
            (scene.session, "finish_and_call_once", "A001"),
            (scene.session, "finish_and_call_once", "A001"),
        ):
            scene.session, scene.number, scene.keys = session, number, (verb,)
            said = scene.press(verb)
            if not only_ask:
                found.append(said[0] if isinstance(said[0], dict) else None)
    return found


@needs_statement
def test_a_small_table_is_not_read_through(scene: Scene) -> None:
    and_others_wait(scene)
    asked = four_presses(scene, only_ask=True)

    with none_read_through():
        presses._outcomes(asked)


# Whom a hall drawn at random calls, one after another, against a sort of everybody.

HERE, CLERK_HERE, AT_WORK, CLERK_AT_WORK, SHUT, CLERK_AWAY = range(1, 7)
OTHERS = (AT_WORK, CLERK_AT_WORK)
visitors = st.tuples(
    st.sampled_from(CLASSES),
    st.integers(-20, 75).map(lambda minutes: timedelta(minutes=minutes))
    | st.integers(0, 4_000_000_000).map(lambda length: timedelta(microseconds=length)),
    st.sampled_from([None, None, None, -1, 0, 1]),  # seconds until they may come
    st.sampled_from([0, 0, 0, HERE, CLERK_HERE, *OTHERS, SHUT, CLERK_AWAY]),
    st.sampled_from([True, True, True, False]),  # of the counter's pool
)


@pytest.mark.django_db
class AnyHall(TestCase):
    """Drawn halls, by whichever way this database takes."""

    scene: Scene

    @classmethod
    def setUpTestData(cls) -> None:
        cls.scene = opened()

    @settings(max_examples=25, deadline=None)
    @given(st.lists(visitors, max_size=12))
    def test_everybody_is_called_in_the_order_of_a_sort(self, drawn: list[Any]) -> None:
        scene, tickets = self.scene, fill(self.scene, drawn)
        called = []
        for turn in range(len(drawn) + 1):
            scene.keys = (f"k{turn}",)
            [answer] = scene.press("call_next_once")
            if answer["ticket"] is None:
                break
            called.append(answer["ticket"]["number"])
            Ticket.objects.filter(number=called[-1]).update(state="served")
        rates = rates_for(scene.world.dana, AT)
        mine = [
            ticket
            for ticket, (_, _, wait, sent, own) in zip(tickets, drawn, strict=True)
            if (wait is None or wait <= 0)
            and (sent in {HERE, CLERK_HERE} or (own and sent not in OTHERS))
        ]
        mine.sort(
            key=lambda one: order_key(Place(one.pk, one.priority_class, one.due_at), AT, rates)
        )
        assert called == [ticket.number for ticket in mine]


def fill(scene: Scene, drawn: list[Any]) -> list[Ticket]:
    """The drawn visitors wait; who was there before is gone."""
    Ticket.objects.all().delete()
    IdempotencyKey.objects.all().delete()
    here, at_work = CounterSession.objects.order_by("counter__number")
    shut = Counter.objects.get(centre=scene.world.dana, number=3)
    away, _ = type(here.staff).objects.get_or_create(username="away")
    sent: dict[int, dict[str, Any]] = {
        0: {},
        HERE: {"wanted_counter": here.counter},
        CLERK_HERE: {"wanted_staff": here.staff},
        AT_WORK: {"wanted_counter": at_work.counter},
        CLERK_AT_WORK: {"wanted_staff": at_work.staff},
        SHUT: {"wanted_counter": shut},
        CLERK_AWAY: {"wanted_staff": away},
    }
    other, _ = Pool.objects.get_or_create(
        centre=scene.world.dana, code="other", defaults={"name": both("Other")}
    )
    offering = offering_of(scene.world.dana)
    return Ticket.objects.bulk_create(
        Ticket(
            agency=scene.world.agency,
            centre=scene.world.dana,
            day=TODAY,
            group=offering.group,
            number=f"B{index}",
            secret=new_token(9),
            offering=offering,
            pool=scene.world.dana_pool if own else other,
            priority_class=name,
            due_at=AT - waited,
            not_before=None if wait is None else AT + timedelta(seconds=wait),
            created_at=AT,
            **sent[to],
        )
        for index, (name, waited, wait, to, own) in enumerate(drawn)
    )
