from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mawaeed.availability.finding.nothing_free import nothing_free
from mawaeed.availability.finding.queries import (
    Wanted,
    centres_found,
    governorate_position,
    read_times,
    week_at,
)
from mawaeed.availability.finding.rules import PlaceNeeded, Position, UnknownGovernorate
from mawaeed.availability.models import Closure, Interval, OpeningRule, Release, Session
from mawaeed.centres.models import Centre, Governorate, Offering
from small_world import NOW, TODAY, World, _centre, _pool, both, local, make_world, open_pool

pytestmark = pytest.mark.django_db
HOME = Position(26.26, 50.62)


@pytest.fixture
def world() -> World:
    """It is 08:00 on a Sunday; Muharraq lies by HOME, Dana some twelve kilometres away."""
    made = make_world(days=8, open_hours=(7, 19))
    Centre.objects.filter(pk=made.muharraq.pk).update(latitude=26.26, longitude=50.63)
    Centre.objects.filter(pk=made.dana.pk).update(latitude=26.22, longitude=50.51)
    return made


def fill(world: World, *pools: object) -> None:
    Interval.objects.filter(pool__in=pools or (world.dana_pool, world.muharraq_pool)).update(
        taken_public=2
    )


def test_earliest_over_all_centres_and_nearest_to_a_place(world: World) -> None:
    Interval.objects.filter(pool=world.muharraq_pool, starts_at__lt=local(9)).update(taken_public=2)
    read = read_times(service="renewal", now=NOW)

    soonest = centres_found(read, Wanted(position=HOME), 2)
    nearest = centres_found(read, Wanted(position=HOME, sort="nearest"))

    assert [(each.centre.code, each.slots[0].starts_at) for each in soonest] == [
        ("dana", local(8, 10)),
        ("muharraq", local(9)),
    ]
    assert [len(each.slots) for each in soonest] == [2, 2]
    assert [each.centre.code for each in nearest] == ["muharraq", "dana"]
    assert [round(each.distance_km or 0, 1) for each in nearest] == [1.0, 11.8]
    assert [each.distance_km for each in centres_found(read, Wanted())] == [None, None]


def test_a_centre_without_a_fitting_time_comes_last_and_is_still_there(world: World) -> None:
    fill(world, world.muharraq_pool)
    read = read_times(service="renewal", now=NOW)
    found = centres_found(read, Wanted(position=HOME, sort="nearest"))
    assert [(each.centre.code, len(each.slots)) for each in found] == [("dana", 1), ("muharraq", 0)]


def test_nearest_to_nowhere_is_refused() -> None:
    with pytest.raises(PlaceNeeded):
        Wanted(sort="nearest")


def test_part_and_day_bound_the_times(world: World) -> None:
    read = read_times(service="renewal", now=NOW)
    day = TODAY + timedelta(days=2)
    found = {
        part: centres_found(read, Wanted(part=part, day=day), 1000)[0].slots
        for part in ("morning", "afternoon", "evening")
    }
    assert {part: (len(slots), slots[0].starts_at) for part, slots in found.items()} == {
        "morning": (30, local(7, days=2)),
        "afternoon": (30, local(12, days=2)),
        "evening": (12, local(17, days=2)),
    }


def test_week_counts_starts_by_part_at_one_centre_and_over_all(world: World) -> None:
    read = read_times(service="renewal", now=NOW)
    one, every = week_at(read, "dana"), week_at(read)
    assert [day.date for day in one] == [TODAY + timedelta(days=n) for n in range(8)]
    assert one[1].free == {"morning": 30, "afternoon": 30, "evening": 12}
    assert one[0].free == {"morning": 23, "afternoon": 30, "evening": 12}
    assert [day.total for day in every] == [day.total * 2 for day in one]
    assert {day.state for day in one} == {"free"}


def test_week_says_full_over_closed_and_not_open_yet(world: World) -> None:
    pools = [world.dana_pool, world.muharraq_pool]
    fill(world)
    for offset in (2, 3, 4):
        Interval.objects.filter(session__date=TODAY + timedelta(days=offset)).delete()
        Session.objects.filter(date=TODAY + timedelta(days=offset)).delete()
    for code, offset, centre in (("national", 2, None), ("works", 3, world.dana)):
        closed = TODAY + timedelta(days=offset)
        Closure.objects.create(
            agency=world.agency,
            centre=centre,
            code=code,
            name=both(code),
            from_date=closed,
            until_date=closed,
            confirmed=True,
        )
    world.dana.calendar.open_until = world.muharraq.calendar.open_until = TODAY + timedelta(days=6)
    world.dana.calendar.save()
    world.muharraq.calendar.save()
    Interval.objects.filter(session__date=TODAY + timedelta(days=7)).delete()
    Session.objects.filter(pool__in=pools, date=TODAY + timedelta(days=7)).delete()

    read = read_times(service="renewal", now=local(20))
    told = {
        centre: [(day.state, (day.why or {}).get("en")) for day in week_at(read, centre)]
        for centre in (None, "dana")
    }

    usual = [("over", None), ("full", None), ("closed", "national")]
    after = [("closed", None), ("full", None), ("full", None), ("not_open", None)]
    assert told[None] == [*usual, ("closed", None), *after]
    assert told["dana"] == [*usual, ("closed", "works"), *after]


def test_week_of_a_service_nobody_offers_is_empty(world: World) -> None:
    read = read_times(service="unknown", now=NOW)
    assert week_at(read) == []
    assert centres_found(read, Wanted()) == []
    assert nothing_free(read) is None


def test_nothing_free_tells_walk_ins_the_release_and_the_next_day(world: World) -> None:
    fill(world)
    world.renewal.online_url = "https://www.example.org/e"
    world.renewal.save()
    Offering.objects.filter(centre=world.muharraq).update(walk_ins=False)
    for offset in (0, 1):
        announced = local(18 + offset)
        Release.objects.create(
            pool=world.dana_pool,
            date=TODAY + timedelta(days=3 - offset),
            step=1,
            percent=30,
            announced_from=announced,
            announced_until=announced + timedelta(minutes=30),
            due_at=announced + timedelta(minutes=17),
        )
    OpeningRule.objects.create(
        centre=world.dana,
        code="week",
        weekdays="71234",
        opens_time=time(7),
        closes_time=time(14),
        effective_from=TODAY,
    )
    closed = TODAY + timedelta(days=8)  # a Monday
    Closure.objects.create(
        agency=world.agency,
        code="day",
        name=both("Holiday"),
        from_date=closed,
        until_date=closed,
        confirmed=True,
    )

    answer = nothing_free(read_times(service="renewal", now=NOW))

    assert answer is not None
    assert answer.online_url == "https://www.example.org/e"
    assert answer.next_day is not None
    assert answer.next_day.date == TODAY + timedelta(days=9)
    assert answer.next_day.bookable_at == local(0, days=2)
    assert answer.release is not None
    assert (answer.release.announced_from, answer.release.centre.code) == (local(18), "dana")
    assert [(each.centre.code, each.periods) for each in answer.walk_ins] == [
        ("dana", ((local(7), local(19)),))
    ]


def test_nothing_free_keeps_the_drawn_minute_to_itself(world: World) -> None:
    fill(world)
    Release.objects.create(
        pool=world.dana_pool,
        date=TODAY,
        step=0,
        percent=30,
        announced_from=local(7),
        announced_until=local(8, 30),
        due_at=local(8, 17),
    )
    answer = nothing_free(read_times(service="renewal", now=NOW))
    assert answer is not None
    assert answer.release is not None
    assert local(8, 17) not in answer.release
    over = nothing_free(read_times(service="renewal", now=local(8, 30)))
    assert over is not None
    assert over.release is None


def test_nothing_free_is_silent_while_a_time_is_free(world: World) -> None:
    fill(world, world.dana_pool)
    read = read_times(service="renewal", now=NOW)
    assert nothing_free(read) is None
    assert nothing_free(read, "muharraq") is None
    assert nothing_free(read, "dana") is not None


def test_walk_in_hours_join_sessions_that_meet_and_skip_what_is_over(world: World) -> None:
    fill(world)
    later = local(20)
    open_pool(world.dana_pool, days=1, places=2, hours=(19, 22), first_day=1)
    Interval.objects.update(taken_public=2)
    answer = nothing_free(read_times(service="renewal", now=later), "dana")
    assert answer is not None
    assert [each.periods for each in answer.walk_ins] == [((local(7, days=1), local(22, days=1)),)]


def test_governorate_is_a_point_or_refused(world: World) -> None:
    Governorate.objects.create(
        agency=world.agency, code="capital", name=both("Capital"), latitude=26.22, longitude=50.58
    )
    Governorate.objects.create(
        agency=world.agency, code="old", name=both("Old"), latitude=0, longitude=0, active=False
    )
    assert governorate_position("capital") == Position(26.22, 50.58)
    for code in ("old", "nowhere", ""):
        with pytest.raises(UnknownGovernorate):
            governorate_position(code)


def statements(now: datetime) -> int:
    with CaptureQueriesContext(connection) as seen:
        read = read_times(service="renewal", now=now)
        centres_found(read, Wanted(position=HOME, sort="nearest"), 3)
        week_at(read)
        week_at(read, "dana")
        nothing_free(read)
    return len([each for each in seen if "kernel_policyvalue" not in each["sql"]])


def test_statements_do_not_grow_with_centres(world: World) -> None:
    after = datetime(2026, 12, 24, tzinfo=UTC)
    before = statements(NOW), statements(after)
    for number in range(4):
        centre = _centre(world.agency, world.directorate, f"more-{number}")
        open_pool(_pool(centre, 2, [world.renewal]), days=2, places=2)
    assert (statements(NOW), statements(after)) == before
    assert before[0] <= 7
