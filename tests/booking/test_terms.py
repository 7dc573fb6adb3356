"""Copies of offerings that are kept for long never decide anything that has changed since."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from mawaeed.booking import actions as booking
from mawaeed.booking.errors import UnknownCentre
from mawaeed.booking.models import Appointment
from mawaeed.booking.offerings import forget_offering, kept_offering
from mawaeed.booking.statement.terms import terms_of
from mawaeed.centres.models import Offering, Service
from mawaeed.kernel.actor import Actor
from mawaeed.people.models import Person
from small_world import NOW, World, local, make_person, make_world

NINE = local(9, days=1)


@pytest.fixture
def world(db: None) -> World:
    made = make_world()
    forget_offering("renewal", "dana")
    return made


def book(person: Person) -> dict[str, Any]:
    return booking.book_once(
        person=person,
        service_code="renewal",
        centre_code="dana",
        starts_at=NINE,
        actor=Actor("person", person.pk, "api"),
        now=NOW,
        key="k",
        body={},
        shape=lambda made: {"ends_at": made.ends_at.isoformat()},
    )


def test_a_copy_is_kept_and_says_what_the_row_says(
    world: World, django_assert_num_queries: Any
) -> None:
    first = kept_offering("renewal", "dana")
    with django_assert_num_queries(0):
        assert kept_offering("renewal", "dana") is first

    row = Offering.objects.select_related("service", "centre").get(
        service__code="renewal", centre__code="dana"
    )
    assert terms_of(first) == terms_of(row)


def test_what_has_changed_since_is_in_force(world: World) -> None:
    kept_offering("renewal", "dana")
    Service.objects.filter(code="renewal").update(duration_minutes=20)
    Offering.objects.filter(service__code="renewal", centre__code="dana").update(
        pool=world.muharraq_pool
    )

    answer = book(make_person(1))

    made = Appointment.objects.get()
    assert made.ends_at - made.starts_at == timedelta(minutes=20)
    assert made.pool_id == world.muharraq_pool.pk
    assert answer == {"ends_at": made.ends_at.isoformat()}
    assert kept_offering("renewal", "dana").service.duration_minutes == 20


def test_what_is_no_longer_offered_is_refused(world: World) -> None:
    kept_offering("renewal", "dana")
    Offering.objects.filter(service__code="renewal", centre__code="dana").update(active=False)

    with pytest.raises(UnknownCentre):
        book(make_person(1))

    assert not Appointment.objects.exists()


def test_a_copy_refuses_nothing_that_is_possible_now(world: World) -> None:
    """A second person had to come when the copy was made."""
    Service.objects.filter(code="renewal").update(people_present=2)
    kept_offering("renewal", "dana").service.people_present = 2
    Service.objects.filter(code="renewal").update(people_present=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mawaeed.booking.actions.book.policy", _companion_required)
        book(make_person(1))

    assert Appointment.objects.count() == 1


def _companion_required(key: str, *_: Any) -> Any:
    return {"booking.companion_required": True, "booking.active_cap": 5}[key]
