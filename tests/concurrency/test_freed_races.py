"""A freed place has one taker: offers, acceptances, lapses and deadlines at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction

from booking.waiting_world import accept, acting, book, cancel, deliver, states, switch_on, wait
from concurrency.test_last_places import at_once
from mawaeed.booking import actions
from mawaeed.booking.actions import waiting
from mawaeed.booking.actions.steps import change
from mawaeed.booking.holds import hold_stay
from mawaeed.booking.ledger import ledger_differences
from mawaeed.booking.models import Appointment, Hold, WaitingEntry
from mawaeed.kernel.models import History
from mawaeed.people.models import Person
from small_world import NOW, local, make_person, make_world

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

START = local(9, days=3)
LAPSED = NOW + timedelta(minutes=30)
ASK = START - timedelta(hours=48)
DEADLINE = START - timedelta(hours=24)


def people(count: int) -> list[Person]:
    return [make_person(serial) for serial in range(count)]


def active() -> int:
    return Appointment.objects.filter(state="booked", starts_at=START).count()


def test_all_who_were_told_take_the_same_place_and_one_gets_it() -> None:
    make_world(places=1, days=4)
    switch_on(waiting__told_per_place=12)
    holder, *others = people(13)
    held = book(holder, START)
    entries = [wait(each) for each in others]
    cancel(held)
    deliver()
    outcome = at_once([partial(accept, entry) for entry in entries])
    assert outcome == {"done": 1, "offer_gone": 11}
    assert active() == 1
    assert sorted(states(*entries)) == ["satisfied", *["waiting"] * 11]
    assert ledger_differences() == []


def test_an_offer_that_lapses_while_it_is_accepted_has_one_taker() -> None:
    make_world(places=1, days=4)
    switch_on(freed__waiting_list_first=True)
    holder, *others = people(9)
    for round_ in range(4):
        held = book(holder, START + timedelta(minutes=10 * round_))
        first, second = (
            wait(each, now=NOW + timedelta(seconds=turn))
            for turn, each in enumerate(others[2 * round_ : 2 * round_ + 2])
        )
        cancel(held)
        lapse = partial(actions.pass_on_lapsed_offers, now=LAPSED)
        outcome = at_once([partial(accept, first, LAPSED), lapse, lapse])
        assert set(outcome) <= {"done", "offer_gone", "stale"}, outcome
        taken = Appointment.objects.filter(person=first.person, state="booked").count()
        offered = Hold.objects.filter(person=second.person).count()
        assert taken + offered == 1
        assert states(first, second) == (
            ["satisfied", "waiting"] if taken else ["waiting", "offered"]
        )
        assert ledger_differences() == []
        actions.leave_waiting_list(
            entry=WaitingEntry.objects.get(pk=second.pk), actor=acting(holder), now=NOW
        )
        if not taken:
            fresh = WaitingEntry.objects.get(pk=first.pk)
            actions.leave_waiting_list(entry=fresh, actor=acting(holder), now=NOW)


def test_places_freed_at_once_are_offered_to_different_people_and_nobody_deadlocks() -> None:
    make_world(places=3, days=4)
    switch_on(freed__waiting_list_first=True)
    crowd = people(24)
    held = [
        book(each, START + timedelta(minutes=10 * (n % 4))) for n, each in enumerate(crowd[:12])
    ]
    entries = [wait(each, now=NOW + timedelta(seconds=n)) for n, each in enumerate(crowd[12:20])]
    wait(crowd[12], service_code="passport")
    outcome = at_once([partial(cancel, each) for each in held])
    assert outcome == {"done": 12}
    offers = Hold.objects.filter(purpose="offer")
    assert offers.count() == offers.values("person").distinct().count() == 8
    assert states(*entries) == ["offered"] * 8
    assert set(WaitingEntry.objects.filter(state="offered").values_list("messages")) == {(1,)}
    assert ledger_differences() == []


def test_cool_downs_and_bookings_at_once_keep_the_ledger() -> None:
    make_world(places=2, days=4)
    switch_on(freed__cool_down_minutes=60)
    crowd = people(12)
    held = [book(each, START) for each in crowd[:2]]
    calls: list[Callable[[], Any]] = [partial(cancel, each) for each in held]
    calls += [partial(book, each, START) for each in crowd[2:]]
    calls += [partial(actions.warm_due_places, now=NOW + timedelta(hours=1))] * 3
    outcome = at_once(calls)
    assert set(outcome) <= {"done", "slot_taken"}
    assert active() <= 2
    assert ledger_differences() == []


def test_the_answer_against_the_deadline_is_decided_once() -> None:
    make_world(places=8, days=4)
    switch_on(confirm__ask_hours=48)
    held = [book(each, START) for each in people(8)]
    assert actions.ask_to_confirm(now=ASK) == 8
    rows = Appointment.objects.select_related("centre", "offering__centre", "person")
    answers = [
        partial(
            actions.confirm_appointment,
            appointment=each,
            actor=acting(each.person),
            now=DEADLINE,
        )
        for each in rows
    ]
    expire = partial(actions.free_unconfirmed, now=DEADLINE)
    outcome = at_once([*answers[:4], expire, expire, *answers[4:]])
    assert set(outcome) <= {"done", "not_confirmed"}, outcome
    kept = Appointment.objects.filter(state="booked", confirmed_at__isnull=False).count()
    lost = Appointment.objects.filter(state="cancelled", confirmed_at__isnull=True).count()
    assert kept + lost == len(held)
    assert outcome["not_confirmed"] == lost
    assert History.objects.filter(reason="not_confirmed").count() == lost
    assert ledger_differences() == []


def test_control_a_deadline_read_before_the_write_loses_what_was_confirmed() -> None:
    """The same race against read-then-write: the test above can tell the difference."""
    make_world(places=1, days=4)
    switch_on(confirm__ask_hours=48)
    held = book(make_person(1), START)
    actions.ask_to_confirm(now=ASK)
    read, answered = threading.Event(), threading.Event()

    def read_then_write() -> None:
        row = Appointment.objects.get(pk=held.pk)
        assert row.confirmed_at is None
        read.set()
        assert answered.wait(60)
        with transaction.atomic():
            Appointment.objects.filter(pk=row.pk).update(state="cancelled")

    def answer() -> None:
        assert read.wait(60)
        connection.close()
        row = Appointment.objects.select_related("centre", "offering__centre").get(pk=held.pk)
        actions.confirm_appointment(appointment=row, actor=acting(held.person), now=DEADLINE)
        answered.set()

    assert at_once([read_then_write, answer]) == {"done": 2}
    row = Appointment.objects.get(pk=held.pk)
    assert (row.state, row.confirmed_at) == ("cancelled", DEADLINE)


def test_control_an_offer_given_up_unasked_breaks_the_ledger() -> None:
    """Where the lapse does not look whether it deleted the hold itself, the ledger is wrong."""
    make_world(places=1, days=4)
    switch_on(freed__waiting_list_first=True)
    holder, first = people(2)
    held = book(holder, START)
    entry = wait(first)
    cancel(held)
    stale = WaitingEntry.objects.select_related("person", "service", "centre").get(pk=entry.pk)
    hold = Hold.objects.select_related("offering__centre").get()
    accept(entry, LAPSED)
    assert waiting._given_up(stale) == []
    with transaction.atomic():
        change(leave=[hold_stay(hold)], enter=[])
    assert ledger_differences() != []
