"""Age: pure decisions of dates."""

from __future__ import annotations

from datetime import date

OLDEST = 120


def age_on(birth_date: date, day: date) -> int:
    """Completed years on `day`. Born on 29 February: the birthday is 1 March in other years."""
    before_birthday = (day.month, day.day) < (birth_date.month, birth_date.day)
    return day.year - birth_date.year - int(before_birthday)


def is_old_enough(birth_date: date, today: date, minimum: int = 17) -> bool:
    """Whether registering is open on `today` (local date): from the birthday on, inclusive."""
    return age_on(birth_date, today) >= minimum


def is_plausible(birth_date: date, today: date) -> bool:
    """Whether somebody alive can be born then: not in the future, not over 120 years ago."""
    return birth_date <= today and age_on(birth_date, today) <= OLDEST
