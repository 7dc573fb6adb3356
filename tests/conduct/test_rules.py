from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mawaeed.conduct.rules import (
    ATTENDED,
    CANCELLATION,
    LATE_CANCELLATION,
    MISSED,
    Conduct,
    blocking_run,
    current_run,
)

START = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
WEEK = 168 * HOUR


def events(*given_events: tuple[str, timedelta]) -> list[Conduct]:
    return [
        Conduct(at=START + after, kind=kind, id=number)
        for number, (kind, after) in enumerate(given_events, start=1)
    ]


def missed(*hours: float) -> list[Conduct]:
    return events(*((MISSED, hour * HOUR) for hour in hours))


def ids(run: list[Conduct] | None) -> list[int] | None:
    return None if run is None else [event.id for event in run]


CASES: list[tuple[str, list[Conduct], list[int] | None]] = [
    ("nothing", [], None),
    ("three are not more than three", missed(0, 1, 2), None),
    ("the fourth blocks", missed(0, 1, 2, 3), [1, 2, 3, 4]),
    ("exactly 168 hours is outside", missed(0, 1, 2, 168), None),
    (
        "one second less is inside",
        events((MISSED, 0 * HOUR), (MISSED, HOUR), (MISSED, HOUR), (MISSED, WEEK - SECOND)),
        [1, 2, 3, 4],
    ),
    ("five, of which the last four are close", missed(0, 100, 120, 150, 200), [2, 3, 4, 5]),
    ("five, too far apart", missed(0, 50, 100, 168, 220), None),
    (
        "late cancellations and missed ones are alike",
        events((MISSED, 0 * HOUR), *((LATE_CANCELLATION, n * HOUR) for n in (1, 2, 3))),
        [1, 2, 3, 4],
    ),
    (
        "an early cancellation is neutral",
        events(
            (MISSED, 0 * HOUR),
            (CANCELLATION, HOUR),
            (MISSED, 2 * HOUR),
            (MISSED, 3 * HOUR),
            (MISSED, 4 * HOUR),
        ),
        [1, 3, 4, 5],
    ),
    (
        "an attended visit resets",
        events(
            (MISSED, 0 * HOUR),
            (MISSED, HOUR),
            (MISSED, 2 * HOUR),
            (ATTENDED, 3 * HOUR),
            (MISSED, 4 * HOUR),
        ),
        None,
    ),
    (
        "four before an attended visit are forgotten",
        [*missed(0, 1, 2, 3), Conduct(at=START + 4 * HOUR, kind=ATTENDED, id=5)],
        None,
    ),
    (
        "attended at the same moment counts for the person",
        [*missed(0, 1, 2, 3), Conduct(at=START + 3 * HOUR, kind=ATTENDED, id=0)],
        None,
    ),
    (
        "order of recording does not matter",
        list(reversed(missed(0, 1, 2, 3))),
        [1, 2, 3, 4],
    ),
]


@pytest.mark.parametrize(
    ("given_events", "blocking"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_blocking_run_by_hand(given_events: list[Conduct], blocking: list[int] | None) -> None:
    assert ids(blocking_run(given_events)) == blocking


def test_blocking_run_threshold_and_window_are_settings() -> None:
    assert ids(blocking_run(missed(0, 1), threshold=1)) == [1, 2]
    assert blocking_run(missed(0, 1, 2, 3, 4), threshold=5) is None
    assert blocking_run(missed(0, 1, 2, 3), window=3 * HOUR) is None
    assert ids(blocking_run(missed(0), threshold=0)) == [1]


def test_blocking_run_count_all_counts_early_cancellations() -> None:
    early = events(*((CANCELLATION, n * HOUR) for n in range(4)))
    assert blocking_run(early) is None
    assert ids(blocking_run(early, count_all=True)) == [1, 2, 3, 4]


def test_blocking_run_since_empties_the_run() -> None:
    assert blocking_run(missed(0, 1, 2, 3), since=START) is None
    assert ids(blocking_run(missed(0, 1, 2, 3), since=START - SECOND)) == [1, 2, 3, 4]


def of_visit(
    event_id: int, *, hour: float, booked: float, centre: int = 1, kind: str = MISSED, day: int = 22
) -> Conduct:
    return Conduct(
        at=START + hour * HOUR,
        kind=kind,
        id=event_id,
        centre_id=centre,
        visit_day=date(2026, 11, day),
        booked_at=START + booked * HOUR,
    )


def test_current_run_several_services_of_one_visit_are_one_event() -> None:
    family = [of_visit(n, hour=n / 4, booked=-24) for n in range(1, 5)]
    assert ids(current_run(family)) == [1]


def test_current_run_booking_again_after_cancelling_is_another_visit() -> None:
    again = [of_visit(n, hour=n, booked=n - 0.5, kind=LATE_CANCELLATION) for n in range(1, 5)]
    assert ids(blocking_run(again)) == [1, 2, 3, 4]


def test_current_run_other_centre_or_other_day_is_another_visit() -> None:
    centres = [of_visit(n, hour=n, booked=-24, centre=n) for n in range(1, 5)]
    days = [of_visit(n, hour=24 * n, booked=-24, day=22 + n) for n in range(1, 5)]
    assert ids(current_run(centres)) == [1, 2, 3, 4]
    assert ids(current_run(days)) == [1, 2, 3, 4]


def test_current_run_rest_of_an_attended_visit_does_not_count() -> None:
    visit = [of_visit(1, hour=1, booked=-24, kind=ATTENDED), of_visit(2, hour=2, booked=-24)]
    assert current_run(visit) == []


KINDS = st.sampled_from([MISSED, LATE_CANCELLATION, CANCELLATION, ATTENDED])
LISTS = st.lists(
    st.tuples(KINDS, st.integers(0, 20 * 24)), max_size=9, unique_by=lambda pair: pair[1]
).map(lambda pairs: events(*((kind, hour * HOUR) for kind, hour in pairs)))


def blocks_by_brute_force(
    given_events: list[Conduct], threshold: int, window: timedelta, strikes: set[str]
) -> bool:
    """Some `threshold` + 1 strikes within the window with no attended visit after the first."""
    attended = [event.at for event in given_events if event.kind == ATTENDED]
    struck = [event for event in given_events if event.kind in strikes]
    return any(
        max(e.at for e in some) - min(e.at for e in some) < window
        and all(at < min(e.at for e in some) for at in attended)
        for some in combinations(struck, threshold + 1)
    )


@given(LISTS, st.integers(1, 4), st.integers(1, 10 * 24), st.booleans())
def test_blocking_run_equals_brute_force(
    given_events: list[Conduct], threshold: int, hours: int, count_all: bool
) -> None:
    strikes = {MISSED, LATE_CANCELLATION} | ({CANCELLATION} if count_all else set())
    window = hours * HOUR
    found = blocking_run(given_events, threshold=threshold, window=window, count_all=count_all)
    expected = blocks_by_brute_force(given_events, threshold, window, strikes)
    assert (found is not None) == expected
    if found is not None:
        assert len(found) == threshold + 1
        assert found[-1].at - found[0].at < window
        assert {event.kind for event in found} <= strikes


@given(LISTS)
def test_blocking_run_attending_now_never_blocks(given_events: list[Conduct]) -> None:
    latest = max((event.at for event in given_events), default=START)
    assert blocking_run([*given_events, Conduct(at=latest, kind=ATTENDED)]) is None
