from datetime import UTC, date, datetime, timedelta
from math import inf, nan, pi
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mawaeed.availability.finding.rules import (
    EARTH_RADIUS_KM,
    PARTS,
    SORTS,
    BadPosition,
    Candidate,
    DayParts,
    Position,
    UnknownPart,
    distance_km,
    in_order,
    part_named,
    part_of,
    position_of,
)

TODAY = date(2026, 11, 22)
points = st.builds(
    Position,
    st.floats(-90, 90, allow_nan=False),
    st.floats(-180, 180, allow_nan=False),
)
moments = st.integers(0, 7 * 24 * 60).map(
    lambda minutes: datetime(2026, 11, 22, tzinfo=UTC) + timedelta(minutes=minutes)
)
candidates = st.lists(
    st.builds(
        Candidate,
        st.text("abc", min_size=1, max_size=3),
        st.none() | st.floats(0, 50),
        st.none() | moments,
        st.integers(0, 3),
    )
)


@given(points, points)
def test_distance_is_the_same_both_ways_and_at_most_half_round(
    one: Position, other: Position
) -> None:
    assert distance_km(one, other) == pytest.approx(distance_km(other, one))
    assert 0 <= distance_km(one, other) <= pi * EARTH_RADIUS_KM * (1 + 1e-12)
    assert distance_km(one, one) == 0


@given(points, points, points)
def test_distance_by_way_of_a_third_place_is_never_shorter(
    one: Position, other: Position, third: Position
) -> None:
    detour = distance_km(one, third) + distance_km(third, other)
    assert distance_km(one, other) <= detour + 1e-6


def test_distance_of_known_places() -> None:
    quarter = pi * EARTH_RADIUS_KM / 2
    assert distance_km(Position(0, 0), Position(90, 0)) == pytest.approx(quarter)
    assert distance_km(Position(0, -90), Position(0, 90)) == pytest.approx(2 * quarter)
    assert distance_km(Position(0, 179.5), Position(0, -179.5)) == pytest.approx(quarter / 90)
    # A degree of longitude at Bahrain's latitude, and a minute of latitude: a nautical mile.
    assert distance_km(Position(26.2, 50), Position(26.2, 51)) == pytest.approx(99.77, abs=0.01)
    assert distance_km(Position(26, 50), Position(26 + 1 / 60, 50)) == pytest.approx(
        1.853, abs=0.001
    )


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [
        ("nan", "50"),
        ("26", "NaN"),
        ("inf", "50"),
        ("26", "-Infinity"),
        (nan, 50.0),
        (26.0, inf),
        ("90.01", "50"),
        ("-91", "50"),
        ("26", "180.01"),
        ("26", "1e400"),
        ("", "50"),
        ("26", ""),
        ("north", "50"),
        ("26,2", "50"),
    ],
)
def test_position_of_what_is_no_place_is_refused(
    latitude: str | float, longitude: str | float
) -> None:
    with pytest.raises(BadPosition):
        position_of(latitude, longitude)


def test_position_of_a_person_is_kept_to_a_kilometre() -> None:
    assert position_of("26.223456", "50.587654") == Position(26.22, 50.59)
    assert position_of("26.2", " 50.5 ") == Position(26.2, 50.5)
    assert position_of(-90, 180) == Position(-90, 180)


@given(points)
def test_position_of_any_point_is_moved_by_less_than_a_kilometre(point: Position) -> None:
    assert distance_km(point, position_of(*point)) < 0.8


def test_part_of_begins_at_noon_and_at_five() -> None:
    assert {hour: part_of(hour) for hour in (0, 11, 12, 16, 17, 23)} == {
        0: "morning",
        11: "morning",
        12: "afternoon",
        16: "afternoon",
        17: "evening",
        23: "evening",
    }


def test_part_named_is_one_of_three_or_any() -> None:
    assert [part_named(text) for text in ("", *PARTS)] == [None, *PARTS]
    with pytest.raises(UnknownPart):
        part_named("Morning")


@pytest.mark.parametrize("zone", ["Asia/Bahrain", "Europe/Berlin", "America/St_Johns"])
def test_day_parts_agree_with_the_local_clock(zone: str) -> None:
    """Also over the nights on which clocks are set: 2026-10-25 and 2026-11-01."""
    first, last = date(2026, 10, 24), date(2026, 11, 3)
    parts = DayParts(zone, first, last)
    moment = datetime(2026, 10, 24, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    while (local := moment.astimezone(ZoneInfo(zone))).date() <= last:
        assert parts.of(moment) == (local.date(), part_of(local.hour)), local
        moment += timedelta(minutes=30)


@given(candidates, st.sampled_from(SORTS))
def test_order_is_total_and_puts_free_times_first(found: list[Candidate], sort: str) -> None:
    ordered = in_order(found, sort)  # type: ignore[arg-type]
    assert ordered == in_order(reversed(found), sort)  # type: ignore[arg-type]
    assert sorted(map(repr, ordered)) == sorted(map(repr, found))
    nothing = [each.earliest is None for each in ordered]
    assert nothing == sorted(nothing)


def test_order_by_nearest_and_by_earliest() -> None:
    soon, later = datetime(2026, 11, 22, 6, tzinfo=UTC), datetime(2026, 11, 22, 7, tzinfo=UTC)
    near = Candidate("near", 1.0, later, 2)
    far = Candidate("far", 9.0, soon, 1)
    full = Candidate("full", 0.5, None, 0)
    unknown = Candidate("unknown", None, soon, 0)
    assert in_order([full, far, near, unknown], "nearest") == [near, far, unknown, full]
    assert in_order([full, near, unknown, far], "earliest") == [far, unknown, near, full]
