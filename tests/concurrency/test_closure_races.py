"""Closing against booking, from several processes: nobody is left unseen in a closed time."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from django.db import transaction
from django.db.models import Sum

from concurrency.test_last_places import at_once
from crowd import Job, run_crowd
from mawaeed.availability import releases
from mawaeed.availability.calendar import changes
from mawaeed.availability.calendar.wishes import SendAway
from mawaeed.availability.models import CounterAbsence, Interval, Release
from mawaeed.booking.actions import book_appointment, hold_places
from mawaeed.booking.actions.calendar import apply_change
from mawaeed.booking.ledger import ledger_differences
from mawaeed.booking.models import Appointment, Hold
from mawaeed.centres.models import Counter, Pool
from mawaeed.kernel.actor import SYSTEM
from mawaeed.kernel.models import History, OutboxEvent
from small_world import NOW, TODAY, local, make_person, make_world

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

BEGIN, END = local(9, days=1), local(11, days=1)
CLOSED = {"starts_at": BEGIN.isoformat(), "ends_at": END.isoformat()}
STEP = timedelta(minutes=10)


def bookings(first: int, count: int) -> list[Job]:
    """So many people, each for one of the twelve times between nine and eleven."""
    return [
        (
            "book",
            {
                "person": make_person(serial).pk,
                "starts_at": (BEGIN + STEP * (serial % 12)).isoformat(),
            },
        )
        for serial in range(first, first + count)
    ]


def inside() -> list[datetime]:
    """Booked starts in the closed time at Dana."""
    found = Appointment.objects.filter(
        centre__code="dana", state="booked", starts_at__gte=BEGIN, starts_at__lt=END
    )
    return list(found.values_list("starts_at", flat=True))


def closing_in_the_crowd(job: str) -> dict[str, int]:
    """Forty people book while the time is being closed."""
    make_world(places=8, days=3)
    for serial in range(12):
        book_appointment(
            person=make_person(serial),
            service_code="renewal",
            centre_code="dana",
            starts_at=BEGIN + STEP * serial,
            actor=SYSTEM,
            now=NOW,
        )
    jobs = bookings(20, 80)
    jobs[8:8] = [(job, CLOSED)]
    return dict(run_crowd(jobs))


def test_closing_against_booking_leaves_nobody_unseen() -> None:
    outcome = closing_in_the_crowd("close")
    assert set(outcome) <= {"done", "slot_taken", "closed"}
    assert inside() == []
    rows = Interval.objects.filter(
        pool__centre__code="dana", starts_at__gte=BEGIN, ends_at__lte=END
    )
    sums = rows.aggregate(Sum("capacity"), Sum("taken_public"), Sum("shortfall"))
    assert set(sums.values()) == {0}
    assert ledger_differences() == []
    moved = OutboxEvent.objects.filter(kind="appointment_displaced").count()
    told = History.objects.filter(details__event="appointment_displaced")
    assert moved == told.count() == told.values("subject_id").distinct().count() >= 12
    assert Appointment.objects.filter(state="booked").count() == outcome["done"] - 1 + 12


def test_control_closing_for_those_listed_before_leaves_people_behind() -> None:
    closing_in_the_crowd("close_those_listed_before")
    assert inside() != []


def test_a_form_being_filled_in_while_the_time_closes_is_found_too() -> None:
    """Whoever holds a place may still turn it into an appointment: then that is moved."""
    make_world(places=8, days=3)
    holders = [make_person(serial) for serial in range(8)]
    for serial, person in enumerate(holders):
        hold_places(
            person=person,
            service_codes=["renewal"],
            centre_code="dana",
            starts_at=BEGIN + STEP * serial,
            now=NOW,
        )
    jobs: list[Job] = [
        ("book", {"person": person.pk, "starts_at": (BEGIN + STEP * serial).isoformat()})
        for serial, person in enumerate(holders)
    ]
    outcome = run_crowd([*jobs[:4], ("close", CLOSED), *jobs[4:]])
    assert set(outcome) <= {"done", "slot_taken", "closed"}
    assert inside() == []
    assert not Hold.objects.exists()
    assert ledger_differences() == []


def test_two_closures_and_bookings_at_once_neither_deadlock_nor_lose() -> None:
    make_world(places=4, days=3)
    overlapping = {
        "starts_at": local(10, days=1).isoformat(),
        "ends_at": local(12, days=1).isoformat(),
    }
    jobs = bookings(0, 40)
    jobs[5:5] = [("close", CLOSED), ("close", overlapping)]
    outcome = run_crowd(jobs)
    assert set(outcome) <= {"done", "slot_taken", "closed"}
    assert inside() == []
    assert ledger_differences() == []


def test_a_counter_lent_by_many_at_once_leaves_once() -> None:
    world = make_world(places=4, days=3)
    counter = Counter.objects.get(centre=world.dana, number=1)
    outcome = run_crowd([("lend", {"counter": counter.pk, **CLOSED})] * 24)
    assert outcome == {"done": 1, "counter_away_already": 23}
    assert CounterAbsence.objects.count() == 1
    assert Interval.objects.filter(pool=world.dana_pool, capacity=3).count() == 24


def test_control_looking_before_ones_turn_lends_a_counter_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two find the counter at home before either has the calendar; its pool loses two places."""
    world = make_world(places=4, days=3)
    counter = Counter.objects.select_related("pool", "centre").get(centre=world.dana, number=1)
    wish, looked = SendAway(counter, BEGIN, END), threading.Barrier(2)
    look = changes._require_possible
    monkeypatch.setattr(changes, "_require_possible", lambda *asked: None)

    def lend_after_looking() -> None:
        look(world.dana, wish, NOW)
        looked.wait(60)
        apply_change(
            centre=world.dana, wish=wish, choice="keep", reason="race", actor=SYSTEM, now=NOW
        )

    assert at_once([lend_after_looking] * 2) == {"done": 2}
    assert CounterAbsence.objects.count() == 2
    assert Interval.objects.filter(pool=world.dana_pool, capacity=3).count() != 24


def test_a_release_at_the_announced_minute_happens_once_for_all_who_ask() -> None:
    world = make_world(places=10, days=3)
    Pool.objects.filter(pk=world.dana_pool.pk).update(release=[])
    for step, hours in enumerate((1, 2)):
        Release.objects.create(
            pool=world.dana_pool,
            date=TODAY + timedelta(days=1),
            step=step,
            percent=50,
            announced_from=NOW,
            announced_until=NOW,
            due_at=NOW + timedelta(hours=hours),
        )
    Interval.objects.filter(pool=world.dana_pool).update(withheld=10)
    now = (NOW + timedelta(hours=1)).isoformat()
    jobs: list[Job] = [("let_go", {"now": now})] * 24
    assert run_crowd([*jobs, *bookings(0, 24)])["done"] >= 24
    assert OutboxEvent.objects.filter(kind="places_released").count() == 1
    tomorrow = Interval.objects.filter(
        pool=world.dana_pool, session__date=TODAY + timedelta(days=1)
    )
    assert set(tomorrow.values_list("withheld", flat=True)) == {5}
    assert ledger_differences() == []


def test_control_letting_go_what_was_due_when_one_looked_does_it_twice() -> None:
    """Without asking in the transaction whose step it is, both let it go and both tell."""
    world = make_world(places=10, days=3)
    release = Release.objects.create(
        pool=world.dana_pool,
        date=TODAY + timedelta(days=1),
        step=0,
        percent=50,
        announced_from=NOW,
        announced_until=NOW,
        due_at=NOW,
    )
    Interval.objects.filter(pool=world.dana_pool).update(withheld=10)
    looked = threading.Barrier(2)

    def let_go_after_looking() -> None:
        row = Release.objects.select_related("pool__centre").get(released_at__isnull=True)
        looked.wait(60)
        with transaction.atomic():
            Release.objects.filter(pk=row.pk).update(released_at=NOW)
            releases._carry_out(row, SYSTEM, NOW)

    assert at_once([let_go_after_looking] * 2) == {"done": 2}
    assert OutboxEvent.objects.filter(kind="places_released", subject_id=release.pk).count() == 2
