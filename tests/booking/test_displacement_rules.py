from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from mawaeed.booking.displacing.rules import (
    Covering,
    Where,
    earliest_start,
    keeps_order,
    nearness,
    who_must_go,
)
from small_world import local

GRID = timedelta(minutes=5)
BEGIN = local(8)
STEPS = 12


@st.composite
def bookings(draw: st.DrawFn) -> list[Covering]:
    found = []
    for pk in range(draw(st.integers(0, 12))):
        first = draw(st.integers(0, STEPS - 1))
        length = draw(st.integers(1, 4))
        at = BEGIN + first * GRID
        booked_at = BEGIN - timedelta(minutes=draw(st.integers(1, 500)))
        found.append(Covering(pk, draw(st.integers(1, 2)), at, at + length * GRID, booked_at))
    return found


def sold(booked: list[Covering]) -> dict[Where, int]:
    count: dict[Where, int] = {}
    for each in booked:
        at = each.starts_at
        while at < each.ends_at:
            count[each.pool_id, at] = count.get((each.pool_id, at), 0) + 1
            at += GRID
    return count


def shortage(booked: list[Covering], capacity: int) -> dict[Where, int]:
    return {where: n - capacity for where, n in sold(booked).items() if n > capacity}


@given(bookings(), st.integers(0, 4))
def test_afterwards_nothing_is_short_and_nobody_went_without_need(
    booked: list[Covering], capacity: int
) -> None:
    going = who_must_go(shortage(booked, capacity), booked)
    staying = [each for each in booked if each not in going]
    assert shortage(staying, capacity) == {}
    for each in going:
        assert shortage([*staying, each], capacity) != {}
    if capacity == 0:
        assert len(going) == len(booked)


def test_the_latest_booked_goes_first() -> None:
    old, new = (
        Covering(pk, 1, BEGIN, BEGIN + GRID, BEGIN - timedelta(hours=hours))
        for pk, hours in ((1, 9), (2, 1))
    )
    assert who_must_go({(1, BEGIN): 1}, [old, new]) == [new]
    assert who_must_go({(1, BEGIN): 1}, [new, old]) == [new]


def test_who_became_unnecessary_stays() -> None:
    """The latest frees one of two; the one before frees both, so the latest may stay."""
    half = Covering(2, 1, BEGIN, BEGIN + GRID, BEGIN)
    both = Covering(1, 1, BEGIN, BEGIN + 2 * GRID, BEGIN - GRID)
    assert who_must_go({(1, BEGIN): 1, (1, BEGIN + GRID): 1}, [half, both]) == [both]


def test_the_nearest_is_the_same_day_then_the_next_day_then_another_centre() -> None:
    old = datetime(2026, 11, 24, 9)  # noqa: DTZ001 (wall times of the centre)
    places = [
        (0, old + timedelta(minutes=40)),
        (0, old - timedelta(minutes=50)),
        (0, old + timedelta(hours=4)),
        (0, old + timedelta(days=1, minutes=10)),
        (0, old + timedelta(days=1, hours=1)),
        (0, old - timedelta(days=1)),
        (0, old + timedelta(days=2)),
        (1, old),
        (2, old),
    ]
    ordered = sorted(set(places), key=lambda each: nearness(old, each[1], each[0]))
    assert ordered == places


def test_nobody_is_moved_to_sooner_without_notice() -> None:
    notice = timedelta(hours=2)
    now = local(8)
    assert earliest_start(local(9), now, notice, same_centre=True) == local(9)
    assert earliest_start(local(9), now, notice, same_centre=False) == local(10)
    assert earliest_start(local(13), now, notice, same_centre=True) == local(10)
    assert earliest_start(local(7), now, notice, same_centre=True) == now


@given(st.integers(0, 20), st.integers(1, 5), st.integers(0, 20), st.integers(1, 5))
def test_new_times_never_overlap_other_plans(start: int, long: int, other: int, far: int) -> None:
    begin, there = BEGIN + start * GRID, BEGIN + other * GRID
    kept = keeps_order([begin], [begin + long * GRID], [(there, there + far * GRID)])
    assert kept == (start + long <= other or other + far <= start)
