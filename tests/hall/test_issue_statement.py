"""The one statement and the plain path give the same tickets, refusals, history and events.

Both are played against the same hall, each in a transaction of its own that is rolled back, and
what they leave behind is compared row by row.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from hall_day import CLERK, booked, offering_of
from mawaeed.availability.models import Interval
from mawaeed.booking.models import Appointment
from mawaeed.centres.models import Centre, Offering, Service, ServiceGroup
from mawaeed.hall import actions as hall
from mawaeed.hall.models import NumberSeries, Ticket
from mawaeed.hall.offerings import forget_offering, kept_offering
from mawaeed.hall.statement.issuing import is_possible, terms_of
from mawaeed.hall.topics import ticket_topic
from mawaeed.kernel.errors import DomainError
from mawaeed.kernel.idempotency import KEPT_FOR
from mawaeed.kernel.models import History, IdempotencyKey, OutboxEvent, PolicyValue
from mawaeed.kernel.policies import forget_policies
from small_world import TODAY, World, both, local, make_world

pytestmark = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="other databases have the plain path alone"
)

TABLES = (Ticket, NumberSeries, History, OutboxEvent, IdempotencyKey)
WAITING = ("waiting", "parked", "called", "serving", "served")
MOBILE = "+97336001234"
NINE = local(9)


@dataclass(frozen=True)
class Ledger:
    """What is so of every interval of a part of the day."""

    capacity: int = 2
    taken_public: int = 0
    taken_staff: int = 0
    walk_in_reserve: int = 0
    staff_reserve: int = 0
    cooling: int = 0
    shortfall: int = 0


FULL = Ledger(taken_public=2)


@dataclass(frozen=True)
class Situation:
    """What is so before somebody wants a ticket, and how they ask."""

    at: datetime = NINE
    service: str = "renewal"
    language: str = "ar"
    mobile: str = ""
    priority: bool = False
    although_full: str = ""
    key: str = ""
    again: str = ""  # "", same, other (body), late (the key is over)
    last_number: int | None = None
    # Who is there: a state of a walk-in, or "to come", "over", "missed" of an appointment.
    there: tuple[str, ...] = ()
    near: Ledger = Ledger()
    later: Ledger = Ledger()
    own_minutes: int | None = None
    limited: bool = True
    walk_ins: tuple[bool, bool] = (True, True)  # the offering, the centre
    active: tuple[bool, bool] = (True, True)  # the same


@pytest.fixture
def world(db: None) -> World:
    return hall_of_this_test()


def hall_of_this_test() -> World:
    """Two counters for a day, and no copy of another test's offerings."""
    for service in ("renewal", "passport", "customs"):
        forget_offering(service, "dana")
    return make_world(days=1)


def prepare(situation: Situation) -> None:
    """The rows of a situation."""
    offering = offering_of(Centre.objects.get(code="dana"), situation.service)
    soon = situation.at + timedelta(hours=1)
    ledger = Interval.objects.filter(pool=offering.pool)
    ledger.filter(starts_at__lt=soon).update(**vars(situation.near))
    ledger.filter(starts_at__gte=soon).update(**vars(situation.later))
    for number, kind in enumerate(situation.there, 1):
        _add(offering, number, kind)
    if situation.last_number is not None:
        NumberSeries.objects.create(
            centre=offering.centre, letter="A", day=TODAY, last_number=situation.last_number
        )
    if not situation.limited:
        PolicyValue.objects.create(key="hall.walk_in_limit", value=False, effective_from=local(0))
        forget_policies()
    for each, walk_ins, active in zip(
        (Offering.objects.filter(pk=offering.pk), Centre.objects.filter(code="dana")),
        situation.walk_ins,
        situation.active,
        strict=True,
    ):
        each.update(walk_ins=walk_ins, active=active)
    Offering.objects.filter(pk=offering.pk).update(duration_override=situation.own_minutes)


def _add(offering: Offering, number: int, kind: str) -> None:
    came = None
    if kind not in WAITING:
        starts_at = {"to come": local(11), "over": local(8, 30), "missed": local(11)}[kind]
        Interval.objects.filter(pool=offering.pool, starts_at__gte=starts_at).update(
            capacity=9, shortfall=0, walk_in_reserve=0, staff_reserve=0
        )
        came = booked(starts_at, service=offering.service.code)
        state = Appointment.State.NO_SHOW if kind == "missed" else Appointment.State.CHECKED_IN
        Appointment.objects.filter(pk=came.pk).update(state=state)
    Ticket.objects.create(
        agency_id=offering.centre.agency_id,
        centre=offering.centre,
        day=TODAY,
        group=offering.group,
        number=f"Z{number:03d}",
        secret=f"there-{number}",
        offering=offering,
        pool=offering.pool,
        appointment=came,
        mobile=MOBILE if number == 1 else "",
        state=kind if came is None else "waiting",
        priority_class="walk_in" if came is None else "appointment",
        due_at=local(8),
        created_at=local(8),
    )


def play(situation: Situation, *, plain: bool) -> tuple[list[Any], list[str]]:
    """The outcomes on one path and every row there is afterwards; nothing stays."""
    with rolled_back(), taking(plain=plain):
        prepare(situation)
        outcomes = [_ask(situation)]
        if situation.again:
            if situation.again == "late":
                IdempotencyKey.objects.update(created_at=local(0) - KEPT_FOR)
            outcomes.append(_ask(situation, situation.again))
        rows = [row for model in TABLES for row in _rows(model)]
        return [_named(each) for each in outcomes], sorted(_named(row) for row in rows)


def _ask(situation: Situation, body: str = "same") -> Any:
    asked: dict[str, Any] = {
        "actor": CLERK,
        "now": situation.at,
        "language": situation.language,
        "mobile": situation.mobile,
        "priority": situation.priority,
        "although_full": situation.although_full,
    }
    try:
        if situation.key:
            return hall.issue_walk_in_once(
                **asked,
                service_code=situation.service,
                centre_code="dana",
                key=situation.key,
                body={"body": "other" if body == "other" else "same"},
            )
        offering = offering_of(Centre.objects.get(code="dana"), situation.service)
        given = hall.issue_walk_in(offering=offering, **asked)
    except DomainError as refusal:
        return type(refusal).__name__, dict(refusal.data)
    assert Ticket.objects.get(pk=given.pk).secret == given.secret
    return given.number, given.secret


def _rows(model: Any) -> Iterator[Any]:
    names = [each.attname for each in model._meta.concrete_fields if each.attname != "id"]
    if model is IdempotencyKey:
        names.remove("created_at")  # real time
    found = model.objects.all()
    if model in {History, OutboxEvent}:
        found = found.filter(subject_kind="ticket")  # not of those with appointments
    if model is Ticket:
        names[names.index("appointment_id")] = "appointment__starts_at"
    for row in found.values(*names):
        yield model.__name__, sorted(row.items())


def _named(found: Any) -> str:
    """As text in which every ticket has its number where it had an id or a secret by chance."""
    text = json.dumps(found, default=str, sort_keys=True)
    for pk, number, secret in Ticket.objects.values_list("pk", "number", "secret"):
        text = text.replace(secret, f"secret of {number}")
        text = text.replace(ticket_topic(secret), f"topic of {number}")
        text = text.replace(f'"subject_id", {pk}]', f'"subject_id", "{number}"]')
        text = text.replace(f'"ticket_id": {pk}}}', f'"ticket_id": "{number}"}}')
    return text


@contextmanager
def rolled_back() -> Iterator[None]:
    with transaction.atomic():
        point = transaction.savepoint()
        try:
            yield
        finally:
            transaction.savepoint_rollback(point)
            forget_policies()


@contextmanager
def taking(*, plain: bool) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        if plain:
            for module in ("arrivals", "issue"):
                patch.setattr(f"mawaeed.hall.actions.{module}.is_possible", lambda: False)
        yield


def compare(situation: Situation) -> list[Any]:
    """Both paths; they must agree. The outcomes of one."""
    outcome, rows = play(situation, plain=False)
    plain_outcome, plain_rows = play(situation, plain=True)
    assert outcome == plain_outcome
    assert rows == plain_rows
    return outcome


USUAL = Situation()
KEYED = Situation(key="k")


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
    _ask(replace(KEYED, key="reads the settings"))
    with django_assert_num_queries(2):  # a savepoint; the statement is not among Django's own
        _ask(KEYED)


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


ledgers = st.builds(
    Ledger,
    capacity=st.integers(1, 3),
    taken_public=st.integers(0, 1),
    walk_in_reserve=st.integers(0, 1),
    staff_reserve=st.integers(0, 1),
    taken_staff=st.just(0),
    cooling=st.just(0),
    shortfall=st.integers(0, 1),
)
crowded = st.builds(Ledger, st.just(3), st.integers(0, 1), st.integers(0, 1), cooling=st.just(1))
situations = st.builds(
    Situation,
    at=st.sampled_from([local(9), local(12, 53) + timedelta(seconds=20), local(13, 40)]),
    service=st.sampled_from(["renewal", "passport", "customs"]),
    key=st.sampled_from(["", "k"]),
    mobile=st.sampled_from(["", "", MOBILE]),
    there=st.lists(
        st.sampled_from([*WAITING, "to come", "over", "missed"]), min_size=0, max_size=9
    ).map(tuple),
    near=st.one_of(ledgers, crowded),
    later=st.one_of(ledgers, crowded),
    own_minutes=st.sampled_from([None, None, 7, 30]),
    priority=st.sampled_from([False, False, False, True]),
    last_number=st.sampled_from([None, 5]),
)


class AnySituation(TestCase):
    """Drawn situations: what is left of the day and who is owed how much of it."""

    @classmethod
    def setUpTestData(cls) -> None:
        hall_of_this_test()

    @settings(max_examples=15, deadline=None)
    @given(situations)
    def test_both_paths_do_the_same(self, situation: Situation) -> None:
        compare(situation)
