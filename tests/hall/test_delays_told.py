"""Told before coming that the hall runs late: once each, and coming that much later is no fault."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hall_day import KIOSK, arrived, booked, state_of_appointment
from mawaeed.booking import actions as booking
from mawaeed.booking.actions import move_appointment
from mawaeed.booking.legs import Wanted
from mawaeed.centres.models import Offering, Pool
from mawaeed.conduct.models import Event
from mawaeed.hall import actions
from mawaeed.hall.actions.delays import warn_arrivals
from mawaeed.hall.actions.unclaimed import expire_unclaimed
from mawaeed.hall.errors import TooLate
from mawaeed.hall.models import DelayWarning
from mawaeed.hall.presence import phone_check_in
from mawaeed.kernel import deliveries
from mawaeed.kernel.actor import SYSTEM, Actor
from mawaeed.kernel.models import History
from mawaeed.notifications import hall_wording
from mawaeed.notifications.models import Message
from mawaeed.notifications.parts import count_parts
from small_world import NOW, World, local, make_person, make_world, open_pool

pytestmark = pytest.mark.django_db
BOSS = Actor("staff", 7)
NINE = local(9)


@pytest.fixture
def world() -> World:
    return make_world(places=3, days=2)


def warn(world: World, minutes: int = 25) -> int:
    return warn_arrivals(pool=world.dana_pool, minutes=minutes, reason="Late", actor=BOSS, now=NINE)


def test_each_is_told_once_and_only_those_still_to_come(world: World) -> None:
    soon, later, elsewhere = (
        booked(local(9, 30)),
        booked(local(12)),
        booked(local(10), centre="muharraq"),
    )
    arrived(local(9, 20), at=local(9))
    assert warn(world) == 1
    assert warn(world, 40) == 0
    assert DelayWarning.objects.get().appointment_id == soon.pk
    while deliveries.fan_out() or deliveries.deliver_due(now=NINE):
        pass
    told = Message.objects.filter(kind="arrivals_warned")
    assert [each.to for each in told] == [soon.person.mobile]
    assert not DelayWarning.objects.filter(appointment__in=[later.pk, elsewhere.pk]).exists()
    row = History.objects.get(to_state="arrivals_warned")
    assert (row.actor_id, row.details["appointments"]) == (7, [soon.pk])


def test_who_comes_as_late_as_told_keeps_the_turn_and_is_not_missed(world: World) -> None:
    appointment = booked(local(9, 30))
    warn(world)
    moment = local(9, 30) + timedelta(minutes=25)
    assert expire_unclaimed(now=moment) == 0
    assert phone_check_in(appointment, moment) is not None
    ticket = actions.check_in(appointment=appointment, actor=KIOSK, now=moment)
    assert (ticket.due_at, ticket.late) == (local(9, 30), False)


def test_who_comes_later_than_told_and_the_usual_minutes_is_missed(world: World) -> None:
    appointment = booked(local(9, 30))
    warn(world)
    moment = local(9, 30) + timedelta(minutes=25 + 15)
    with pytest.raises(TooLate):
        actions.check_in(appointment=appointment, actor=KIOSK, now=moment)
    assert expire_unclaimed(now=moment - timedelta(seconds=1)) == 0
    assert expire_unclaimed(now=moment) == 1
    assert state_of_appointment(appointment) == "no_show"
    assert Event.objects.filter(kind=Event.Kind.MISSED).count() == 1


def test_who_was_told_nothing_is_missed_as_ever(world: World) -> None:
    booked(local(9, 30))
    assert expire_unclaimed(now=local(9, 45)) == 1
    assert booking.expire_unclaimed(now=local(9, 45)) == 0


def test_the_parts_that_follow_in_another_hall_wait_as_long(world: World) -> None:
    wing = Pool.objects.create(centre=world.dana, code="wing", name={"ar": "ج", "en": "Wing"})
    open_pool(wing, days=2, places=3, hours=(7, 14))
    Offering.objects.filter(centre=world.dana, service=world.passport).update(pool=wing)
    first, second = booking.book_visit(
        person=make_person(9),
        wanted=[Wanted("renewal"), Wanted("passport")],
        centre_code="dana",
        starts_at=local(9, 30),
        actor=SYSTEM,
        now=NOW,
    )
    assert warn(world, 60) == 1
    assert expire_unclaimed(now=local(10, 25)) == 0
    assert [state_of_appointment(each) for each in (first, second)] == ["booked", "booked"]
    assert expire_unclaimed(now=local(11)) == 2


def test_what_was_told_does_not_go_along_to_another_day(world: World) -> None:
    appointment = booked(local(9, 30))
    warn(world)
    appointment.refresh_from_db()
    move_appointment(
        appointment=appointment, starts_at=local(9, 30, days=1), actor=SYSTEM, now=NINE
    )
    assert expire_unclaimed(now=local(9, 45, days=1)) == 1


@pytest.mark.parametrize("language", ["ar", "en"])
def test_the_message_is_one_part_and_says_until_when(world: World, language: str) -> None:
    text = hall_wording.arrivals_warned(booked(local(9, 30)), minutes=25, language=language)
    assert "9:55" in text
    assert "9:30" in text
    assert count_parts(text) == 1
