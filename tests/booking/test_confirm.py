"""Confirm or lose: asked in time, answered once, freed without a strike."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from booking.waiting_world import acting, book, cancel, deliver, switch_on, told, wait
from mawaeed.booking import actions
from mawaeed.booking.errors import NotConfirmedInTime
from mawaeed.booking.ledger import ledger_differences
from mawaeed.booking.legs import Wanted
from mawaeed.booking.models import Appointment
from mawaeed.conduct.models import Event, Standing
from mawaeed.kernel.actor import SYSTEM
from mawaeed.kernel.models import History, OutboxEvent, PolicyValue
from mawaeed.notifications.models import Message
from mawaeed.people.models import Person
from small_world import NOW, World, local, make_person, make_world, open_pool

pytestmark = pytest.mark.django_db
START = local(9, days=5)
ASK = START - timedelta(hours=48)
DEADLINE = START - timedelta(hours=24)
SECOND = timedelta(seconds=1)


@pytest.fixture
def world() -> World:
    return make_world(places=1)


@pytest.fixture
def person(world: World) -> Person:
    return make_person(1, language="en")


def fresh(appointment: Appointment) -> Appointment:
    return Appointment.objects.select_related("centre", "offering__centre", "person").get(
        pk=appointment.pk
    )


def answer(appointment: Appointment, now: datetime) -> Appointment:
    found = fresh(appointment)
    return actions.confirm_appointment(appointment=found, actor=acting(found.person), now=now)


def test_nobody_is_asked_where_the_option_is_off(person: Person) -> None:
    held = book(person, START)
    assert held.confirmed_at is None
    assert actions.ask_to_confirm(now=ASK) == 0
    assert actions.free_unconfirmed(now=START - SECOND) == 0
    assert answer(held, ASK).confirmed_at is None
    assert fresh(held).state == "booked"


def test_asked_once_in_time_with_the_deadline(person: Person) -> None:
    switch_on(confirm__ask_hours=48)
    held = book(person, START)
    assert actions.ask_to_confirm(now=ASK - SECOND) == 0
    assert actions.ask_to_confirm(now=ASK) == 1
    assert actions.ask_to_confirm(now=ASK + SECOND) == 0
    held = fresh(held)
    assert (held.confirm_asked_at, held.confirm_by, held.state) == (ASK, DEADLINE, "booked")
    deliver(ASK)
    [message] = Message.objects.filter(kind="confirmation_asked")
    assert message.to == person.mobile
    assert f"/e/{held.secret}/confirm" in message.text


def test_confirmed_in_time_is_kept_and_a_repeat_changes_nothing(person: Person) -> None:
    switch_on(confirm__ask_hours=48)
    held = book(person, START)
    actions.ask_to_confirm(now=ASK)
    assert answer(held, ASK + SECOND).confirmed_at == ASK + SECOND
    assert answer(held, ASK + 2 * SECOND).confirmed_at == ASK + SECOND
    assert OutboxEvent.objects.filter(kind="appointment_confirmed").count() == 1
    assert actions.free_unconfirmed(now=DEADLINE) == 0
    assert fresh(held).state == "booked"


def test_unconfirmed_is_freed_without_a_strike(person: Person) -> None:
    switch_on(confirm__ask_hours=48)
    held = book(person, START)
    actions.ask_to_confirm(now=ASK)
    assert actions.free_unconfirmed(now=DEADLINE - SECOND) == 0
    assert actions.free_unconfirmed(now=DEADLINE) == 1
    held = fresh(held)
    assert held.state == "cancelled"
    assert not Event.objects.exists()
    assert Standing.objects.get(person=person).active_count == 0
    change = History.objects.filter(subject_kind="appointment").latest("pk")
    assert (change.to_state, change.reason, change.actor_kind) == (
        "cancelled",
        "not_confirmed",
        "system",
    )
    assert ledger_differences() == []
    deliver(DEADLINE)
    [message] = Message.objects.filter(kind="appointment_cancelled")
    assert "was not confirmed" in message.text
    with pytest.raises(NotConfirmedInTime):
        answer(held, DEADLINE)
    assert book(make_person(2), START, now=DEADLINE).state == "booked"


def test_what_is_still_booked_can_be_confirmed_late(person: Person) -> None:
    switch_on(confirm__ask_hours=48)
    held = book(person, START)
    actions.ask_to_confirm(now=ASK)
    assert answer(held, DEADLINE + SECOND).confirmed_at == DEADLINE + SECOND
    assert actions.free_unconfirmed(now=DEADLINE + SECOND) == 0


def test_booked_or_moved_after_the_question_counts_as_confirmed(person: Person) -> None:
    switch_on(confirm__ask_hours=48)
    held = book(person, local(9, days=7))
    assert held.confirmed_at is None
    moment = START - timedelta(hours=30)
    moved = actions.move_appointment(
        appointment=held, starts_at=START, actor=acting(person), now=moment
    )
    assert fresh(moved).confirmed_at == moment
    late = book(make_person(2), START + timedelta(minutes=10), now=moment)
    assert late.confirmed_at == moment
    assert actions.ask_to_confirm(now=moment) == 0
    assert actions.free_unconfirmed(now=START - SECOND) == 0


def test_a_move_to_a_later_day_is_asked_about_anew(person: Person) -> None:
    switch_on(confirm__ask_hours=48)
    held = book(person, START)
    actions.ask_to_confirm(now=ASK)
    answer(held, ASK)
    later = local(9, days=9)
    PolicyValue.objects.create(key="booking.horizon_days", value=20, effective_from=local(0))
    switch_on()
    open_pool(held.pool, days=4, places=1, first_day=8)
    actions.move_appointment(
        appointment=fresh(held), starts_at=later, actor=acting(person), now=ASK
    )
    held = fresh(held)
    assert (held.confirm_asked_at, held.confirm_by, held.confirmed_at) == (None, None, None)
    assert actions.ask_to_confirm(now=later - timedelta(hours=48)) == 1


def test_checked_in_is_never_lost(person: Person) -> None:
    switch_on(confirm__ask_hours=2, confirm__deadline_hours=0)
    held = book(person, START)
    asked_at = START - timedelta(hours=2)
    assert actions.ask_to_confirm(now=asked_at) == 1
    actions.check_in(appointment=fresh(held), actor=SYSTEM, now=START - timedelta(minutes=10))
    assert actions.free_unconfirmed(now=START) == 0
    assert fresh(held).state == "checked_in"
    assert answer(held, START).state == "checked_in"


def test_the_place_goes_to_those_who_wait(person: Person) -> None:
    switch_on(confirm__ask_hours=48)
    book(person, START)
    waiting = make_person(2, mobile="+97336001235")
    wait(waiting)
    actions.ask_to_confirm(now=ASK)
    actions.free_unconfirmed(now=DEADLINE)
    deliver(DEADLINE)
    assert told() == [waiting.mobile]


def test_only_the_offerings_switched_on_are_asked(person: Person, world: World) -> None:
    here = world.dana.offerings.get(service=world.renewal)
    PolicyValue.objects.create(
        key="confirm.ask_hours",
        value=48,
        scope_kind="offering",
        scope_id=here.pk,
        effective_from=local(0),
    )
    switch_on()
    asked = book(person, START)
    left = book(person, START + timedelta(minutes=10), service_code="passport")
    assert actions.ask_to_confirm(now=ASK) == 1
    assert fresh(asked).confirm_asked_at == ASK
    assert fresh(left).confirm_asked_at is None


def test_asked_too_late_stands_as_it_is(person: Person) -> None:
    held = book(person, START)
    switch_on(confirm__ask_hours=48)
    assert actions.ask_to_confirm(now=START - timedelta(hours=11)) == 0
    assert fresh(held).confirmed_at == START - timedelta(hours=11)
    other = book(make_person(2), START + timedelta(minutes=10))
    late = START - timedelta(hours=30)
    assert actions.ask_to_confirm(now=late) == 1
    assert fresh(other).confirm_by == late + timedelta(hours=12)


def test_cancelled_after_the_question_is_not_cancelled_again(person: Person) -> None:
    switch_on(confirm__ask_hours=48)
    held = book(person, START)
    actions.ask_to_confirm(now=ASK)
    cancel(held, now=ASK)
    assert actions.free_unconfirmed(now=DEADLINE) == 0


def test_a_visit_is_asked_once_and_confirmed_as_a_whole(person: Person) -> None:
    switch_on(confirm__ask_hours=48)
    legs = actions.book_visit(
        person=person,
        wanted=[Wanted("renewal"), Wanted("passport")],
        centre_code="dana",
        starts_at=START,
        actor=acting(person),
        now=NOW,
    )
    moment = ASK + timedelta(hours=1)
    assert actions.ask_to_confirm(now=moment) == 2
    deliver(moment)
    assert Message.objects.filter(kind="confirmation_asked").count() == 1
    answer(legs[1], moment)
    assert [fresh(leg).confirmed_at for leg in legs] == [moment, moment]
