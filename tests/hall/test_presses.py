"""The one statement of a press and the plain path: the same answers, refusals and rows.

Both are played from the same situation, each in a transaction of its own that is rolled back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from hall_day import CLERK, arrived, fresh, offering_of, walked_in, working
from mawaeed.availability.models import CounterAbsence
from mawaeed.booking import actions as booking
from mawaeed.booking.legs import Wanted
from mawaeed.booking.models import Appointment
from mawaeed.centres.models import Counter, Pool
from mawaeed.conduct.models import Block, Event, Standing
from mawaeed.hall import actions as hall
from mawaeed.hall.actions import press
from mawaeed.hall.actions.profiles import assign_profile, save_profile
from mawaeed.hall.conditions import read_conditions
from mawaeed.hall.models import (
    CounterBreak,
    CounterSession,
    NumberSeries,
    Ticket,
    TicketLeg,
)
from mawaeed.hall.policies import rates_for
from mawaeed.hall.rules import CLASSES, Place, order_key
from mawaeed.kernel.actor import SYSTEM, Actor
from mawaeed.kernel.errors import DomainError
from mawaeed.kernel.idempotency import once
from mawaeed.kernel.identifiers import new_token
from mawaeed.kernel.models import History, IdempotencyKey, OutboxEvent, PolicyValue
from mawaeed.kernel.policies import forget_policies
from small_world import NOW as BOOKED
from small_world import TODAY, World, both, local, make_person, make_world

AT = local(9)
TABLES: tuple[Any, ...] = (
    *(Ticket, TicketLeg, CounterSession, CounterBreak, NumberSeries, Appointment, Standing),
    *(Event, Block, History, OutboxEvent, IdempotencyKey),
)
# Given anew by each play: numbers of rows, and the real time at which a key was kept.
BY_CHANCE = {
    History: {"id"},
    OutboxEvent: {"id"},
    Event: {"id"},
    Standing: {"id"},
    IdempotencyKey: {"id", "created_at"},
}

needs_statement = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="the statement is PostgreSQL's"
)


@dataclass
class Scene:
    """The small world with somebody at counter 1, and what they press."""

    world: World
    session: CounterSession
    number: str = "A001"
    keys: Sequence[str] = ("k",)
    bodies: Sequence[str] = ("",)
    at: datetime = AT

    def waits(self, minute: int, **more: Any) -> Ticket:
        """Somebody without appointment came at 08:`minute`."""
        return walked_in(self.world.dana, local(8, minute), **more)

    def serve(self, ticket: Ticket) -> Ticket:
        """The visitor is being served at counter 1."""
        called = hall.call_ticket(
            counter_session=self.session, ticket=fresh(ticket), reason="x", now=AT, actor=CLERK
        )
        return hall.start_service(ticket=called, actor=CLERK, now=AT)

    def press(self, verb: str) -> list[Any]:
        """What each press was answered or refused."""
        return [self._once(verb, key, body) for key in self.keys for body in self.bodies]

    def _once(self, verb: str, key: str, body: str) -> Any:
        named = {} if verb == "call_next_once" else {"number": self.number}
        try:
            return getattr(press, verb)(
                staff_id=self.session.staff_id,
                centre=self.world.dana,
                actor=Actor("staff", self.session.staff_id, "api"),
                now=self.at,
                key=key,
                body={"path": "/x", "body": body},
                **named,
            )
        except DomainError as refusal:
            return refusal.code, dict(refusal.data)


Situation = Callable[[Scene], None]


@pytest.fixture
def scene(db: None) -> Scene:
    return opened()


def opened() -> Scene:
    """Four counters; the first is ours, the second is at work too."""
    world = make_world(places=4, days=1)
    scene = Scene(world, working(world, 1))
    working(world, 2)
    return scene


@contextmanager
def rolled_back() -> Iterator[None]:
    with transaction.atomic():
        point = transaction.savepoint()
        yield
        with connection.cursor() as cursor:  # what a commit would refuse
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        transaction.savepoint_rollback(point)


def rows() -> dict[str, list[Any]]:
    found = {}
    for model in TABLES:
        names = [each.attname for each in model._meta.concrete_fields]
        kept = [name for name in names if name not in BY_CHANCE.get(model, ())]
        values = [dict(row) for row in model.objects.order_by("pk").values(*kept)]
        for row in values:
            if row.get("subject_kind") == "conduct_event":
                row["subject_id"] = None
        found[model.__name__] = values
    return found


def play(scene: Scene, verb: str, *, plain: bool) -> tuple[list[Any], dict[str, list[Any]], bool]:
    """Answers, all rows afterwards, and whether the plain path was asked; nothing stays."""
    plainly: list[bool] = []
    with rolled_back(), pytest.MonkeyPatch.context() as patch:
        if plain:
            patch.setattr(press, "is_possible", lambda: False)
        before_the_plain_path(patch, lambda: plainly.append(True))
        return scene.press(verb), rows(), bool(plainly)


def before_the_plain_path(patch: pytest.MonkeyPatch, note: Callable[[], None]) -> None:
    """Let `note` be called whenever the plain path is asked."""

    def asked(**given: Any) -> dict[str, Any]:
        note()
        return once(**given)

    patch.setattr(press, "once", asked)


def compare(scene: Scene, verb: str) -> tuple[list[Any], bool]:
    """Both ways; they must agree. The answers, and whether one statement gave them."""
    answers, left, plainly = play(scene, verb, plain=False)
    plain_answers, plain_left, asked = play(scene, verb, plain=True)
    assert asked
    assert answers == plain_answers
    for name, found in left.items():
        assert found == plain_left[name], name
    return answers, not plainly


# Who is served at the counter.


def a_stranger(scene: Scene) -> None:
    scene.serve(scene.waits(0))


def a_known_person(scene: Scene) -> None:
    scene.serve(scene.waits(0, person=make_person(1)))


def with_an_appointment(scene: Scene) -> None:
    scene.serve(arrived(local(8, 30), local(8, 20)))


def and_others_wait(scene: Scene) -> None:
    a_stranger(scene)
    for minute in (30, 20, 40):
        scene.waits(minute, priority=minute == 40)
    arrived(local(8, 50), local(8, 45))


def whoever_was_told_a_time_is_over(scene: Scene) -> None:
    """Past the ceiling: before everybody, even those with more points."""
    and_others_wait(scene)
    Ticket.objects.filter(number="A002").update(due_at=AT - timedelta(minutes=60, seconds=1))


def exactly_at_the_ceiling(scene: Scene) -> None:
    and_others_wait(scene)
    Ticket.objects.filter(number="A002").update(due_at=AT - timedelta(minutes=60))


def by_other_rates(scene: Scene) -> None:
    and_others_wait(scene)
    for name, value in (("rate_walk_in", 7), ("credit_priority", 0.5), ("ceiling_minutes", 31)):
        PolicyValue.objects.create(
            key=f"hall.{name}",
            scope_kind="centre",
            scope_id=scene.world.dana.pk,
            value=value,
            effective_from=BOOKED - timedelta(days=1),
        )
    forget_policies()


def _sent(ticket: Ticket, **to: Any) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(**to)


def sent_here_from_another_pool(scene: Scene) -> None:
    a_stranger(scene)
    pool = Pool.objects.create(centre=scene.world.dana, code="other", name=both("Other"))
    scene.waits(50)
    _sent(scene.waits(10), wanted_counter=scene.session.counter, pool=pool)


def sent_to_this_clerk(scene: Scene) -> None:
    a_stranger(scene)
    scene.waits(50)
    _sent(scene.waits(10), wanted_staff=scene.session.staff)


def sent_to_a_counter_at_work(scene: Scene) -> None:
    a_stranger(scene)
    scene.waits(50)
    _sent(scene.waits(10), wanted_counter=Counter.objects.get(centre__code="dana", number=2))


def sent_to_a_closed_counter(scene: Scene) -> None:
    a_stranger(scene)
    scene.waits(50)
    _sent(scene.waits(10), wanted_counter=Counter.objects.get(centre__code="dana", number=3))


def some_asked_for_more_time(scene: Scene) -> None:
    a_stranger(scene)
    _sent(scene.waits(10), not_before=AT + timedelta(seconds=1), more_time_used=1)
    _sent(scene.waits(20), not_before=AT, more_time_used=1)
    scene.waits(30)


def called_before_and_sent_on(scene: Scene) -> None:
    a_stranger(scene)
    _sent(scene.waits(10), calls=3)


def the_counter_is_lent(scene: Scene) -> None:
    a_stranger(scene)
    scene.waits(10)
    helped = Pool.objects.create(centre=scene.world.dana, code="other", name=both("Other"))
    _sent(scene.waits(30), pool=helped)
    CounterAbsence.objects.create(
        counter=scene.session.counter,
        from_pool=scene.world.dana_pool,
        to_pool=helped,
        starts_at=AT,
        ends_at=AT + timedelta(hours=1),
        reason="x",
    )


def no_limit_row_yet(scene: Scene) -> None:
    a_known_person(scene)
    Standing.objects.all().delete()


def with_strikes(scene: Scene) -> None:
    """A run of missed tickets, older ones, which attending ends and does not take back."""
    with_an_appointment(scene)
    person = Ticket.objects.get().person
    assert person is not None
    Event.objects.create(person=person, kind="missed", at=BOOKED, recorded_at=BOOKED, centre_id=1)


def on_record_already(scene: Scene) -> None:
    with_an_appointment(scene)
    ticket = Ticket.objects.get()
    assert ticket.person is not None
    Event.objects.create(
        person=ticket.person,
        kind="attended",
        at=BOOKED,
        recorded_at=BOOKED,
        appointment_id=ticket.appointment_id,
    )


def at_a_centre_west_of_utc(scene: Scene) -> None:
    and_others_wait(scene)
    type(scene.world.dana).objects.update(timezone="America/St_Johns")
    scene.world.dana.timezone = "America/St_Johns"
    Ticket.objects.update(due_at=AT - timedelta(milliseconds=1))


# What the statement leaves to the plain path.


def another_number(scene: Scene) -> None:
    and_others_wait(scene)
    scene.number = "A002"


def already_finished(scene: Scene) -> None:
    and_others_wait(scene)
    Ticket.objects.filter(number="A001").update(state="served")


def on_a_break(scene: Scene) -> None:
    and_others_wait(scene)
    CounterBreak.objects.create(counter_session=scene.session, began_at=AT)


def closed(scene: Scene) -> None:
    and_others_wait(scene)
    CounterSession.objects.filter(pk=scene.session.pk).update(closed_at=AT)


def several_services(scene: Scene) -> None:
    and_others_wait(scene)
    passport = offering_of(scene.world.dana, "passport")
    hall.add_service(
        ticket=fresh(Ticket.objects.get(number="A001")), offering=passport, actor=CLERK, now=AT
    )


def a_visit_of_two(scene: Scene) -> None:
    person = make_person(1)
    first, _ = booking.book_visit(
        person=person,
        wanted=[Wanted("renewal"), Wanted("passport")],
        centre_code="dana",
        starts_at=local(8, 30),
        actor=SYSTEM,
        now=BOOKED,
    )
    scene.serve(hall.check_in(appointment=first, actor=CLERK, now=local(8, 20)))


def missed_one_today(scene: Scene) -> None:
    person = make_person(1)
    missed = booking.book_appointment(
        person=person,
        service_code="passport",
        centre_code="dana",
        starts_at=local(8, 10),
        actor=SYSTEM,
        now=BOOKED,
    )
    booking.mark_no_show(appointment=missed, actor=SYSTEM, now=local(8, 30), reason="x")
    scene.serve(scene.waits(40, person=person))


def the_appointment_was_missed(scene: Scene) -> None:
    with_an_appointment(scene)
    Appointment.objects.update(state="no_show")


def by_profiles(scene: Scene) -> None:
    and_others_wait(scene)
    made = save_profile(
        centre=scene.world.dana,
        name=both("Profile"),
        conditions=read_conditions([{"kind": "only", "classes": ["walk_in"]}]),
        now=AT,
        actor=CLERK,
    )
    other = Counter.objects.select_related("centre").get(centre__code="dana", number=3)
    assign_profile(counter=other, profile=made, now=AT, actor=CLERK)


ORDINARY: tuple[tuple[Situation, str | None], ...] = (
    (a_stranger, None),
    (a_known_person, None),
    (with_an_appointment, None),
    (and_others_wait, "A004"),
    (whoever_was_told_a_time_is_over, "A002"),
    (exactly_at_the_ceiling, "A004"),
    (by_other_rates, "A003"),
    (sent_here_from_another_pool, "A003"),
    (sent_to_this_clerk, "A003"),
    (sent_to_a_counter_at_work, "A002"),
    (sent_to_a_closed_counter, "A003"),
    (some_asked_for_more_time, "A003"),
    (called_before_and_sent_on, "A002"),
    (the_counter_is_lent, "A003"),
    (no_limit_row_yet, None),
    (with_strikes, None),
    (on_record_already, None),
    (at_a_centre_west_of_utc, "A004"),
)
FOR_THE_PLAIN_PATH: tuple[tuple[Situation, str], ...] = (
    (another_number, "stale"),
    (already_finished, "stale"),
    (on_a_break, "on_break"),
    (closed, "counter_closed"),
    (several_services, ""),
    (a_visit_of_two, ""),
    (missed_one_today, ""),
    (the_appointment_was_missed, ""),
    (by_profiles, ""),
)


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
