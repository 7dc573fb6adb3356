"""The one statement and the plain path: the same rows, refusals, history and events.

Both are played against the same world, each in a transaction of its own that is rolled back, and
what they leave behind is compared row by row.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from mawaeed.availability.models import Interval
from mawaeed.booking import actions as booking
from mawaeed.booking.models import Appointment, Hold
from mawaeed.booking.statement import ordinary, postgresql
from mawaeed.conduct.models import Standing
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.database import prepared_texts
from mawaeed.kernel.errors import DomainError
from mawaeed.kernel.models import History, IdempotencyKey, OutboxEvent
from mawaeed.people.models import Person
from small_world import NOW, World, local, make_dependant, make_person, make_world
from tables_read import needs_postgresql, none_read_through

# Drawn at random, or by a sequence that one path uses up before the other.
BY_CHANCE = {"id", "reference", "secret", "subject_id", "created_at"}
NINE = local(9, days=1)
TABLES = (Appointment, Hold, Interval, Standing, History, OutboxEvent, IdempotencyKey)


@dataclass(frozen=True)
class Situation:
    """What is so before somebody books, and what they want."""

    service: str = "renewal"
    centre: str = "dana"
    starts_at: datetime = NINE
    has_standing: bool = True
    active_count: int = 0
    blocked_hours: int | None = None
    superseded: bool = False
    for_dependant: bool = False
    already: tuple[str, ...] = ()
    taken: int = 0
    withheld: int = 0
    shortfall: int = 0
    gap: bool = False
    own_hold: str = ""  # "", same, elsewhere, over
    hold_of_another: str = ""  # "", live, over
    key: str = ""
    repeated: bool = False


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def prepare(situation: Situation) -> Person:
    """The rows of a situation; the one who books."""
    person = make_person(1)
    begin = situation.starts_at
    needed = Interval.objects.filter(
        pool__centre__code=situation.centre,
        starts_at__gte=begin - timedelta(minutes=20),
        starts_at__lt=begin + timedelta(minutes=20),
    )
    needed.update(taken_public=situation.taken, withheld=situation.withheld)
    needed.update(shortfall=situation.shortfall)
    if situation.gap:
        needed.filter(starts_at=begin + timedelta(minutes=5)).delete()
    for number, service in enumerate(situation.already, 1):
        booking.book_appointment(
            person=person,
            service_code=service,
            centre_code="muharraq",
            starts_at=local(10, days=number),
            actor=Actor("person", person.pk),
            now=NOW,
        )
    _hold(person, situation.own_hold, situation)
    if situation.hold_of_another:
        _hold(
            make_person(2), {"live": "same", "over": "over"}[situation.hold_of_another], situation
        )
    if situation.superseded:
        Person.objects.filter(pk=person.pk).update(superseded_at=NOW)
    if not situation.has_standing:
        Standing.objects.filter(person=person).delete()
    elif situation.active_count or situation.blocked_hours is not None:
        hours = situation.blocked_hours
        until = None if hours is None else NOW + timedelta(hours=hours)
        Standing.objects.update_or_create(
            person=person,
            defaults={"active_count": situation.active_count, "blocked_until": until},
        )
    return person


def _hold(person: Person, kind: str, situation: Situation) -> None:
    if not kind:
        return
    centre = "muharraq" if kind == "elsewhere" else situation.centre
    made_at = NOW - timedelta(minutes=10) if kind == "over" else NOW
    with suppress(DomainError):  # no place for it: the situation is one without the hold
        booking.hold_places(
            person=person,
            service_codes=[situation.service],
            centre_code=centre,
            starts_at=situation.starts_at,
            now=made_at,
        )


def play(situation: Situation, *, plain: bool) -> tuple[list[Any], dict[str, list[Any]]]:
    """The outcome on one path and every row there is afterwards; nothing stays."""
    with rolled_back(), taking(plain=plain):
        person = prepare(situation)
        outcomes = [_book(person, situation)]
        if situation.repeated:
            outcomes.append(_book(person, situation))
        return outcomes, {model.__name__: _rows(model) for model in TABLES}


def _book(person: Person, situation: Situation) -> Any:
    actor = Actor("person", person.pk, "api" if situation.key else "")
    asked: dict[str, Any] = {
        "person": person,
        "service_code": situation.service,
        "centre_code": situation.centre,
        "starts_at": situation.starts_at,
        "actor": actor,
        "now": NOW,
    }
    try:
        if situation.key:
            answer = booking.book_once(
                **asked,
                key=situation.key,
                body={"starts_at": situation.starts_at.isoformat()},
                shape=lambda made: {"starts_at": made.starts_at.isoformat(), "state": made.state},
            )
            return "answered", answer
        comer = make_dependant(person) if situation.for_dependant else None
        made = booking.book_appointment(**asked, beneficiary=comer)
    except DomainError as refusal:
        return type(refusal).__name__, dict(refusal.data)
    assert Appointment.objects.get(pk=made.pk).reference == made.reference
    return "booked", made.limit_ordinal


def _rows(model: Any) -> list[Any]:
    names = [field.attname for field in model._meta.concrete_fields]
    kept = [name for name in names if name not in BY_CHANCE]
    dropped = {"person_id", "beneficiary_id", "actor_id", "actor"}  # made anew in every play
    found = model.objects.order_by("pk")
    if model is Standing:  # an empty limit row says no more than none, and may outlive a refusal
        found = found.exclude(active_count=0, blocked_until=None)
    rows = found.values(*[name for name in kept if name not in dropped])
    return sorted((sorted(row.items()) for row in rows), key=repr)


@contextmanager
def rolled_back() -> Iterator[None]:
    with transaction.atomic():
        point = transaction.savepoint()
        yield
        transaction.savepoint_rollback(point)


@contextmanager
def taking(*, plain: bool) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        if plain:
            patch.setattr("mawaeed.booking.actions.book.is_possible", lambda: False)
        yield


def compare(situation: Situation) -> list[Any]:
    """Both paths; they must agree. The outcomes of one."""
    outcome, rows = play(situation, plain=False)
    plain_outcome, plain_rows = play(situation, plain=True)
    assert outcome == plain_outcome
    assert rows == plain_rows
    return outcome


USUAL = Situation()


@pytest.mark.parametrize(
    ("situation", "outcome"),
    [
        (USUAL, "booked"),
        (replace(USUAL, has_standing=False), "booked"),
        (replace(USUAL, service="passport", for_dependant=True), "booked"),
        (replace(USUAL, service="customs", already=("customs", "customs")), "booked"),
        (replace(USUAL, own_hold="same", taken=1), "booked"),
        (replace(USUAL, own_hold="elsewhere"), "booked"),
        (replace(USUAL, own_hold="over", taken=1), "booked"),
        (replace(USUAL, hold_of_another="over", taken=1), "booked"),
        (replace(USUAL, key="k"), "answered"),
        (replace(USUAL, superseded=True), "Stale"),
        (replace(USUAL, blocked_hours=1), "PersonBlocked"),
        (replace(USUAL, blocked_hours=0), "booked"),
        (replace(USUAL, active_count=5), "LimitReached"),
        (replace(USUAL, already=("renewal",)), "AlreadyBooked"),
        (replace(USUAL, service="customs", already=("customs",) * 3), "AlreadyBooked"),
        (replace(USUAL, taken=2), "SlotTaken"),
        (replace(USUAL, withheld=2), "SlotTaken"),
        (replace(USUAL, shortfall=1), "SlotTaken"),
        (replace(USUAL, hold_of_another="live", taken=1), "SlotTaken"),
        (replace(USUAL, gap=True, starts_at=local(13, 50, days=1)), "SlotClosed"),
        (replace(USUAL, starts_at=local(9, 5, days=1)), "SlotClosed"),
        (replace(USUAL, starts_at=local(6, days=1)), "SlotClosed"),
        (replace(USUAL, service="passport", starts_at=local(13, 50, days=1)), "SlotClosed"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_both_paths_do_the_same(world: World, situation: Situation, outcome: str) -> None:
    assert compare(situation)[0][0] == outcome


@pytest.mark.parametrize("taken", [0, 2])
def test_a_repeat_is_answered_alike(world: World, taken: int) -> None:
    first, second = compare(replace(USUAL, key="k", repeated=True, taken=taken))

    assert first == second
    assert first[0] == ("answered" if not taken else "SlotTaken")


def test_a_refusal_keeps_no_key(world: World) -> None:
    _, rows = play(replace(USUAL, key="k", taken=2), plain=False)

    assert rows["IdempotencyKey"] == []
    assert rows["Appointment"] == []


def test_the_statement_is_what_an_ordinary_booking_takes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guards the comparison: without this both plays might be the plain path."""
    monkeypatch.setattr("mawaeed.booking.actions.book._book", None)

    assert play(USUAL, plain=False)[0] == [("booked", 1)]
    assert play(replace(USUAL, own_hold="same"), plain=False)[0] == [("booked", 1)]
    assert play(replace(USUAL, key="k"), plain=False)[0][0][0] == "answered"
    assert ordinary.is_possible()


@needs_postgresql
def test_a_small_table_is_not_read_through(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    person = prepare(USUAL)
    played: list[Any] = []

    def statement(*asked: Any) -> Any:
        with none_read_through():
            played.append(prepared_texts(*asked))
        return played[-1]

    monkeypatch.setattr(postgresql, "prepared_texts", statement)
    assert _book(person, replace(USUAL, key="k"))[0] == "answered"
    assert played[-1][0] == "booked"


situations = st.builds(
    Situation,
    service=st.sampled_from(["renewal", "passport", "customs"]),
    starts_at=st.sampled_from(
        [local(9, days=1), local(9, 5, days=1), local(13, 50, days=1), local(7, days=2)]
    ),
    has_standing=st.booleans(),
    active_count=st.sampled_from([0, 0, 0, 4, 5]),
    blocked_hours=st.sampled_from([None, None, None, -1, 0, 2]),
    superseded=st.sampled_from([False] * 5 + [True]),
    already=st.sampled_from([(), (), ("renewal",), ("customs",), ("customs", "passport")]),
    taken=st.sampled_from([0, 1, 1, 2]),
    withheld=st.sampled_from([0, 0, 1]),
    shortfall=st.sampled_from([0, 0, 0, 1]),
    gap=st.sampled_from([False, False, False, True]),
    own_hold=st.sampled_from(["", "", "same", "elsewhere", "over"]),
    hold_of_another=st.sampled_from(["", "", "live", "over"]),
    key=st.sampled_from(["", "k"]),
    repeated=st.booleans(),
)


class AnySituation(TestCase):
    """Drawn situations: every combination that the list above has not."""

    @classmethod
    def setUpTestData(cls) -> None:
        make_world()

    @settings(max_examples=12, deadline=None)
    @given(situations)
    def test_both_paths_do_the_same(self, situation: Situation) -> None:
        compare(situation)
