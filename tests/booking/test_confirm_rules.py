from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from mawaeed.booking.confirm_rules import (
    confirm_window,
    counts_as_confirmed,
    deadline_when_asked,
)
from small_world import NOW, local

START = local(9, days=5)
hours = st.floats(0, 168)


def test_nobody_is_asked_where_the_option_is_off() -> None:
    assert confirm_window(START, 0, 24) is None
    assert not counts_as_confirmed(None, NOW)


def test_it_is_asked_and_answered_as_long_before_as_set() -> None:
    window = confirm_window(START, 48, 24)
    assert window is not None
    assert (window.ask_at, window.confirm_by) == (
        START - timedelta(hours=48),
        START - timedelta(hours=24),
    )


@given(hours, hours)
def test_the_deadline_lies_between_question_and_start(ask: float, deadline: float) -> None:
    window = confirm_window(START, ask, deadline)
    if ask == 0:
        assert window is None
        return
    assert window is not None
    assert window.ask_at <= window.confirm_by <= START


def test_a_booking_after_the_question_is_its_own_answer() -> None:
    window = confirm_window(START, 48, 24)
    assert window is not None
    second = timedelta(seconds=1)
    assert counts_as_confirmed(window, window.ask_at)
    assert counts_as_confirmed(window, window.confirm_by + second)
    assert not counts_as_confirmed(window, window.ask_at - second)


@given(st.integers(0, 48 * 60))
def test_a_late_question_leaves_half_the_time_or_is_not_asked(minutes_late: int) -> None:
    window = confirm_window(START, 48, 24)
    assert window is not None
    asked_at = window.ask_at + timedelta(minutes=minutes_late)
    deadline = deadline_when_asked(window, asked_at, START)
    if deadline is None:
        assert asked_at + timedelta(hours=12) > START
        return
    assert deadline - asked_at >= timedelta(hours=12)
    assert window.confirm_by <= deadline <= START
