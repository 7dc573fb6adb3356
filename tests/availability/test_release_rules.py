from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mawaeed.availability.calendar.capacity_rules import PoolFacts, Sold, places_after, shape_of
from mawaeed.availability.release_rules import (
    ALL,
    NOTHING_YET,
    LetGo,
    Step,
    draw_moment,
    released_places,
    steps_of,
)

WEEK: list[dict[str, Any]] = [
    {"days_before": 7, "time": "08:00", "percent": 60},
    {"days_before": 2, "time": "08:00", "percent": 30, "window_minutes": 60},
    {"days_before": 0, "time": "07:00", "percent": 10, "rolls_down": ["staff", "walk_in"]},
]
ROLLED = st.frozensets(st.sampled_from(("staff", "walk_in")))


@st.composite
def shares(draw: st.DrawFn) -> list[int]:
    """Percentages of one to five steps that add up to 100."""
    cuts = draw(st.lists(st.integers(1, 99), max_size=4, unique=True))
    edges = [0, *sorted(cuts), 100]
    return [after - before for before, after in pairwise(edges)]


def test_steps_are_read_as_stored() -> None:
    first, second, last = steps_of(WEEK)
    assert first == Step(7, time(8), 60)
    assert second.window(date(2026, 11, 24), "Asia/Bahrain") == (
        datetime(2026, 11, 22, 5, tzinfo=UTC),
        datetime(2026, 11, 22, 6, tzinfo=UTC),
    )
    assert last.rolls_down == ("staff", "walk_in")
    assert steps_of([]) == []


@pytest.mark.parametrize(
    ("index", "change", "said"),
    [
        (0, {"percent": 50}, "add up"),
        (0, {"percent": 0}, "add up"),
        (2, {"rolls_down": ["everything"]}, "everything"),
        (2, {"days_before": 3}, "come after"),
        (1, {"window_minutes": 60 * 48}, "come after"),
        (2, {"days_before": -1}, "negative"),
    ],
)
def test_an_unsound_policy_is_refused(index: int, change: dict[str, Any], said: str) -> None:
    steps = [dict(step) for step in WEEK]
    steps[index].update(change)
    with pytest.raises(ValueError, match=said):
        steps_of(steps)


@given(shares(), st.integers(0, 200))
def test_in_all_exactly_everything_is_let_go(percents: list[int], public: int) -> None:
    let_go = NOTHING_YET
    before = 0
    for percent in percents:
        let_go = let_go.and_also(percent, ())
        after = released_places(public, let_go.percent)
        assert after >= before
        before = after
    assert before == public
    assert let_go == ALL


@given(
    st.integers(0, 40),
    st.integers(0, 10),
    st.integers(0, 10),
    st.builds(Sold, st.integers(0, 20), st.integers(0, 10), st.integers(0, 5)),
    st.builds(LetGo, st.integers(0, 100), ROLLED),
)
def test_a_shape_never_oversells_and_never_lends_a_reserve_twice(
    capacity: int, staff: int, walk_in: int, sold: Sold, let_go: LetGo
) -> None:
    pool = PoolFacts(capacity, None, staff, walk_in)
    shape = shape_of(capacity, pool, sold, let_go)
    # The last guard of the table holds, and no longer than it must.
    assert sum(sold) <= capacity + shape.shortfall
    assert shape.shortfall == max(0, sum(sold) - capacity)
    # What the public may still take is there: beside what is sold and what staff may still give.
    left = capacity - shape.staff_reserve - shape.walk_in_reserve - shape.withheld
    left -= sold.public + sold.cooling
    if shape.shortfall == 0 and left > 0:
        assert sum(sold) + left + (shape.staff_reserve - sold.staff) <= capacity
    assert shape.staff_reserve >= sold.staff
    assert min(shape) >= 0
    if let_go.percent == 100:
        assert shape.withheld == 0
    if "walk_in" in let_go.rolled:
        assert shape.walk_in_reserve == 0
    if "staff" in let_go.rolled:
        assert shape.staff_reserve == sold.staff


@given(st.integers(0, 59), st.integers(0, 240))
def test_the_drawn_minute_lies_in_the_window_announced(drawn: int, minutes: int) -> None:
    begin = datetime(2026, 11, 22, 5, tzinfo=UTC)
    until = begin + timedelta(minutes=minutes)
    moment = draw_moment(begin, until, lambda most: min(drawn, most - 1))
    assert begin <= moment
    assert moment < until or moment == begin


@given(st.integers(0, 30), st.integers(0, 30), st.none() | st.integers(1, 20))
def test_taking_a_counter_out_and_in_again_changes_nothing(
    before: int, after: int, most: int | None
) -> None:
    places = before if most is None else min(before, most)
    changed = places_after(places, before, after, most)
    assert changed == (after if most is None else min(after, most))
    assert places_after(changed, after, before, most) == places
