"""The one statement and the plain path give the same tickets, refusals, history and events.

Both are played against the same hall, each in a transaction of its own that is rolled back, and
what they leave behind is compared row by row.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis.extra.django import TestCase

from hall_day import CLERK, offering_of
from mawaeed.centres.models import Offering, Service, ServiceGroup
from mawaeed.hall import actions as hall
from mawaeed.hall.offerings import kept_offering
from mawaeed.hall.statement.issuing import is_possible, terms_of
from mawaeed.kernel.errors import DomainError
from small_world import World, both, local
from ticket_situations import (
    FULL,
    KEYED,
    MOBILE,
    USUAL,
    Ledger,
    Situation,
    ask,
    compare,
    hall_of_this_test,
    play,
    situations,
)

pytestmark = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="other databases have the plain path alone"
)


@pytest.fixture
def world(db: None) -> World:
    return hall_of_this_test()


@pytest.mark.parametrize(
    ("situation", "said"),
    [
        (USUAL, "A001"),
        (replace(USUAL, language="en"), "A001"),
        (replace(USUAL, last_number=0), "A001"),
        (replace(USUAL, last_number=998), "A999"),
        (replace(USUAL, last_number=999), "A1000"),
        (KEYED, "A001"),
        (replace(KEYED, language="en", last_number=999), "A1000"),
        (replace(KEYED, again="same"), "A001"),
        (replace(KEYED, again="other"), "KeyReused"),
        (replace(KEYED, again="late"), "A002"),
        (replace(KEYED, near=FULL, later=FULL, again="same"), "WalkInsFull"),
        (replace(USUAL, mobile=MOBILE), "A001"),
        (replace(KEYED, mobile=MOBILE, there=("waiting",)), "Z001"),
        (replace(USUAL, mobile=MOBILE, there=("served",)), "A001"),
        (replace(KEYED, mobile=MOBILE, there=("waiting",), priority=True), "A001"),
        (replace(USUAL, near=FULL, later=FULL), "WalkInsFull"),
        (replace(USUAL, near=FULL, later=FULL, last_number=7), "WalkInsFull"),
        (replace(USUAL, near=FULL, later=FULL, priority=True), "A001"),
        (replace(KEYED, near=FULL, later=FULL, although_full="Sent"), "A001"),
        (replace(USUAL, near=FULL, later=FULL, limited=False), "A001"),
        (replace(USUAL, at=local(6)), "NotOpen"),
        (replace(KEYED, near=Ledger(capacity=0)), "NotOpen"),
        (replace(USUAL, near=Ledger(capacity=0), limited=False), "NotOpen"),
        (replace(KEYED, walk_ins=(False, True)), "NoWalkIns"),
        (replace(USUAL, walk_ins=(True, False)), "NoWalkIns"),
        (replace(KEYED, active=(False, True)), "NotFound"),
        (replace(USUAL, active=(True, False)), "NotOpen"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_both_paths_do_the_same(world: World, situation: Situation, said: str) -> None:
    assert said in compare(situation)[-1]


def test_the_last_minute_of_the_room_is_given_and_no_more(world: World) -> None:
    """Twenty minutes are left, half of them owed to whoever is at a counter for twenty."""
    left = replace(USUAL, at=local(13, 55), near=Ledger(capacity=4))
    long = replace(left, own_minutes=20)

    assert "A001" in compare(replace(left, there=("waiting",)))[0]
    assert "WalkInsFull" in compare(replace(left, there=("waiting",) * 2))[0]
    assert "A001" in compare(long)[0]
    assert "WalkInsFull" in compare(replace(long, there=("served", "serving")))[0]


def test_the_statement_is_what_an_ordinary_ticket_takes(
    world: World, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    """Guards the comparison: without this both plays might be the plain path."""
    for module in ("arrivals", "issue"):
        monkeypatch.setattr(f"mawaeed.hall.actions.{module}.issue_step_by_step", None)

    assert is_possible()
    for situation in (USUAL, KEYED, replace(KEYED, again="same"), replace(KEYED, mobile=MOBILE)):
        assert "A001" in play(situation, plain=False)[0][-1]
    ask(replace(KEYED, key="reads the settings"))
    with django_assert_num_queries(2):  # a savepoint; the statement is not among Django's own
        ask(KEYED)


def test_what_has_changed_since_the_copy_was_made_is_in_force(world: World) -> None:
    kept = kept_offering("renewal", "dana")
    assert kept is not None
    offering = offering_of(world.dana)
    assert terms_of(kept) == terms_of(offering)
    other = ServiceGroup.objects.create(centre=world.dana, letter="B", name=both("Other"))
    Offering.objects.filter(pk=offering.pk).update(group=other)

    assert hall.issue_walk_in_once(**_asking("1"))["ticket"]["number"] == "B001"
    Service.objects.filter(pk=world.renewal.pk).update(active=False)
    answer = hall.issue_walk_in_once(**_asking("1"))
    with pytest.raises(DomainError) as refused:
        hall.issue_walk_in_once(**_asking("2"))

    assert (answer["ticket"]["number"], refused.value.code) == ("B001", "not_found")


def _asking(key: str) -> dict[str, Any]:
    usual = {"actor": CLERK, "now": local(9), "language": "ar", "body": {}, "key": key}
    return {**usual, "service_code": "renewal", "centre_code": "dana"}


@pytest.mark.django_db(transaction=True)
def test_an_answer_waits_until_the_ticket_is_on_the_disk() -> None:
    hall_of_this_test()
    hall.issue_walk_in_once(**_asking("warm"))
    with connection.cursor() as cursor:
        ask = partial(_asked, cursor)
        ask("SET synchronous_commit TO on")
        try:
            before = ask("SELECT pg_current_wal_insert_lsn()")
            hall.issue_walk_in_once(**_asking("measured"))
            written = ask("SELECT pg_wal_lsn_diff(pg_current_wal_flush_lsn(), %s)", before)
        finally:
            ask("RESET synchronous_commit")

    assert written > 1000


def _asked(cursor: Any, sql: str, *values: Any) -> Any:
    cursor.execute(sql, values)
    return cursor.fetchone()[0] if cursor.description else None


class AnySituation(TestCase):
    """Drawn situations: what is left of the day and who is owed how much of it."""

    @classmethod
    def setUpTestData(cls) -> None:
        hall_of_this_test()

    @settings(max_examples=15, deadline=None)
    @given(situations)
    def test_both_paths_do_the_same(self, situation: Situation) -> None:
        compare(situation)
