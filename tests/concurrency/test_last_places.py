"""Two hundred at once for the last twenty places: twenty get one, whichever database."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F

from mawaeed.availability.models import Interval
from mawaeed.booking.actions import book_appointment, cancel_appointment, move_appointment
from mawaeed.booking.errors import SlotTaken
from mawaeed.booking.ledger import ledger_differences
from mawaeed.booking.models import Appointment
from mawaeed.kernel.actor import SYSTEM
from mawaeed.kernel.errors import DomainError
from mawaeed.kernel.models import History
from mawaeed.people.models import Beneficiary, Dependant, Person
from small_world import NOW, local, make_dependant, make_person, make_world

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

START = local(9, days=1)


def at_once(calls: Sequence[Callable[[], Any]]) -> Counter[str]:
    """Run every call in a thread of its own, released together; count results and refusals."""
    barrier = threading.Barrier(len(calls))
    results: list[str] = []

    def run(call: Callable[[], Any]) -> None:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=60)
            call()
            results.append("done")
        except DomainError as refusal:
            results.append(refusal.code)
        except Exception as error:  # noqa: BLE001 (counted, then the test fails on it)
            results.append(repr(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return Counter(results)


def book(
    person: Person,
    starts_at: datetime = START,
    service: str = "renewal",
    beneficiary: Beneficiary | None = None,
) -> Appointment:
    return book_appointment(
        person=person,
        service_code=service,
        centre_code="dana",
        starts_at=starts_at,
        beneficiary=beneficiary,
        actor=SYSTEM,
        now=NOW,
    )


def move(appointment: Appointment, starts_at: datetime) -> Appointment:
    fresh = Appointment.objects.get(pk=appointment.pk)
    return move_appointment(appointment=fresh, starts_at=starts_at, actor=SYSTEM, now=NOW)


def test_200_at_once_for_the_last_20_places_books_20() -> None:
    make_world(places=20, days=2)
    people = [make_person(serial) for serial in range(200)]
    outcome = at_once([partial(book, person) for person in people])
    assert outcome == {"done": 20, "slot_taken": 180}
    assert Appointment.objects.filter(state="booked").count() == 20
    taken = Interval.objects.filter(starts_at=START, taken_public=20)
    assert taken.count() == 1
    assert ledger_differences() == []


def test_one_person_at_once_for_one_service_books_once() -> None:
    make_world(places=50, days=2)
    person = make_person(1)
    outcome = at_once([lambda: book(person)] * 30)
    assert outcome == {"done": 1, "already_booked": 29}
    assert ledger_differences() == []


def test_two_guardians_at_once_share_the_limit_of_one_beneficiary() -> None:
    world = make_world(places=50, days=2)
    type(world.passport).objects.filter(pk=world.passport.pk).update(limit_per_beneficiary=2)
    mother, father = make_person(1), make_person(2)
    child = make_dependant(mother)
    Dependant.objects.create(guardian=father, beneficiary=child, created_at=NOW)
    for hour in (9, 10, 11):
        outcome = at_once(
            [
                partial(book, who, local(hour, minute, days=1), "passport", child)
                for minute, who in ((0, mother), (20, father))
            ]
        )
        assert set(outcome) <= {"done", "already_booked"}
    active = Appointment.objects.filter(beneficiary=child, state="booked")
    assert sorted(active.values_list("limit_ordinal", flat=True)) == [1, 2]
    assert ledger_differences() == []


def test_one_person_at_once_never_passes_the_cap() -> None:
    world = make_world(places=50, days=2)
    type(world.customs).objects.filter(pk=world.customs.pk).update(limit_per_beneficiary=4)
    person = make_person(1)
    outcome = at_once([lambda: book(person, service="customs")] * 20)
    assert outcome["done"] == 4
    person.standing.refresh_from_db()
    assert person.standing.active_count == 4


def test_crossing_moves_in_a_full_pool_neither_deadlock_nor_lose() -> None:
    make_world(places=1, days=2)
    starts = [local(9, days=1), local(9, 10, days=1), local(9, 20, days=1)]
    held = [book(make_person(serial), start) for serial, start in enumerate(starts)]
    outcome = at_once([partial(move, held_one, start) for held_one in held for start in starts])
    assert set(outcome) <= {"done", "slot_taken", "stale"}
    assert sorted(Appointment.objects.values_list("starts_at", flat=True)) == starts
    assert ledger_differences() == []


def test_the_same_cancellation_twice_at_once_answers_alike_and_counts_once() -> None:
    make_world(places=1, days=2)
    held = book(make_person(1))
    copies = [Appointment.objects.get(pk=held.pk) for _ in range(12)]
    outcome = at_once(
        [partial(cancel_appointment, appointment=one, actor=SYSTEM, now=NOW) for one in copies]
    )
    assert outcome == {"done": 12}
    assert History.objects.filter(to_state="cancelled").count() == 1
    assert ledger_differences() == []


def test_cancel_and_book_at_once_keep_the_ledger_exact() -> None:
    make_world(places=5, days=2)
    held = [book(make_person(serial)) for serial in range(5)]
    newcomers = [make_person(serial) for serial in range(10, 30)]
    calls: list[Callable[[], Any]] = [
        partial(cancel_appointment, appointment=appointment, actor=SYSTEM, now=NOW)
        for appointment in held
    ]
    calls += [partial(book, person) for person in newcomers]
    outcome = at_once(calls)
    assert set(outcome) <= {"done", "slot_taken"}
    booked = Appointment.objects.filter(state="booked").count()
    assert booked == outcome["done"] - 5 <= 5
    assert ledger_differences() == []


@pytest.fixture
def no_last_guard() -> Iterator[None]:
    """Take the table's check constraint away, as a design without a ledger would be."""
    constraint = next(
        found for found in Interval._meta.constraints if found.name == "interval_never_oversold"
    )
    # SQLite rebuilds the table from the model, so the model must have forgotten it first.
    before = Interval._meta.constraints
    Interval._meta.constraints = [found for found in before if found is not constraint]
    with connection.schema_editor() as editor:
        editor.remove_constraint(Interval, constraint)
    yield
    Interval.objects.update(taken_public=0)
    Interval._meta.constraints = before
    with connection.schema_editor() as editor:
        editor.add_constraint(Interval, constraint)


def test_control_reading_before_the_transaction_oversells(no_last_guard: None) -> None:
    """The same crowd against check-then-act: the test above can tell the difference."""
    world = make_world(places=20, days=2)
    people = [make_person(serial) for serial in range(200)]
    barrier = threading.Barrier(len(people))

    def check_then_act(person: Person) -> None:
        row = Interval.objects.get(pool=world.dana_pool, starts_at=START)
        free = row.capacity - row.taken_public
        connection.close()
        barrier.wait(timeout=60)
        if free < 1:
            raise SlotTaken
        with transaction.atomic():
            Interval.objects.filter(pk=row.pk).update(taken_public=F("taken_public") + 1)

    outcome = at_once([partial(check_then_act, person) for person in people])
    assert outcome["done"] > 20
    row = Interval.objects.get(pool=world.dana_pool, starts_at=START)
    assert row.taken_public > row.capacity
