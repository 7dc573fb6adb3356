from datetime import date, datetime, time, timedelta

import pytest

from mawaeed.availability.actions import OpenedDays, open_days
from mawaeed.availability.models import CentreCalendar, Closure, Interval, OpeningRule, Session
from mawaeed.availability.tasks import open_coming_days
from mawaeed.centres.models import Centre, Counter, Pool
from mawaeed.kernel.actor import SYSTEM
from mawaeed.kernel.models import History
from small_world import NOW, TODAY, ZONE, World, both, local, make_world

pytestmark = pytest.mark.django_db
TWO_CENTRES = ["dana", "muharraq"]


@pytest.fixture
def world() -> World:
    """Two centres with rules (Sunday–Thursday 07:00–14:00) and no day opened yet."""
    made = make_world(days=0)
    CentreCalendar.objects.update(open_until=None)
    for centre in (made.dana, made.muharraq):
        add_rule(centre, "usual")
    return made


def add_rule(centre: Centre, code: str, **changes: object) -> OpeningRule:
    values: dict[str, object] = {
        "weekdays": "12347",
        "opens_time": time(7),
        "closes_time": time(14),
        "effective_from": date(2026, 1, 1),
    }
    return OpeningRule.objects.create(centre=centre, code=code, **{**values, **changes})


def add_closure(world: World, code: str, day: date, **changes: object) -> Closure:
    values: dict[str, object] = {"from_date": day, "until_date": day, "confirmed": True}
    return Closure.objects.create(
        agency=world.agency, code=code, name=both(code), **{**values, **changes}
    )


def open_week(**changes: object) -> OpenedDays:
    values: dict[str, object] = {"now": NOW, "actor": SYSTEM}
    return open_days(**{**values, **changes})  # type: ignore[arg-type]


def dates_of(centre: Centre) -> list[date]:
    sessions = Session.objects.filter(centre=centre).order_by("starts_at")
    return list(sessions.values_list("date", flat=True))


def hours_of(centre: Centre, day: date) -> list[tuple[datetime, datetime]]:
    sessions = Session.objects.filter(centre=centre, date=day).order_by("starts_at")
    return list(sessions.values_list("starts_at", "ends_at"))


def snapshot() -> tuple[list[tuple[object, ...]], ...]:
    return tuple(
        sorted(model.objects.values_list())
        for model in (Session, Interval, CentreCalendar, History)
    )


def test_open_days_makes_working_days_up_to_the_horizon(world: World) -> None:
    opened = open_week()
    workdays = [TODAY + timedelta(days=offset) for offset in (0, 1, 2, 3, 4, 7)]
    assert dates_of(world.dana) == workdays
    assert opened == OpenedDays(centres=2, sessions=12, intervals=12 * 84)
    assert (
        list(CentreCalendar.objects.values_list("open_until", flat=True))
        == [TODAY + timedelta(days=7)] * 2
    )


def test_open_days_intervals_lie_on_the_grid_and_hold_the_counters(world: World) -> None:
    Pool.objects.filter(pk=world.dana_pool.pk).update(walk_in_reserve=1)
    open_week(until=TODAY, centres=["dana"])
    rows = Interval.objects.order_by("starts_at")
    assert [row.starts_at for row in rows] == [
        local(7) + timedelta(minutes=5 * i) for i in range(84)
    ]
    assert {(row.capacity, row.walk_in_reserve, row.staff_reserve) for row in rows} == {(2, 1, 0)}
    assert rows[83].ends_at == local(14)


def test_open_days_twice_changes_nothing(world: World) -> None:
    open_week()
    before = snapshot()
    assert open_week() == OpenedDays()
    assert snapshot() == before


def test_open_days_later_adds_only_the_new_days(world: World) -> None:
    open_week()
    opened = open_week(now=NOW + timedelta(days=1))
    assert opened == OpenedDays(centres=2, sessions=2, intervals=168)
    assert dates_of(world.dana)[-1] == TODAY + timedelta(days=8)


def test_open_days_earlier_end_never_moves_the_calendar_back(world: World) -> None:
    open_week()
    open_week(until=TODAY)
    assert CentreCalendar.objects.get(centre=world.dana).open_until == TODAY + timedelta(days=7)


def test_open_days_only_confirmed_closures_close(world: World) -> None:
    monday, tuesday = TODAY + timedelta(days=1), TODAY + timedelta(days=2)
    add_closure(world, "holiday", monday)
    add_closure(world, "proposed", tuesday, confirmed=False)
    add_closure(world, "withdrawn", tuesday, active=False)
    open_week(until=tuesday)
    assert dates_of(world.dana) == [TODAY, tuesday]
    assert dates_of(world.muharraq) == [TODAY, tuesday]


def test_open_days_closure_of_one_centre_leaves_the_other_open(world: World) -> None:
    add_closure(world, "repair", TODAY, centre=world.dana, from_time=time(12, 0))
    open_week(until=TODAY)
    assert hours_of(world.dana, TODAY) == [(local(7), local(12))]
    assert hours_of(world.muharraq, TODAY) == [(local(7), local(14))]


def test_open_days_ramadan_hours_replace_usual_ones(world: World) -> None:
    add_rule(
        world.dana,
        "ramadan",
        opens_time=time(8),
        effective_from=date(2027, 2, 8),
        effective_until=date(2027, 3, 9),
        precedence=10,
    )
    before = datetime(2027, 2, 7, 8, 0, tzinfo=ZONE)
    open_week(now=before, until=date(2027, 2, 8), centres=["dana"])
    walls = [
        (start.astimezone(ZONE).time(), end.astimezone(ZONE).time())
        for day in (date(2027, 2, 7), date(2027, 2, 8))
        for start, end in hours_of(world.dana, day)
    ]
    assert walls == [(time(7), time(14)), (time(8), time(14))]


def test_open_days_two_shifts_are_two_sessions_with_their_own_counters(world: World) -> None:
    add_rule(world.dana, "evening", opens_time=time(14), closes_time=time(20), counters=1)
    open_week(until=TODAY, centres=["dana"])
    assert hours_of(world.dana, TODAY) == [(local(7), local(14)), (local(14), local(20))]
    places = Session.objects.filter(centre=world.dana).order_by("starts_at")
    assert list(places.values_list("places", flat=True)) == [2, 1]


def test_open_days_seats_are_places(world: World) -> None:
    Pool.objects.filter(pk=world.dana_pool.pk).update(places=30)
    open_week(until=TODAY, centres=["dana"])
    assert set(Interval.objects.values_list("capacity", flat=True)) == {30}


def test_open_days_pool_without_counters_or_inactive_gets_none(world: World) -> None:
    Counter.objects.filter(pool=world.dana_pool).update(active=False)
    Pool.objects.filter(pk=world.muharraq_pool.pk).update(active=False)
    assert open_week().sessions == 0


def test_open_days_new_pool_catches_up_with_days_already_open(world: World) -> None:
    open_week()
    pool = Pool.objects.create(centre=world.dana, code="second", name=both("Second"))
    Counter.objects.create(centre=world.dana, pool=pool, number=9)
    assert open_week(until=TODAY).sessions == 6
    assert open_week() == OpenedDays()


def test_open_days_keeps_off_sessions_that_staff_made(world: World) -> None:
    Session.objects.create(
        centre=world.dana,
        pool=world.dana_pool,
        date=TODAY,
        starts_at=local(9),
        ends_at=local(10),
        places=1,
    )
    open_week(until=TODAY, centres=["dana"])
    assert hours_of(world.dana, TODAY) == [(local(9), local(10))]


def test_open_coming_days_opens_one_day_beyond_the_last_bookable(world: World) -> None:
    open_coming_days(NOW)
    assert CentreCalendar.objects.get(centre=world.dana).open_until == TODAY + timedelta(days=8)
    assert open_coming_days(NOW) == OpenedDays()
