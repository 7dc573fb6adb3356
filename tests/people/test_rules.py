from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mawaeed.people.rules import age_on, is_old_enough, is_plausible

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("born", "today", "old_enough"),
    [
        (date(2009, 11, 22), TODAY, True),
        (date(2009, 11, 23), TODAY, False),
        (date(2009, 11, 21), TODAY, True),
        (date(2008, 2, 29), date(2025, 2, 28), False),
        (date(2008, 2, 29), date(2025, 3, 1), True),
        (date(2008, 2, 29), date(2025, 2, 27), False),
    ],
)
def test_is_old_enough_from_the_birthday_on(born: date, today: date, old_enough: bool) -> None:
    assert is_old_enough(born, today) is old_enough


@given(st.dates(date(1900, 1, 1), date(2020, 12, 31)), st.integers(0, 90))
def test_age_grows_by_one_on_the_birthday(born: date, years: int) -> None:
    if (born.month, born.day) == (2, 29):
        is_leap = (born.year + years) % 4 == 0 and (born.year + years) % 100 != 0
        is_leap = is_leap or (born.year + years) % 400 == 0
        birthday = date(born.year + years, 2, 29) if is_leap else date(born.year + years, 3, 1)
    else:
        birthday = born.replace(year=born.year + years)
    assert age_on(born, birthday) == years
    assert age_on(born, birthday - timedelta(days=1)) == years - 1


@pytest.mark.parametrize(
    ("born", "plausible"),
    [
        (TODAY, True),
        (TODAY + timedelta(days=1), False),
        (date(1906, 11, 22), True),
        (date(1905, 11, 23), True),
        (date(1905, 11, 22), False),
    ],
)
def test_is_plausible_for_the_living(born: date, plausible: bool) -> None:
    assert is_plausible(born, TODAY) is plausible
