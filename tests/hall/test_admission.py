"""Who is admitted without an appointment: the rule, the ledger it reads, and its exceptions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import F
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from hall_day import CLERK, KIOSK, booked, offering_of, walked_in, working
from mawaeed.availability.models import Interval
from mawaeed.booking.actions import cancel_appointment, expire_unclaimed
from mawaeed.hall import actions
from mawaeed.hall.errors import WalkInsFull
from mawaeed.hall.models import NumberSeries, Ticket
from mawaeed.hall.rules import Stretch, fits_into_the_day, minutes_left
from mawaeed.kernel.actor import SYSTEM
from mawaeed.kernel.models import History, PolicyValue
from mawaeed.kernel.policies import forget_policies
from mawaeed.people.models import Person
from small_world import World, local, make_person, make_world

START = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
STEP = timedelta(minutes=5)
# untaken and, of these, still for sale; sometimes more is sold than there is
PLACES = st.lists(st.tuples(st.integers(-3, 6), st.integers(-3, 6)), max_size=40)


def day_of(places: list[tuple[int, int]]) -> list[Stretch]:
    return [
        Stretch(START + STEP * index, START + STEP * (index + 1), untaken, for_sale)
        for index, (untaken, for_sale) in enumerate(places)
    ]


@given(PLACES, st.integers(0, 200), st.integers(0, 200))
def test_minutes_left_lie_between_nothing_and_all_that_is_untaken(
    places: list[tuple[int, int]], into: int, ahead: int
) -> None:
    day, now = day_of(places), START + timedelta(minutes=into)
    left = minutes_left(day, now=now, for_sale_until=now + timedelta(minutes=ahead))
    whole = sum(5 * max(0, untaken) for untaken, _ in places)
    assert 0 <= left <= whole
    assert left <= minutes_left(day, now=now, for_sale_until=now + timedelta(days=1))


@given(PLACES, st.integers(0, 200), st.integers(0, 100), st.integers(0, 100))
def test_looking_further_ahead_never_leaves_less_and_later_never_more(
    places: list[tuple[int, int]], into: int, ahead: int, more: int
) -> None:
    day, now = day_of(places), START + timedelta(minutes=into)
    until = now + timedelta(minutes=ahead)
    left = minutes_left(day, now=now, for_sale_until=until)
    assert left <= minutes_left(day, now=now, for_sale_until=until + timedelta(minutes=more))
    later = now + timedelta(minutes=more)
    assert minutes_left(day, now=later, for_sale_until=until) <= left


def test_for_sale_counts_near_and_a_reserve_counts_always() -> None:
    day = day_of([(2, 2)] * 12 + [(3, 2)] * 12)
    left = minutes_left(day, now=START, for_sale_until=START + timedelta(minutes=60))
    assert left == 12 * 2 * 5 + 12 * 1 * 5
    half = minutes_left(day, now=START + timedelta(minutes=2), for_sale_until=START + STEP)
    assert half == 2 * 3 + 12 * 1 * 5


def test_what_is_promised_counts_against_what_is_left() -> None:
    assert fits_into_the_day(30, 20, 10)
    assert not fits_into_the_day(30, 21, 10)


pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    """One counter, open 07:00–14:00; near means the hour that comes."""
    return make_world(places=1, days=2)


def reserve(world: World, places: int = 1) -> None:
    Interval.objects.filter(pool=world.dana_pool).update(walk_in_reserve=places)


def fill_up(world: World, at: datetime) -> int:
    """Take tickets until no more are given; how many."""
    for taken in range(200):
        try:
            walked_in(world.dana, at)
        except WalkInsFull:
            return taken
    raise AssertionError("nobody was ever refused")


def test_unsold_places_count_when_near_and_the_reserve_all_day(world: World) -> None:
    assert fill_up(world, local(9)) == 6  # the coming hour, ten minutes each
    reserve(world)
    assert fill_up(world, local(9)) == 30 - 6  # five hours in all


def test_a_booked_place_is_not_for_walk_ins_and_a_freed_one_is(world: World) -> None:
    appointment = booked(local(9, 30))
    assert fill_up(world, local(9)) == 5
    cancel_appointment(appointment=appointment, actor=SYSTEM, now=local(9))
    walked_in(world.dana, local(9))
    with pytest.raises(WalkInsFull):
        walked_in(world.dana, local(9))


def test_a_place_unclaimed_when_check_in_closes_is_for_walk_ins(world: World) -> None:
    """Twenty minutes from 9:30, and nobody came: at 9:45 what is left of them is open again."""
    booked(local(9, 30), service="customs")
    assert fill_up(world, local(9, 45)) == 5
    assert expire_unclaimed(now=local(9, 45)) == 1
    assert fill_up(world, local(9, 45)) == 1


def test_staff_reserve_and_places_cooling_down_are_open_to_walk_ins(world: World) -> None:
    later = Interval.objects.filter(pool=world.dana_pool, starts_at__gte=local(12))
    later.filter(starts_at__lt=local(12, 30)).update(staff_reserve=1)
    later.filter(starts_at__gte=local(12, 30), starts_at__lt=local(13)).update(cooling=1)
    assert fill_up(world, local(9)) == 6 + 6


def test_being_served_makes_room(world: World) -> None:
    session = working(world, 1, at=local(8))
    assert fill_up(world, local(9)) == 6
    ticket = actions.call_next(counter_session=session, now=local(9), actor=CLERK)
    assert ticket is not None
    serving = actions.start_service(ticket=ticket, actor=CLERK, now=local(9))
    with pytest.raises(WalkInsFull):  # half of it is still owed
        walked_in(world.dana, local(9))
    actions.finish_service(ticket=serving, actor=CLERK, now=local(9))
    walked_in(world.dana, local(9))


def test_an_appointment_that_waits_past_its_time_is_owed_what_a_walk_in_is(world: World) -> None:
    actions.check_in(appointment=booked(local(8, 30)), actor=KIOSK, now=local(8, 30))
    assert fill_up(world, local(9)) == 5


def test_the_refusal_names_the_next_free_time_and_gives_the_number_back(world: World) -> None:
    booked(local(9), person=make_person(1))
    fill_up(world, local(9))
    with pytest.raises(WalkInsFull) as refused:
        walked_in(world.dana, local(9))
    assert refused.value.http_status == 409
    assert refused.value.data["next_starts_at"] == local(9, 10)
    assert "22/11 09:10" in refused.value.text()
    assert NumberSeries.objects.get().last_number == Ticket.objects.count() == 5


def test_with_nothing_free_the_refusal_says_what_else_to_do(world: World) -> None:
    Interval.objects.filter(pool=world.dana_pool).update(taken_public=F("capacity"))
    with pytest.raises(WalkInsFull) as refused:
        walked_in(world.dana, local(9))
    assert refused.value.data["next_starts_at"] is None
    with translation.override("en"):
        assert "waiting list" in refused.value.text()
    assert "%(" not in refused.value.text()


def test_priority_and_a_reason_of_staff_always_get_in(world: World) -> None:
    Interval.objects.filter(pool=world.dana_pool).update(taken_public=F("capacity"))
    assert walked_in(world.dana, local(9), priority=True).priority_class == "priority"
    ticket = walked_in(world.dana, local(9), although_full="Sent by the counter")
    row = History.objects.get(subject_kind="ticket", subject_id=ticket.pk)
    assert row.reason == "Sent by the counter"


@pytest.mark.parametrize(
    ("born", "expected"), [("1966-11-22", "priority"), ("1966-11-23", "walk_in")]
)
def test_age_itself_gives_priority_to_somebody_known(
    world: World, born: str, expected: str
) -> None:
    person = make_person(1)
    Person.objects.filter(pk=person.pk).update(birth_date=born)
    person.refresh_from_db()
    assert walked_in(world.dana, local(9), person=person).priority_class == expected


def test_the_policy_switches_the_limit_off(world: World) -> None:
    Interval.objects.filter(pool=world.dana_pool).update(taken_public=F("capacity"))
    PolicyValue.objects.create(key="hall.walk_in_limit", value=False, effective_from=local(0))
    forget_policies()
    walked_in(world.dana, local(9))


def test_offerings_are_weighed_by_their_own_length(world: World) -> None:
    reserve(world, 0)
    long = offering_of(world.dana, "customs")
    for _ in range(3):
        actions.issue_walk_in(offering=long, actor=KIOSK, now=local(9), language="ar")
    with pytest.raises(WalkInsFull):
        walked_in(world.dana, local(9))
