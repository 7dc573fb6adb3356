"""Closing, lending, adding and changing hours: who is displaced, where to, and back again."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

from mawaeed.availability import errors
from mawaeed.availability.actions import open_days
from mawaeed.availability.calendar.wishes import (
    AddCounter,
    ChangeHours,
    CloseTime,
    RetireCounter,
    SendAway,
    Wish,
)
from mawaeed.availability.models import (
    CalendarChange,
    CentreCalendar,
    CounterAbsence,
    Interval,
    OpeningRule,
    Session,
)
from mawaeed.availability.queries import slots_for
from mawaeed.booking.actions import (
    book_appointment,
    book_visit,
    cancel_appointment,
    check_in,
    confirm_appointment,
    expire_unclaimed,
    hold_places,
    move_appointment,
)
from mawaeed.booking.actions.calendar import Choice, apply_change, undo_change
from mawaeed.booking.actions.displace import displace_people, finish_displacements
from mawaeed.booking.displacing.free_moves import next_move_is_free
from mawaeed.booking.displacing.queries import plan_change
from mawaeed.booking.errors import MoveLimit, SlotClosed, SlotTaken
from mawaeed.booking.ledger import ledger_differences
from mawaeed.booking.legs import Wanted
from mawaeed.booking.models import Appointment, Hold
from mawaeed.booking.queries import can_move, would_be_late_cancellation
from mawaeed.centres.models import Counter, Offering, Pool
from mawaeed.conduct.models import Event
from mawaeed.kernel.actor import SYSTEM, Actor
from mawaeed.kernel.errors import DomainError
from mawaeed.kernel.models import History, OutboxEvent
from mawaeed.people.models import Person
from small_world import NOW, TODAY, World, both, local, make_person, make_world, open_pool

pytestmark = pytest.mark.django_db
STAFF = Actor("staff", 7)


@pytest.fixture
def world() -> World:
    return make_world(places=2, days=3)


def book(person: Person, at: datetime, service: str = "renewal") -> Appointment:
    return book_appointment(
        person=person,
        service_code=service,
        centre_code="dana",
        starts_at=at,
        actor=SYSTEM,
        now=NOW,
    )


def move(appointment: Appointment, at: datetime) -> None:
    actor = Actor("person", appointment.person_id)
    move_appointment(appointment=appointment, starts_at=at, actor=actor, now=NOW)


def morning(world: World, *, pool: Pool | None = None, day: int = 1) -> CloseTime:
    """Eight to ten."""
    return CloseTime(local(8, days=day), local(10, days=day), pool)


def carry_out(
    world: World, wish: Wish, *, choice: Choice = "move", now: datetime = NOW
) -> CalendarChange:
    change = apply_change(
        centre=world.dana, wish=wish, choice=choice, reason="Burst pipe", actor=STAFF, now=now
    )
    displace_people(change=change, now=now)
    change.refresh_from_db()
    return change


def undo(change: CalendarChange, now: datetime = NOW) -> int:
    fresh = CalendarChange.objects.select_related("centre").get(pk=change.pk)
    return undo_change(change=fresh, actor=STAFF, now=now).people_moved


def ledger() -> list[tuple[object, ...]]:
    return list(
        Interval.objects.order_by("pool_id", "starts_at").values_list(
            "pool_id", "starts_at", "capacity", "taken_public", "shortfall", "withheld"
        )
    )


def starts(day: int = 1) -> list[datetime]:
    when = TODAY + timedelta(days=day)
    slots = slots_for(service="renewal", centre="dana", now=NOW, from_date=when, to_date=when)
    return [slot.starts_at for slot in slots]


# --- closing


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


# --- counters


def test_a_counter_away_takes_one_place_and_the_latest_booked_goes(world: World) -> None:
    early = book(make_person(1), local(9, days=1))
    late = book(make_person(2), local(9, days=1))
    Appointment.objects.filter(pk=late.pk).update(created_at=NOW + timedelta(minutes=1))
    counter = Counter.objects.get(centre=world.dana, number=1)
    wish = SendAway(counter, local(9, days=1), local(10, days=1))
    assert [each.appointments for each in plan_change(world.dana, wish, NOW).displaced] == [[late]]
    change = carry_out(world, wish)
    early.refresh_from_db()
    late.refresh_from_db()
    assert early.starts_at == local(9, days=1)
    assert late.starts_at != early.starts_at
    away = Interval.objects.filter(pool=world.dana_pool, capacity=1)
    assert away.count() == 12
    assert undo(change) == 1
    assert not Interval.objects.filter(capacity=1).exists()


def test_a_shortfall_may_be_kept_and_is_shown(world: World) -> None:
    for n in range(2):
        book(make_person(n), local(9, days=1))
    counter = Counter.objects.get(centre=world.dana, number=1)
    carry_out(world, SendAway(counter, local(9, days=1), local(10, days=1)), choice="keep")
    assert finish_displacements(now=NOW) == 0
    assert Interval.objects.filter(shortfall=1).count() == 2
    assert Appointment.objects.filter(starts_at=local(9, days=1)).count() == 2
    assert local(9, days=1) not in starts()


def test_a_lent_counter_gives_the_other_pool_a_place(world: World) -> None:
    other = Pool.objects.create(centre=world.dana, code="other", name=both("Other"))
    open_pool(other, days=2, places=1)
    Counter.objects.create(centre=world.dana, pool=other, number=9)
    counter = Counter.objects.get(centre=world.dana, number=1)
    wish = SendAway(counter, local(9, days=1), local(9, 33, days=1), other)
    change = carry_out(world, wish)
    lent = Interval.objects.filter(pool=other, capacity=2)
    assert [lent.first().starts_at, lent.count()] == [local(9, days=1), 6]  # type: ignore[union-attr]
    # The interval that it misses a part of is lost here and not won there.
    assert Interval.objects.filter(pool=world.dana_pool, capacity=1).count() == 7
    undo(change)
    assert not lent.all().exists()


def test_a_counter_is_never_in_two_places(world: World) -> None:
    other = Pool.objects.create(centre=world.dana, code="other", name=both("Other"))
    counter = Counter.objects.get(centre=world.dana, number=1)
    first = carry_out(world, SendAway(counter, local(9, days=1), local(10, days=1)))
    overlapping = SendAway(counter, local(9, 30, days=1), local(11, days=1), other)
    with pytest.raises(errors.CounterAwayAlready):
        carry_out(world, overlapping)
    for wrong in (world.dana_pool, world.muharraq_pool):
        with pytest.raises(errors.CounterNotHere):
            carry_out(world, SendAway(counter, local(12, days=1), local(13, days=1), wrong))
    undo(first)
    carry_out(world, overlapping)
    assert CounterAbsence.objects.filter(undone_at=None).count() == 1


def test_a_lent_place_that_was_sold_cannot_be_taken_back_by_undoing(world: World) -> None:
    other = Pool.objects.create(centre=world.dana, code="other", name=both("Other"))
    open_pool(other, days=2, places=0)
    Offering.objects.filter(centre=world.dana, service=world.customs).update(pool=other)
    counter = Counter.objects.get(centre=world.dana, number=1)
    change = carry_out(world, SendAway(counter, local(9, days=1), local(10, days=1), other))
    book(make_person(1), local(9, days=1), "customs")
    with pytest.raises(errors.CannotUndo):
        undo(change)
    change.refresh_from_db()
    assert change.undone_at is None
    assert CounterAbsence.objects.filter(undone_at=None).exists()


def test_adding_a_counter_opens_places_at_once(world: World) -> None:
    for n in range(2):
        book(make_person(n), local(9, days=1))
    assert local(9, days=1) not in starts()
    change = carry_out(world, AddCounter(world.dana_pool, 12))
    assert local(9, days=1) in starts()
    with pytest.raises(errors.CounterNumberTaken):
        carry_out(world, AddCounter(world.dana_pool, 12))
    undo(change)
    assert local(9, days=1) not in starts()
    assert not Counter.objects.get(centre=world.dana, number=12).active


def test_a_retired_counter_displaces_and_comes_back(world: World) -> None:
    for n in range(2):
        book(make_person(n), local(9, days=1))
    before = ledger()
    counter = Counter.objects.get(centre=world.dana, number=1)
    change = carry_out(world, RetireCounter(counter))
    assert change.details["moved"] == 1
    counter.refresh_from_db()
    assert not counter.active
    assert set(
        Interval.objects.filter(pool=world.dana_pool, starts_at__gt=NOW).values_list(
            "capacity", flat=True
        )
    ) == {1}
    undo(change)
    assert {row[2] for row in ledger()} == {row[2] for row in before}


def test_a_seat_stays_a_seat_while_one_counter_serves(world: World) -> None:
    Pool.objects.filter(pk=world.dana_pool.pk).update(places=30)
    Interval.objects.filter(pool=world.dana_pool).update(capacity=30)
    Session.objects.filter(pool=world.dana_pool).update(places=30)
    one, two = Counter.objects.filter(centre=world.dana).order_by("number")
    carry_out(world, SendAway(one, local(9, days=1), local(10, days=1)))
    assert not Interval.objects.filter(pool=world.dana_pool).exclude(capacity=30).exists()
    carry_out(world, SendAway(two, local(9, days=1), local(10, days=1)))
    assert Interval.objects.filter(pool=world.dana_pool, capacity=0).count() == 12


# --- hours


@pytest.fixture
def ruled() -> World:
    """Rules, and the days opened from them."""
    made = make_world(days=0)
    CentreCalendar.objects.update(open_until=None)
    for centre in (made.dana, made.muharraq):
        OpeningRule.objects.create(
            centre=centre,
            code="usual",
            weekdays="1234567",
            opens_time=time(7),
            closes_time=time(14),
            effective_from=date(2026, 1, 1),
        )
    open_days(now=NOW, actor=SYSTEM, until=TODAY + timedelta(days=3))
    return made


def hours(opens: int, closes: int, *, day: int = 2, until: int | None = None) -> ChangeHours:
    last = TODAY + timedelta(days=until) if until is not None else None
    return ChangeHours("1234567", time(opens), time(closes), TODAY + timedelta(days=day), last)


def open_hours(day: int) -> list[tuple[datetime, datetime]]:
    sessions = Session.objects.filter(centre__code="dana", date=TODAY + timedelta(days=day))
    return list(
        sessions.filter(places__gt=0).order_by("starts_at").values_list("starts_at", "ends_at")
    )


def test_shorter_hours_displace_and_longer_ones_open(ruled: World) -> None:
    appointment = book(make_person(1), local(7, 30, days=2))
    change = carry_out(ruled, hours(8, 16))
    assert open_hours(1) == [(local(7, days=1), local(14, days=1))]
    assert open_hours(2) == [(local(8, days=2), local(16, days=2))]
    assert open_hours(3) == [(local(8, days=3), local(16, days=3))]
    appointment.refresh_from_db()
    assert appointment.starts_at == local(8, days=2)
    assert local(15, 50, days=2) in starts(2)
    assert local(7, 50, days=2) not in starts(2)
    assert ledger_differences() == []
    # Days opened later follow the new hours too.
    open_days(now=NOW, actor=SYSTEM, until=TODAY + timedelta(days=4))
    assert open_hours(4) == [(local(8, days=4), local(16, days=4))]
    undo(change)
    for day in (2, 3, 4):
        assert open_hours(day) == [(local(7, days=day), local(14, days=day))]
        assert local(7, 50, days=day) in starts(day)
        assert local(14, days=day) not in starts(day)


def test_hours_that_were_sold_cannot_be_taken_back_by_undoing(ruled: World) -> None:
    change = carry_out(ruled, hours(7, 16))
    book(make_person(1), local(15, days=2))
    with pytest.raises(errors.CannotUndo):
        undo(change)
    assert open_hours(2) == [(local(7, days=2), local(16, days=2))]


def test_hours_for_a_time_end_with_it(ruled: World) -> None:
    carry_out(ruled, hours(9, 12, until=2))
    assert open_hours(2) == [(local(9, days=2), local(12, days=2))]
    assert open_hours(3) == [(local(7, days=3), local(14, days=3))]


def test_hours_twice_changed_and_twice_undone_are_as_before(ruled: World) -> None:
    first = carry_out(ruled, hours(9, 12))
    second = carry_out(ruled, hours(6, 10, day=3))
    assert open_hours(3) == [(local(6, days=3), local(10, days=3))]
    undo(first)
    assert open_hours(2) == [(local(7, days=2), local(14, days=2))]
    undo(second)
    assert open_hours(3) == [(local(7, days=3), local(14, days=3))]
    rows = Interval.objects.filter(pool=ruled.dana_pool, capacity__gt=0)
    assert rows.count() == 4 * 84


def test_a_day_opened_later_knows_what_was_closed_and_who_is_away(ruled: World) -> None:
    day = 5
    counter = Counter.objects.get(centre=ruled.dana, number=1)
    carry_out(ruled, CloseTime(local(8, days=day), local(9, days=day)))
    carry_out(ruled, SendAway(counter, local(10, days=day), local(11, days=day)))
    open_days(now=NOW, actor=SYSTEM, until=TODAY + timedelta(days=day))
    rows = Interval.objects.filter(pool=ruled.dana_pool, session__date=TODAY + timedelta(days=day))
    assert rows.filter(capacity=0).count() == 12
    assert rows.filter(capacity=1).count() == 12


@pytest.mark.parametrize(
    ("wish", "refusal"),
    [
        (CloseTime(local(6), local(7)), errors.PeriodOver),
        (CloseTime(local(10), local(10)), errors.PeriodOver),
        (hours(8, 12, day=0), errors.HoursTooSoon),
        (hours(12, 12), errors.PeriodOver),
    ],
)
def test_what_cannot_be_is_refused(world: World, wish: Wish, refusal: type[DomainError]) -> None:
    with pytest.raises(refusal):
        carry_out(world, wish)
    assert not CalendarChange.objects.exists()
