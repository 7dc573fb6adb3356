"""Booking for people and changing a centre's days, over the API with a staff token."""

from __future__ import annotations

from typing import Any

import pytest

from mawaeed.availability.models import CalendarChange, Interval
from mawaeed.booking.models import Appointment
from mawaeed.kernel import clock
from mawaeed.kernel.models import History, IdempotencyKey
from mawaeed.people.models import Person, Role
from residents import NUMBER, OTHER_NUMBER
from small_world import NOW, World, local, make_staff, make_world
from staff_machine import Machine, token_for, told

pytestmark = pytest.mark.django_db
TEN, ELEVEN = "2026-11-23T10:00:00+03:00", "2026-11-23T11:00:00+03:00"
NEAREST = "2026-11-23T09:20:00+03:00"
CLOSING = {"kind": "close", "starts_at": "2026-11-23T09:30:00+03:00", "ends_at": ELEVEN}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return make_world(days=2)


@pytest.fixture
def person(world: World) -> Person:
    from mawaeed.kernel.actor import SYSTEM
    from mawaeed.people.actions import register_at_desk

    return register_at_desk(
        actor=SYSTEM,
        personal_number=NUMBER,
        birth_date="1990-01-15",
        mobile="36001234",
        language="ar",
        now=NOW,
        name="Examplename",
    )


@pytest.fixture
def reception(world: World) -> Machine:
    staff = make_staff(world, "reception", Role.RECEPTIONIST, world.dana)
    return Machine(world, token_for(staff, NOW))


@pytest.fixture
def supervisor(world: World) -> Machine:
    staff = make_staff(world, "supervisor", Role.SUPERVISOR, world.dana)
    return Machine(world, token_for(staff, NOW))


def book(machine: Machine, key: str = "", **changes: Any) -> Any:
    body = {"personal_number": NUMBER, "service": "renewal", "starts_at": TEN, **changes}
    return machine.post("appointments", body, key=key)


def test_booking_moving_and_cancelling_for_a_caller(reception: Machine, person: Person) -> None:
    booked = book(reception, "one", channel="phone")
    again = book(reception, "one", channel="phone")
    reference = booked.json()["reference"]

    assert (booked.status_code, again.json()) == (201, booked.json())
    appointment = Appointment.objects.get()
    assert (appointment.channel, appointment.person) == ("phone", person)
    assert told(book(reception)) == (409, "already_booked")
    seen = reception.post("people", {"personal_number": NUMBER}).json()
    assert (seen["name"], seen["number"]) == ("Examplename", "•••••0000")
    assert [each["reference"] for each in seen["appointments"]] == [reference]
    theirs = {"personal_number": NUMBER}
    moved = reception.post(f"appointments/{reference}/move", {**theirs, "starts_at": ELEVEN})
    assert moved.json()["starts_at"] == ELEVEN
    another = {"personal_number": OTHER_NUMBER}
    assert told(reception.post(f"appointments/{reference}/cancel", another)) == (
        404,
        "nobody_found",
    )
    cancelled = reception.post(f"appointments/{reference}/cancel", theirs)
    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    by = History.objects.filter(subject_kind="appointment").values_list("actor_kind", flat=True)
    assert set(by) == {"staff"}
    kept = str(list(IdempotencyKey.objects.values_list("result", "body_hash", "key")))
    assert NUMBER not in kept
    assert "Examplename" not in kept


def test_a_staff_place_needs_a_reason(reception: Machine, person: Person, world: World) -> None:
    Interval.objects.filter(pool=world.dana_pool).update(staff_reserve=2)
    assert told(book(reception)) == (409, "slot_taken")

    assert told(book(reception, places="staff", reason=" ")) == (422, "reason_needed")
    assert book(reception, places="staff", reason="urgent").status_code == 201

    assert Appointment.objects.get().places == "staff"
    places = reception.get("staff-places?service=renewal").json()["items"]
    assert {each["places_left"] for each in places if each["starts_at"] == TEN} == {1}


def test_closing_a_morning_and_undoing_it(
    supervisor: Machine, reception: Machine, person: Person
) -> None:
    reference = book(reception).json()["reference"]

    seen = supervisor.post("calendar/plan", {"wish": CLOSING})

    assert seen.json()["displaced"] == [
        {
            "references": [reference],
            "services": ["renewal"],
            "starts_at": TEN,
            "new_starts_at": NEAREST,
            "new_centre": "dana",
        }
    ]
    assert not CalendarChange.objects.exists()
    asked = {"wish": CLOSING, "reason": "Burst pipe"}
    assert told(supervisor.post("calendar/changes", {**asked, "choice": "keep"})) == (
        422,
        "malformed",
    )
    made = supervisor.post("calendar/changes", asked, key="close")
    again = supervisor.post("calendar/changes", asked, key="close")
    assert (made.status_code, made.json()["moved"], made.json()["working"]) == (201, 1, False)
    assert again.json() == made.json()
    assert Appointment.objects.get().starts_at == local(9, 20, days=1)
    undone = supervisor.post(f"calendar/changes/{made.json()['id']}/undo")
    assert undone.json()["undone"] is True
    assert supervisor.get("calendar/changes").json()["items"] == [undone.json()]
    assert not Interval.objects.filter(capacity=0).exists()
    other = supervisor.post(f"calendar/changes/{made.json()['id']}/undo", centre="muharraq")
    assert told(other) == (404, "not_found")


@pytest.mark.parametrize(
    "wish",
    [
        {"kind": "add", "counter": 9, "pool": "main"},
        {"kind": "retire", "counter": 2},
        {"kind": "away", "counter": 1, "starts_at": TEN, "ends_at": ELEVEN},
        {
            "kind": "hours",
            "weekdays": [1],
            "opens": "08:00",
            "closes": "12:00",
            "from": "2026-11-23",
            "until": "2026-11-23",
        },
    ],
    ids=lambda wish: wish["kind"],
)
def test_every_kind_of_change(supervisor: Machine, wish: dict[str, Any]) -> None:
    made = supervisor.post("calendar/changes", {"wish": wish, "reason": "why"})

    assert made.status_code == 201, made.content
