"""Tickets given together by one statement are those that each would be given alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from hall_day import CLERK
from mawaeed.centres.models import Offering, ServiceGroup
from mawaeed.hall.answers import just_given
from mawaeed.hall.models import Ticket
from mawaeed.hall.offerings import forget_offering, kept_offering
from mawaeed.hall.statement.issuing import Issued, Kept, give, texts_of
from mawaeed.hall.walk_in import WalkIn
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.clock import real_now
from mawaeed.kernel.idempotency import FirstAnswer, repeatable
from mawaeed.kernel.models import History, IdempotencyKey
from mawaeed.people.models import Role, StaffToken
from mawaeed.people.tokens import TokenAt
from small_world import World, both, local, make_staff
from tables_read import none_read_through
from ticket_situations import (
    FULL,
    KEYED,
    MOBILE,
    NINE,
    TABLES,
    Ledger,
    Situation,
    ask,
    hall_of_this_test,
    named,
    prepare,
    rolled_back,
    rows_of,
    situations,
    taking,
)

pytestmark = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="other databases have the plain path alone"
)


@pytest.fixture
def world(db: None) -> World:
    return hall_of_this_test()


def play_all(situations: Sequence[Situation], *, plain: bool) -> tuple[list[str], list[str]]:
    """The outcomes of several who ask together, in the hall of the first, and every row."""
    with rolled_back(), taking(plain=plain):
        prepare(situations[0])
        done: list[Any] = [None] * len(situations) if plain else _at_one_stroke(situations)
        with taking(plain=True):  # what a group leaves over
            outcomes = [each or ask(asked) for each, asked in zip(done, situations, strict=True)]
        rows = [row for model in TABLES for row in rows_of(model)]
        return [named(each) for each in outcomes], sorted(named(row) for row in rows)


def _at_one_stroke(situations: Sequence[Situation]) -> list[Any]:
    """The answer to each by one call of the statement; None where it is the plain path's."""
    all_kept, texts = [], []
    for each in situations:
        forget_offering(each.service, "dana")  # its terms are the situation's
        offering = kept_offering(each.service, "dana")
        assert offering is not None
        kind = Ticket.PriorityClass.PRIORITY if each.priority else Ticket.PriorityClass.WALK_IN
        asked = WalkIn(offering, kind, each.language, each.mobile)
        request = repeatable(actor=CLERK, key=each.key, body={"body": "same"})
        kept = Kept(request, {"ticket": just_given(asked, each.at), "secret": asked.secret})
        all_kept.append(kept)
        texts.append(texts_of(asked, CLERK, each.at, kept))
    answers: list[Any] = []
    for kept, done in zip(all_kept, give(texts, hasty=True), strict=True):
        if isinstance(done, Issued):
            kept.answer["ticket"]["number"] = done.number
            answers.append(kept.answer)
        else:
            answers.append(done.to(kept.request) if isinstance(done, FirstAnswer) else None)
    return answers


def compare_all(situations: Sequence[Situation]) -> list[str]:
    """A group by one statement, and one by one on the plain path; they must agree."""
    outcomes, rows = play_all(situations, plain=False)
    plain_outcomes, plain_rows = play_all(situations, plain=True)
    assert outcomes == plain_outcomes
    assert rows == plain_rows
    return [json.loads(each)["ticket"]["number"] if each[0] == "{" else each for each in outcomes]


def two_letters(world: World) -> None:
    other = ServiceGroup.objects.create(centre=world.dana, letter="B", name=both("Other"))
    Offering.objects.filter(centre=world.dana, service=world.customs).update(group=other)
    forget_offering("customs", "dana")


def test_a_group_is_given_what_each_would_be_given_alone(world: World) -> None:
    two_letters(world)
    a, b = replace(KEYED, last_number=998), replace(KEYED, service="customs")
    with_mobile = replace(a, mobile=MOBILE)

    def group(*asked: Situation) -> list[str]:
        return compare_all([replace(each, key=each.key + str(n)) for n, each in enumerate(asked)])

    assert group(a, b, a, replace(a, language="en"), b) == [
        "A999",
        "B001",
        "A1000",
        "A1001",
        "B002",
    ]
    assert group(
        with_mobile, with_mobile, replace(with_mobile, priority=True), replace(b, mobile=MOBILE)
    ) == [*("A999", "A999", "A1000", "B001")]
    assert compare_all([a, a, replace(b, key="other"), a]) == ["A999", "A999", "B001", "A999"]


def test_a_group_is_admitted_one_by_one(world: World) -> None:
    """Twenty minutes are left; whoever goes first is let in, and counts, whatever the room."""
    left = replace(KEYED, at=local(13, 55), near=Ledger(capacity=4))
    first = replace(left, priority=True)

    def said(*asked: Situation) -> list[str]:
        found = compare_all([replace(each, key=str(n)) for n, each in enumerate(asked)])
        return ["full" if "WalkInsFull" in each else each for each in found]

    assert said(left, left, left, first) == ["A001", "A002", "full", "A003"]
    assert said(left, first, left, left) == ["A001", "A002", "full", "full"]
    assert said(first, left, first, left) == ["A001", "A002", "A003", "full"]
    full = replace(left, near=FULL)
    assert said(full, replace(full, mobile=MOBILE)) == ["full", "full"]
    assert compare_all([full, full, replace(full, key="2", priority=True)])[2] == "A001"


def test_a_small_table_is_not_read_through(world: World) -> None:
    offering = kept_offering("renewal", "dana")
    assert offering is not None
    texts = []
    for name in ("first", "second"):
        asked = WalkIn(offering, Ticket.PriorityClass.WALK_IN, "ar", MOBILE)
        kept = Kept(repeatable(actor=CLERK, key=name, body={}), {"ticket": {}})
        texts.append(texts_of(asked, CLERK, NINE, kept))

    with none_read_through():
        done = give(texts, hasty=True)

    assert [type(each).__name__ for each in done] == ["Issued", "NoneType"]


def test_each_of_a_group_is_looked_up_by_its_own_token(world: World) -> None:
    real = real_now()
    tokens = {"desk": Role.RECEPTIONIST, "clerk": Role.CLERK, "other": Role.RECEPTIONIST}
    staff = {name: make_staff(world, name, role, world.dana) for name, role in tokens.items()}
    for name, each in staff.items():
        StaffToken.objects.create(
            staff=each, label=name, token_hash=name, created_at=real, expires_at=local(9, days=9999)
        )
    offering = kept_offering("renewal", "dana")
    assert offering is not None
    texts = []
    for name in ("desk", "clerk", "other", "nobody", "desk", "other"):
        asked = WalkIn(offering, Ticket.PriorityClass.WALK_IN, "ar")
        by = TokenAt(name, "dana", (Role.RECEPTIONIST,), real)
        kept = Kept(repeatable(actor=Actor("staff"), key="same", body={}), {"ticket": {}})
        texts.append(texts_of(asked, by, NINE, kept))

    done = [type(each).__name__ for each in give(texts, hasty=True)]

    assert done == ["Issued", "NoneType", "Issued", "NoneType", "FirstAnswer", "FirstAnswer"]
    keys = IdempotencyKey.objects.order_by("pk").values_list("actor", flat=True)
    desk, other = staff["desk"].pk, staff["other"].pk
    assert sorted(keys) == sorted([f"staff:{desk}", f"staff:{other}"])
    given_by = History.objects.filter(subject_kind="ticket").order_by("subject_id")
    assert list(given_by.values_list("actor_id", flat=True)) == [desk, other]
    used = StaffToken.objects.filter(used_at=real).values_list("token_hash", flat=True)
    assert set(used) == {"desk", "other"}


class AnyGroup(TestCase):
    """Drawn groups, of one letter."""

    @classmethod
    def setUpTestData(cls) -> None:
        hall_of_this_test()

    @settings(max_examples=10, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
    @given(situations, st.lists(st.tuples(situations, st.integers(1, 3)), min_size=1, max_size=5))
    def test_is_given_what_each_would_be_given(
        self, first: Situation, others: list[tuple[Situation, int]]
    ) -> None:
        asked = [
            replace(
                first, service=each.service, mobile=each.mobile, priority=each.priority, key=str(n)
            )
            for each, n in [(first, 0), *others]
        ]
        # One key says one thing.
        compare_all(list({each.key: each for each in asked}.values()) + asked[:1])
