from datetime import UTC, date, datetime, timedelta

import pytest

from mawaeed.booking.models import Appointment
from mawaeed.booking.rules import (
    APPOINTMENT_TRANSITIONS,
    VERBS,
    first_free_ordinal,
    is_before_cut_off,
    is_late_cancellation,
    last_bookable_date,
)

START = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)


def test_transitions_name_only_known_states_and_verbs() -> None:
    states = set(Appointment.State.values)
    for (state, verb), target in APPOINTMENT_TRANSITIONS.items():
        assert {state, target} <= states
        assert verb in VERBS


@pytest.mark.parametrize("state", ["fulfilled", "cancelled", "no_show"])
def test_final_states_allow_nothing_but_to_be_taken_back(state: str) -> None:
    assert [verb for verb in VERBS if (state, verb) in APPOINTMENT_TRANSITIONS] == ["restore"]


def test_last_bookable_date_is_inclusive() -> None:
    assert last_bookable_date(date(2026, 11, 22), 7) == date(2026, 11, 29)


@pytest.mark.parametrize(
    ("minutes_before", "late"), [(121, False), (120, False), (119, True), (0, True)]
)
def test_late_cancellation_begins_after_the_free_limit(minutes_before: int, late: bool) -> None:
    now = START - timedelta(minutes=minutes_before)
    assert is_late_cancellation(START, now, 120) is late


def test_cut_off_is_the_start_itself_by_default() -> None:
    assert is_before_cut_off(START, START - timedelta(seconds=1), 0)
    assert not is_before_cut_off(START, START, 0)


def test_first_free_ordinal_fills_gaps() -> None:
    assert first_free_ordinal(set(), 1) == 1
    assert first_free_ordinal({1, 3}, 3) == 2
    assert first_free_ordinal({1}, 1) is None
