import secrets
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from mawaeed.availability import releases
from mawaeed.availability.actions import OpenedDays, open_days
from mawaeed.availability.models import CentreCalendar, Interval, OpeningRule, Release
from mawaeed.availability.places import Stay, take_places
from mawaeed.availability.queries import slots_for
from mawaeed.availability.releases import (
    coming_releases,
    next_release,
    release_due,
    release_in_time,
    release_walk_in_reserve,
)
from mawaeed.centres.models import Counter, Pool
from mawaeed.kernel.actor import SYSTEM, Actor
from mawaeed.kernel.models import History, OutboxEvent
from small_world import NOW, TODAY, World, local, make_world

pytestmark = pytest.mark.django_db
POLICY: list[dict[str, Any]] = [
    {"days_before": 7, "time": "07:00", "percent": 60},
    {"days_before": 2, "time": "09:00", "percent": 30},
    {"days_before": 0, "time": "06:00", "percent": 10, "rolls_down": ["staff", "walk_in"]},
]
FRIDAY = 4  # days from TODAY, opened and two days away only on the second next day


@pytest.fixture
def world() -> World:
    """Ten counters, two of them kept for staff and two for walk-ins; nothing opened yet."""
    made = make_world(days=0, places=10)
    CentreCalendar.objects.update(open_until=None)
    Pool.objects.filter(pk=made.dana_pool.pk).update(
        staff_reserve=2, walk_in_reserve=2, release=POLICY
    )
    OpeningRule.objects.create(
        centre=made.dana,
        code="usual",
        weekdays="1234567",
        opens_time=time(7),
        closes_time=time(14),
        effective_from=date(2026, 1, 1),
    )
    releases.forget_next_release()
    return made


def open_week(now: datetime = NOW) -> OpenedDays:
    return open_days(now=now, actor=SYSTEM, centres=["dana"])


def rows_of(day: int) -> set[tuple[int, int, int]]:
    rows = Interval.objects.filter(session__date=TODAY + timedelta(days=day))
    return set(rows.values_list("staff_reserve", "walk_in_reserve", "withheld"))


def left_at(day: int, now: datetime = NOW) -> int:
    slots = slots_for(
        service="renewal",
        centre="dana",
        now=now,
        from_date=TODAY + timedelta(days=day),
        to_date=TODAY + timedelta(days=day),
    )
    return slots[0].places_left if slots else 0


def test_a_day_opens_with_what_is_due_already(world: World) -> None:
    open_week()
    # Six public places: 60 % of them were let go seven days before, the rest waits.
    assert rows_of(FRIDAY) == {(2, 2, 2)}
    assert left_at(FRIDAY) == 4
    assert rows_of(1) == {(2, 2, 1)}  # 90 % of six
    assert rows_of(0) == {(0, 0, 0)}  # all of it, the reserves too
    assert left_at(0) == 10


def test_opening_twice_changes_nothing(world: World) -> None:
    open_week()
    before = list(Release.objects.order_by("pk").values_list())
    assert open_week() == OpenedDays()
    assert list(Release.objects.order_by("pk").values_list()) == before


def test_what_is_due_is_let_go_once_and_told(world: World) -> None:
    open_week()
    due = local(9, days=FRIDAY - 2)
    assert release_due(now=due - timedelta(seconds=1)) == 4  # of the three days before it
    assert rows_of(FRIDAY) == {(2, 2, 2)}
    assert release_due(now=due) == 1
    assert release_due(now=due) == 0
    assert rows_of(FRIDAY) == {(2, 2, 1)}
    assert left_at(FRIDAY, due) == 5
    event = OutboxEvent.objects.filter(kind="places_released").latest("pk")
    assert event.payload["date"] == (TODAY + timedelta(days=FRIDAY)).isoformat()
    assert event.payload["places"] == 84
    assert History.objects.filter(subject_kind="release", to_state="released").count() == 5


def test_reserves_roll_down_but_for_what_staff_gave_away(world: World) -> None:
    open_week()
    start = local(9, days=1)
    take_places(Stay(world.dana_pool.pk, start, start + timedelta(minutes=10), "staff"))
    release_due(now=local(6, days=1))
    assert rows_of(1) == {(0, 0, 0), (1, 0, 0)}
    assert Interval.objects.get(pool=world.dana_pool, starts_at=start).staff_reserve == 1
    assert left_at(1, local(6, days=1)) == 10


def test_somebody_who_asks_at_the_minute_needs_no_worker(world: World) -> None:
    open_week()
    due = local(9, days=FRIDAY - 2)
    release_due(now=due - timedelta(seconds=1))
    assert release_in_time(due - timedelta(seconds=1)) == 0
    assert release_in_time(due) == 1
    assert release_in_time(due) == 0
    assert left_at(FRIDAY, due) == 5


def test_a_pool_without_a_policy_lets_go_all(world: World) -> None:
    Pool.objects.filter(pk=world.dana_pool.pk).update(release=[])
    open_week()
    assert not Release.objects.exists()
    assert rows_of(FRIDAY) == {(2, 2, 0)}


def test_what_is_announced_is_the_window_never_the_minute(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = [dict(POLICY[0]), {**POLICY[1], "window_minutes": 60}, dict(POLICY[2])]
    Pool.objects.filter(pk=world.dana_pool.pk).update(release=drawn)
    monkeypatch.setattr(secrets, "randbelow", lambda most: most - 1)
    open_week()
    release = Release.objects.get(step=1, date=TODAY + timedelta(days=FRIDAY))
    assert release.due_at == local(9, 59, days=FRIDAY - 2)
    announced = [each for each in coming_releases("renewal", NOW) if each.day == release.date]
    assert announced[0].starts_at == local(9, days=FRIDAY - 2)
    assert announced[0].ends_at == local(10, days=FRIDAY - 2)
    assert next_release("renewal", NOW, centre="muharraq") is None
    soonest = next_release("renewal", NOW, centre="dana")
    assert soonest is not None
    # The lecture's places of the day after tomorrow, at nine today, are the next.
    assert (soonest.day, soonest.starts_at) == (TODAY + timedelta(days=2), local(9))


def test_a_counter_taken_out_before_the_release_keeps_the_shares_right(world: World) -> None:
    Counter.objects.filter(centre=world.dana, number__gt=5).update(active=False)
    open_week()
    # One public place of five: 60 % of one is let go, and nothing waits.
    assert rows_of(FRIDAY) == {(2, 2, 0)}


@pytest.mark.parametrize("policy", [[], [*POLICY[:2], {**POLICY[2], "rolls_down": []}]])
def test_the_reserve_for_walk_ins_is_let_go_by_hand_once(
    world: World, policy: list[dict[str, Any]]
) -> None:
    Pool.objects.filter(pk=world.dana_pool.pk).update(release=policy)
    open_week()
    assert rows_of(0) == {(2, 2, 0)}
    boss = Actor("staff", 7)
    pool = Pool.objects.select_related("centre").get(pk=world.dana_pool.pk)
    at = local(13)
    assert release_walk_in_reserve(pool=pool, actor=boss, now=at) == 2 * 11  # 13:05 to 13:55
    assert rows_of(0) == {(2, 0, 0)}
    assert rows_of(1).isdisjoint({(2, 0, 0)})
    assert left_at(0) == 8
    assert release_walk_in_reserve(pool=pool, actor=boss, now=at) == 0
    row = History.objects.get(subject_kind="release", actor_id=7)
    assert row.details["places"] == 22
    assert OutboxEvent.objects.filter(kind="places_released", at=at).count() == 1
