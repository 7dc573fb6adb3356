"""The share of staff places, with reasons and by whom."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client

from mawaeed.availability.models import Interval
from mawaeed.booking.actions import book_appointment
from mawaeed.booking.legs import Assisted
from mawaeed.insight.assisted import reserve_use_this_week, reserve_use_today
from mawaeed.kernel import clock
from mawaeed.kernel.actor import Actor
from mawaeed.people.models import Role, Staff
from small_world import NOW, World, local, make_person, make_staff, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    made = make_world(places=3, days=4)
    Interval.objects.update(staff_reserve=1)
    return made


def book(serial: int, staff: Staff | None = None, reason: str = "", now: datetime = NOW) -> None:
    by = Assisted(staff.pk, reserve_reason=reason) if staff else None
    book_appointment(
        person=make_person(serial),
        service_code="renewal",
        centre_code="dana",
        starts_at=local(9, 10 * serial, days=2),
        actor=Actor("staff", staff.pk) if staff else Actor("person", 1, "web"),
        now=now,
        assisted=by,
    )


def test_share_reasons_and_names(world: World) -> None:
    sara = make_staff(world, "sara", Role.RECEPTIONIST, world.dana)
    book(0)
    book(1)
    book(2, sara)
    book(3, sara, "urgent")
    book(4, sara, "Court on Monday", now=NOW + timedelta(days=1))
    later = NOW + timedelta(days=1)
    today = reserve_use_today(world.dana, later)
    assert (today.booked, today.by_staff, today.from_reserve) == (1, 1, 1)
    week = reserve_use_this_week(world.dana, later)
    assert (week.booked, week.by_staff, week.from_reserve) == (5, 3, 2)
    assert (week.percent, week.is_flagged) == (40.0, True)
    assert sorted(count for _, count in week.by_reason) == [1, 1]
    assert ("Court on Monday", 1) in week.by_reason
    assert week.by_whom == [("sara", 2)]


def test_a_fifth_is_not_flagged_yet_and_nothing_is_nothing(world: World) -> None:
    sara = make_staff(world, "sara", Role.RECEPTIONIST, world.dana)
    assert reserve_use_today(world.dana, NOW).percent == 0
    for serial in range(4):
        book(serial)
    book(4, sara, "urgent")
    week = reserve_use_this_week(world.dana, NOW)
    assert (week.percent, week.is_flagged) == (20.0, False)
    assert reserve_use_this_week(world.muharraq, NOW).booked == 0


@pytest.mark.parametrize("language", ["ar", "en"])
def test_the_supervisor_sees_it_and_the_receptionist_does_not(
    world: World, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    sara = make_staff(world, "sara", Role.RECEPTIONIST, world.dana)
    head = make_staff(world, "head", Role.SUPERVISOR, world.dana)
    book(0)
    book(1, sara, "Court on Monday")
    client = Client()
    client.cookies["language"] = language
    client.force_login(head)
    page = client.get("/supervisor/dana/").content.decode()
    assert "Court on Monday" in page
    assert "50%" in page
    assert "sara" in page
    client.force_login(sara)
    assert client.get("/supervisor/dana/").status_code == 403
