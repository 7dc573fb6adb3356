"""What may be so when somebody wants a ticket, played on either path and rolled back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import strategies as st

from hall_day import CLERK, booked, offering_of
from mawaeed.availability.models import Interval
from mawaeed.booking.models import Appointment
from mawaeed.centres.models import Centre, Offering
from mawaeed.hall import actions as hall
from mawaeed.hall.models import NumberSeries, Ticket
from mawaeed.hall.offerings import forget_offering
from mawaeed.hall.topics import ticket_topic
from mawaeed.kernel.errors import DomainError
from mawaeed.kernel.idempotency import KEPT_FOR
from mawaeed.kernel.models import History, IdempotencyKey, OutboxEvent, PolicyValue
from mawaeed.kernel.policies import forget_policies
from small_world import TODAY, World, local, make_world

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
        outcomes = [ask(situation)]
        if situation.again:
            if situation.again == "late":
                IdempotencyKey.objects.update(created_at=local(0) - KEPT_FOR)
            outcomes.append(ask(situation, situation.again))
        rows = [row for model in TABLES for row in rows_of(model)]
        return [named(each) for each in outcomes], sorted(named(row) for row in rows)


def ask(situation: Situation, body: str = "same") -> Any:
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


def rows_of(model: Any) -> Iterator[Any]:
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


def named(found: Any) -> str:
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
