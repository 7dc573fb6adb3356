"""Counters lent, added and retired, and other hours: who is displaced, and back again."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

from booking.calendar_world import book, carry_out, ledger, starts, undo
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
from mawaeed.booking.actions.displace import finish_displacements
from mawaeed.booking.displacing.queries import plan_change
from mawaeed.booking.ledger import ledger_differences
from mawaeed.booking.models import Appointment
from mawaeed.centres.models import Counter, Offering, Pool
from mawaeed.kernel.actor import SYSTEM
from mawaeed.kernel.errors import DomainError
from small_world import NOW, TODAY, World, both, local, make_person, make_world, open_pool

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world(places=2, days=3)


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
