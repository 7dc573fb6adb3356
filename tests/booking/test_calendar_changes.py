"""Closing a time: who is displaced, where to, and back again."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from booking.calendar_world import STAFF, book, carry_out, ledger, morning, move, starts, undo
from mawaeed.availability import errors
from mawaeed.availability.calendar.wishes import CloseTime
from mawaeed.availability.models import CalendarChange, Interval
from mawaeed.availability.queries import slots_for
from mawaeed.booking.actions import (
    book_visit,
    cancel_appointment,
    check_in,
    confirm_appointment,
    expire_unclaimed,
    hold_places,
)
from mawaeed.booking.actions.calendar import apply_change
from mawaeed.booking.actions.displace import displace_people, finish_displacements
from mawaeed.booking.displacing.free_moves import next_move_is_free
from mawaeed.booking.displacing.queries import plan_change
from mawaeed.booking.errors import MoveLimit, SlotClosed, SlotTaken
from mawaeed.booking.ledger import ledger_differences
from mawaeed.booking.legs import Wanted
from mawaeed.booking.models import Appointment, Hold
from mawaeed.booking.queries import can_move, would_be_late_cancellation
from mawaeed.centres.models import Pool
from mawaeed.conduct.models import Event
from mawaeed.kernel.actor import SYSTEM, Actor
from mawaeed.kernel.models import History, OutboxEvent
from small_world import NOW, World, both, local, make_person, make_world, open_pool

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world(places=2, days=3)


def test_a_plan_names_everybody_with_the_nearest_place_and_changes_nothing(world: World) -> None:
    first, second, stays = (make_person(n) for n in range(3))
    moved = [book(first, local(9, days=1)), book(second, local(9, 50, days=1))]
    book(stays, local(10, days=1))
    before = ledger(), list(Appointment.objects.order_by("pk").values_list())
    plan = plan_change(world.dana, morning(world), NOW)
    assert [each.appointments for each in plan.displaced] == [[moved[0]], [moved[1]]]
    # Nine is an hour from ten and from before eight; the nearest free start of each is taken.
    places = [each.place for each in plan.displaced]
    assert places[0] is not None
    assert places[1] is not None
    assert places[0].starts == (local(10, days=1),)
    assert places[1].starts == (local(10, 10, days=1),)
    assert plan.without_place == 0
    assert (ledger(), list(Appointment.objects.order_by("pk").values_list())) == before
    assert not CalendarChange.objects.exists()


def test_closing_a_morning_moves_people_and_blames_nobody(world: World) -> None:
    person = make_person(1)
    appointment = book(person, local(9, days=1))
    change = carry_out(world, morning(world))
    appointment.refresh_from_db()
    assert appointment.starts_at == local(10, days=1)
    assert (appointment.state, appointment.moves) == ("booked", 0)
    assert change.details["settled"] is True
    assert change.details["moved"] == 1
    assert not Event.objects.exists()
    event = OutboxEvent.objects.get(kind="appointment_displaced")
    assert event.payload["from_starts_at"] == local(9, days=1).isoformat()
    history = History.objects.get(subject_kind="appointment", details__event=event.kind)
    assert (history.reason, history.actor_id) == ("Burst pipe", 7)
    assert not Interval.objects.filter(shortfall__gt=0).exists()
    assert ledger_differences() == []
    person.standing.refresh_from_db()
    assert person.standing.active_count == 1


def test_nothing_is_sold_in_or_across_a_closed_time(world: World) -> None:
    carry_out(world, CloseTime(local(9, days=1), local(9, 5, days=1)))
    assert local(8, 50, days=1) in starts()
    assert local(9, days=1) not in starts()
    found = slots_for(service="customs", centre="dana", now=NOW)
    tomorrow = [slot for slot in found if slot.starts_at.date() == local(9, days=1).date()]
    closed = local(9, days=1), local(9, 5, days=1)
    assert not [s for s in tomorrow if s.starts_at < closed[1] and closed[0] < s.ends_at]
    person = make_person(3)
    for at in (local(9, days=1), local(8, 50, days=1)):
        service = "renewal" if at == local(9, days=1) else "customs"
        with pytest.raises((SlotTaken, SlotClosed)):
            book(person, at, service)


def test_closing_one_pool_leaves_the_others_open(world: World) -> None:
    other = Pool.objects.create(centre=world.dana, code="other", name=both("Other"))
    open_pool(other, days=2, places=1)
    carry_out(world, morning(world, pool=world.dana_pool))
    shut = Interval.objects.filter(capacity=0)
    assert set(shut.values_list("pool_id", flat=True)) == {world.dana_pool.pk}
    assert shut.count() == 24


def test_where_nothing_is_left_people_are_told_to_choose(world: World) -> None:
    person = make_person(1)
    appointment = book(person, local(9, days=1))
    Interval.objects.filter(pool=world.muharraq_pool).update(capacity=0)
    carry_out(world, CloseTime(local(8), local(23, days=2)))
    appointment.refresh_from_db()
    assert appointment.state == "cancelled"
    event = OutboxEvent.objects.get(kind="appointment_cancelled")
    assert (event.payload["by"], event.payload["displaced"]) == ("centre", True)
    assert not Event.objects.exists()
    person.standing.refresh_from_db()
    assert person.standing.active_count == 0
    assert ledger_differences() == []


def test_a_whole_closed_centre_sends_people_to_the_nearest_other_one(world: World) -> None:
    appointment = book(make_person(1), local(9, days=1))
    carry_out(world, CloseTime(local(8, days=0), local(23, days=2)))
    appointment.refresh_from_db()
    assert appointment.centre == world.muharraq
    assert appointment.starts_at == local(9, days=1)
    assert appointment.pool == world.muharraq_pool


def test_people_may_be_asked_to_choose_instead(world: World) -> None:
    appointment = book(make_person(1), local(9, days=1))
    change = carry_out(world, morning(world), choice="offer")
    appointment.refresh_from_db()
    assert appointment.state == "cancelled"
    assert change.details["cancelled"] == 1


def test_who_has_arrived_is_served(world: World) -> None:
    here = book(make_person(1), local(9, 0))
    check_in(appointment=here, actor=SYSTEM, now=local(8, 45))
    wish = CloseTime(local(8, 50), local(10))
    assert plan_change(world.dana, wish, local(8, 50)).staying == 1
    change = carry_out(world, wish, now=local(8, 50))
    here.refresh_from_db()
    assert (here.state, here.starts_at) == ("checked_in", local(9))
    assert change.details["settled"] is True
    assert Interval.objects.filter(shortfall=1).count() == 2


def test_holds_on_closed_places_lapse(world: World) -> None:
    hold_places(
        person=make_person(1),
        service_codes=["renewal"],
        centre_code="dana",
        starts_at=local(9, days=1),
        now=NOW,
    )
    change = carry_out(world, morning(world))
    assert not Hold.objects.exists()
    assert change.details["settled"] is True
    assert ledger_differences() == []


def test_a_visit_of_several_moves_as_one_and_keeps_its_order(world: World) -> None:
    legs = book_visit(
        person=make_person(1),
        wanted=[Wanted("renewal"), Wanted("passport")],
        centre_code="dana",
        starts_at=local(9, 50, days=1),
        actor=SYSTEM,
        now=NOW,
    )
    carry_out(world, morning(world))
    for leg in legs:
        leg.refresh_from_db()
    assert [leg.starts_at for leg in legs] == [local(10, days=1), local(10, 10, days=1)]
    assert ledger_differences() == []


def test_undoing_opens_again_moves_nobody_back_and_tells_nobody(world: World) -> None:
    appointment = book(make_person(1), local(9, days=1))
    change = carry_out(world, morning(world))
    told = OutboxEvent.objects.filter(kind__startswith="appointment").count()
    assert undo(change) == 1
    appointment.refresh_from_db()
    assert appointment.starts_at == local(10, days=1)
    assert OutboxEvent.objects.filter(kind__startswith="appointment").count() == told
    assert local(9, days=1) in starts()
    assert Interval.objects.filter(capacity=0).count() == 0
    with pytest.raises(errors.UndoneAlready):
        undo(change)


def test_undoing_before_everybody_is_moved_leaves_the_rest_where_they_are(world: World) -> None:
    appointments = [book(make_person(n), local(9, 10 * n, days=1)) for n in range(3)]
    change = apply_change(
        centre=world.dana, wish=morning(world), choice="move", reason="", actor=STAFF, now=NOW
    )
    displace_people(change=change, now=NOW, limit=1)
    undo(change)
    assert finish_displacements(now=NOW) == 0
    for each in appointments:
        each.refresh_from_db()
    assert [each.starts_at for each in appointments][1:] == [
        local(9, 10, days=1),
        local(9, 20, days=1),
    ]
    assert not Interval.objects.filter(shortfall__gt=0).exists()


def test_two_closures_over_each_other_are_undone_in_any_order(world: World) -> None:
    before = ledger()
    first = carry_out(world, morning(world))
    second = carry_out(world, CloseTime(local(9, days=1), local(11, days=1)))
    undo(first)
    assert Interval.objects.filter(capacity=0).count() == 24
    undo(second)
    assert ledger() == before


def test_the_worker_finishes_what_was_begun(world: World) -> None:
    for n in range(5):
        book(make_person(n), local(9, 10 * (n % 5), days=1))
    change = apply_change(
        centre=world.dana, wish=morning(world), choice="move", reason="", actor=STAFF, now=NOW
    )
    assert displace_people(change=change, now=NOW, limit=2).left == 3
    assert finish_displacements(now=NOW) == 3
    assert finish_displacements(now=NOW) == 0
    assert not Interval.objects.filter(shortfall__gt=0).exists()
    assert ledger_differences() == []


def test_after_being_moved_one_choice_is_free(world: World) -> None:
    appointment = book(make_person(1), local(9, days=1))
    assert not next_move_is_free(appointment)
    for minute in (10, 20, 30):
        move(appointment, local(9, minute, days=1))
    assert not can_move(appointment, NOW)
    carry_out(world, morning(world))
    appointment.refresh_from_db()
    assert next_move_is_free(appointment)
    assert can_move(appointment, NOW)
    move(appointment, local(12, days=2))
    assert appointment.moves == 3
    with pytest.raises(MoveLimit):
        move(appointment, local(13, days=2))


@pytest.mark.parametrize("answer", ["nothing", "confirms", "moves"])
def test_a_time_the_centre_chose_counts_only_once_it_was_accepted(
    world: World, answer: str
) -> None:
    missed, cancelled = (book(make_person(n), local(9, days=1)) for n in range(2))
    carry_out(world, morning(world))
    for each in (missed, cancelled):
        each.refresh_from_db()
        if answer == "confirms":
            Appointment.objects.filter(pk=each.pk).update(confirm_asked_at=NOW)
            each.refresh_from_db()
            confirm_appointment(appointment=each, actor=Actor("person", each.person_id), now=NOW)
        if answer == "moves":
            move(each, local(12, days=1))
    shortly = cancelled.starts_at - timedelta(minutes=5)
    assert would_be_late_cancellation(cancelled, shortly) is (answer != "nothing")
    actor = Actor("person", cancelled.person_id)
    cancel_appointment(appointment=cancelled, actor=actor, now=shortly)
    assert expire_unclaimed(now=local(14, days=1)) == 1
    missed.refresh_from_db()
    assert missed.state == Appointment.State.NO_SHOW
    assert Event.objects.count() == (0 if answer == "nothing" else 2)


def test_the_place_a_visit_left_beside_a_closed_one_is_told(world: World) -> None:
    wanted = [Wanted("renewal"), Wanted("customs")]
    _first, second = book_visit(
        person=make_person(1),
        wanted=wanted,
        centre_code="dana",
        starts_at=local(9, 50, days=1),
        actor=SYSTEM,
        now=NOW,
    )
    assert second.starts_at == local(10, days=1)
    carry_out(world, morning(world))
    told = OutboxEvent.objects.filter(kind="appointment_displaced").order_by("pk")
    left = told.get(subject_id=second.pk).payload
    assert left["from_pool_id"] == world.dana_pool.pk
    assert datetime.fromisoformat(left["from_ends_at"]) == local(10, 20, days=1)
