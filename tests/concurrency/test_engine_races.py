"""The booking engine against itself, from several processes; each race beside its control."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crowd import Job, run_crowd
from mawaeed.availability.models import Interval
from mawaeed.booking.actions import book_appointment, hold_places
from mawaeed.booking.ledger import ledger_differences
from mawaeed.booking.models import Appointment, Hold
from mawaeed.kernel.actor import SYSTEM
from mawaeed.people.models import Person
from small_world import NOW, local, make_person, make_world

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

START = local(9, days=1)
LATER = NOW + timedelta(minutes=5)  # every hold of NOW has expired


def booked(person: Person, starts_at: object = START) -> Appointment:
    return book_appointment(
        person=person,
        service_code="renewal",
        centre_code="dana",
        starts_at=starts_at,  # type: ignore[arg-type]
        actor=SYSTEM,
        now=NOW,
    )


def test_the_last_places_from_several_processes() -> None:
    make_world(places=20, days=2)
    people = [make_person(serial) for serial in range(120)]
    jobs: list[Job] = [
        ("book", {"person": person.pk, "starts_at": START.isoformat()}) for person in people
    ]
    assert run_crowd(jobs) == {"done": 20, "slot_taken": 100}
    assert Appointment.objects.filter(state="booked").count() == 20
    assert ledger_differences() == []


def crossing(rounds: int, job: str) -> list[Job]:
    """Everybody wants the place of his neighbour, back and forth."""
    starts = [START + timedelta(minutes=10 * turn) for turn in range(6)]
    held = [booked(make_person(serial), start) for serial, start in enumerate(starts)]
    jobs: list[Job] = []
    for turn in range(rounds):
        for number, appointment in enumerate(held):
            wanted = starts[(number + (1 if turn % 2 else -1)) % len(starts)]
            jobs.append((job, {"appointment": appointment.pk, "starts_at": wanted.isoformat()}))
    return jobs


def test_crossing_swaps_in_a_full_pool_neither_deadlock_nor_lose() -> None:
    make_world(places=1, days=2)
    outcome = run_crowd(crossing(10, "move"))
    assert set(outcome) <= {"done", "slot_taken", "stale", "move_limit"}
    assert Appointment.objects.filter(state="booked").count() == 6
    assert ledger_differences() == []


def test_crossing_swaps_with_one_place_to_spare_succeed_and_stay_exact() -> None:
    make_world(places=2, days=2)
    outcome = run_crowd(crossing(10, "move"))
    assert outcome["done"] > 0
    assert set(outcome) <= {"done", "slot_taken", "stale", "move_limit"}
    assert ledger_differences() == []


def test_control_swapping_in_two_steps_loses_places() -> None:
    make_world(places=1, days=2)
    run_crowd(crossing(10, "swap_in_two_steps"))
    assert ledger_differences() != []


def expired_holds() -> list[Hold]:
    """Ten held places at one start, all expired at LATER."""
    make_world(places=10, days=2)
    return [
        hold_places(
            person=make_person(serial),
            service_codes=["renewal"],
            centre_code="dana",
            starts_at=START,
            now=NOW,
        )[0]
        for serial in range(10)
    ]


def test_hold_expiry_against_booking_gives_each_place_once() -> None:
    """The holders, newcomers and the worker all want the ten places in the same moment."""
    holders = [held.person for held in expired_holds()]
    newcomers = [make_person(serial) for serial in range(20, 60)]
    wanted = {"starts_at": START.isoformat(), "now": LATER.isoformat()}
    jobs: list[Job] = [("book", {"person": who.pk, **wanted}) for who in [*holders, *newcomers]]
    sweeps: list[Job] = [("release_expired", {"now": LATER.isoformat()})] * 10
    mixed = [job for pair in zip(jobs, sweeps * 5, strict=False) for job in pair]
    outcome = run_crowd(mixed)
    assert outcome == {"done": 10 + 50, "slot_taken": 40}
    assert Appointment.objects.filter(state="booked").count() == 10
    assert not Hold.objects.exists()
    assert ledger_differences() == []


def test_control_giving_back_without_asking_who_deleted_loses_places() -> None:
    held = expired_holds()
    jobs: list[Job] = [
        ("reclaim_without_counting", {"hold_id": one.pk}) for one in held for _ in range(4)
    ]
    outcome = run_crowd(jobs, threads=10)
    refused_by_the_table = sum(count for told, count in outcome.items() if told != "done")
    assert refused_by_the_table or ledger_differences() != []


def test_holding_at_once_never_takes_more_than_there_is() -> None:
    make_world(places=5, days=2)
    people = [make_person(serial) for serial in range(60)]
    jobs: list[Job] = [
        ("hold", {"person": who.pk, "starts_at": START.isoformat(), "now": NOW.isoformat()})
        for who in people
    ]
    assert run_crowd(jobs) == {"done": 5, "slot_taken": 55}
    assert Interval.objects.get(pool__centre__code="dana", starts_at=START).taken_public == 5
    assert ledger_differences() == []


def test_two_requests_with_one_key_book_once() -> None:
    make_world(places=40, days=2)
    people = [make_person(serial) for serial in range(8)]
    jobs: list[Job] = [
        ("book_once", {"person": who.pk, "starts_at": START.isoformat(), "key": "k1"})
        for _ in range(5)
        for who in people
    ]
    assert run_crowd(jobs) == {"done": 40}
    assert Appointment.objects.count() == 8
    assert ledger_differences() == []


def test_control_looking_for_the_key_first_writes_twice() -> None:
    make_world(places=40, days=2)
    appointment = booked(make_person(1))
    jobs: list[Job] = [
        ("book_unless_known", {"person": appointment.pk, "starts_at": "", "key": "k1"})
    ] * 16
    run_crowd(jobs, threads=4)
    appointment.refresh_from_db()
    assert appointment.moves > 1
