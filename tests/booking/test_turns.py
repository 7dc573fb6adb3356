"""Locks are taken in one order, and what was read before them is read again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from mawaeed.availability import places
from mawaeed.availability.places import Stay
from mawaeed.booking import actions
from mawaeed.booking.errors import DependantsNotAllowed
from mawaeed.booking.ledger import ledger_differences
from mawaeed.booking.models import Appointment, WaitingEntry
from mawaeed.conduct.actions import lift_block, standing_for_update
from mawaeed.conduct.models import Block, Standing
from mawaeed.kernel import deliveries, policies
from mawaeed.kernel.actor import SYSTEM
from mawaeed.kernel.models import History, OutboxEvent, PolicyValue
from mawaeed.people.models import Beneficiary, Dependant, Person
from small_world import NOW, World, local, make_dependant, make_person, make_world


@pytest.fixture
def world(db: None) -> World:
    return make_world()


@pytest.fixture
def person(world: World) -> Person:
    return make_person(1)


def book(person: Person, service: str, centre: str, hour: int, **more: Any) -> Appointment:
    return actions.book_appointment(
        person=person,
        service_code=service,
        centre_code=centre,
        starts_at=local(hour, days=1),
        actor=SYSTEM,
        now=NOW,
        **more,
    )


def set_policies(**values: Any) -> None:
    for key, value in values.items():
        PolicyValue.objects.create(key=f"conduct.{key}", value=value, effective_from=NOW)
    policies.forget_policies()


@pytest.fixture
def locked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, Any]]:
    """(pool, start) of the ledger's rows in the order in which they are locked first."""
    seen: list[tuple[int, Any]] = []
    real: Callable[[Sequence[Stay]], list[Any]] = places._locked

    def note(stays: Sequence[Stay]) -> list[Any]:
        rows = real(stays)
        seen.extend(row for each in rows if (row := (each[6], each[3])) not in seen)
        return rows

    monkeypatch.setattr(places, "_locked", note)
    return seen


def misses(appointment: Appointment) -> None:
    actions.mark_no_show(
        appointment=appointment, actor=SYSTEM, now=local(9, 20, days=1), reason="test"
    )


def cancels_late(appointment: Appointment) -> None:
    actions.cancel_appointment(appointment=appointment, actor=SYSTEM, now=local(8, 30, days=1))


def after_commit() -> None:
    while deliveries.fan_out():
        pass
    while deliveries.deliver_due(now=local(9, 21, days=1)):
        pass


@pytest.mark.parametrize(
    ("happens", "state"), [(misses, "no_show"), (cancels_late, "cancelled")], ids=["miss", "cancel"]
)
def test_a_block_that_ends_all_bookings_gives_their_places_back_in_order(
    person: Person,
    locked: list[tuple[int, Any]],
    happens: Callable[[Appointment], None],
    state: str,
) -> None:
    set_policies(threshold=0, block_cancels_bookings=True)
    first = book(person, "renewal", "muharraq", 9)
    for service, centre, hour in (("customs", "muharraq", 13), ("passport", "dana", 11)):
        book(person, service, centre, hour)
    happens(first)
    OutboxEvent.objects.filter(kind="appointment_cancelled").delete()
    locked.clear()
    after_commit()
    assert len(locked) == 4 + 3
    assert locked == sorted(locked)
    states = Appointment.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == [state, "cancelled", "cancelled"]
    assert Standing.objects.get(person=person).active_count == 0
    told = OutboxEvent.objects.filter(kind="appointment_cancelled")
    assert [event.payload["by"] for event in told] == ["centre"] * 2
    assert History.objects.filter(to_state="cancelled", reason="blocked").count() == 2
    assert ledger_differences() == []


def test_a_block_lifted_in_the_meantime_ends_nothing(person: Person) -> None:
    set_policies(threshold=0, block_cancels_bookings=True)
    missed, other = book(person, "renewal", "dana", 9), book(person, "passport", "dana", 11)
    misses(missed)
    lift_block(block=Block.objects.get(), actor=SYSTEM, reason="test", now=local(9, 20, days=1))
    after_commit()
    other.refresh_from_db()
    assert other.state == "booked"


@pytest.mark.parametrize("blocks", [True, False])
def test_what_is_booked_stays_unless_a_block_is_to_end_it(person: Person, blocks: bool) -> None:
    set_policies(threshold=0 if blocks else 3, block_cancels_bookings=not blocks)
    missed, other = book(person, "renewal", "dana", 9), book(person, "passport", "dana", 11)
    misses(missed)
    after_commit()
    other.refresh_from_db()
    assert other.state == "booked"


def wait(person: Person, child: Beneficiary) -> None:
    actions.join_waiting_list(
        person=person, service_code="passport", beneficiary=child, actor=SYSTEM, now=NOW
    )


def book_for(person: Person, child: Beneficiary) -> None:
    book(person, "passport", "dana", 10, beneficiary=child)


@pytest.mark.parametrize(("room", "ask"), [("book", book_for), ("waiting", wait)])
def test_nothing_is_booked_for_a_dependant_forgotten_in_this_moment(
    person: Person,
    room: str,
    ask: Callable[[Person, Beneficiary], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever forgets one holds the limit row; who booked waits for it and looks again."""
    child = make_dependant(person)

    def after_another(person_id: int) -> Standing:
        Dependant.objects.filter(guardian_id=person_id).delete()
        return standing_for_update(person_id)

    monkeypatch.setattr(f"mawaeed.booking.actions.{room}.standing_for_update", after_another)
    with pytest.raises(DependantsNotAllowed):
        ask(person, child)
    assert not Appointment.objects.exists()
    assert not WaitingEntry.objects.exists()
