from __future__ import annotations

from datetime import date

import pytest
from pytest_django import Settings

from mawaeed.kernel.errors import Malformed
from mawaeed.people.numbers import (
    clean_mobile,
    clean_personal_number,
    mask_number,
    parse_birth_date,
)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("900100000", "900100000"),
        ("050600000", "050600000"),
        (" 9001 0000-0 ", "900100000"),
        ("٩٠٠١٠٠٠٠٠", "900100000"),
        ("۹۰۰۱۰۰۰۰۰", "900100000"),
        ("\u200f900100000\u202c", "900100000"),
        ("9001\u00a000000", "900100000"),
    ],
)
def test_personal_number_as_people_type_it_is_nine_digits(typed: str, number: str) -> None:
    assert clean_personal_number(typed) == number


@pytest.mark.parametrize(
    "typed",
    ["", "80010100", "8001010012", "801300000", "800000000", "8001A0000", "90010000²", "9" * 500],
)
def test_personal_number_malformed_is_refused(typed: str) -> None:
    with pytest.raises(Malformed) as refusal:
        clean_personal_number(typed)
    assert refusal.value.data == {"field": "personal_number"}


def test_personal_number_month_check_can_be_switched_off(settings: Settings) -> None:
    settings.PERSONAL_NUMBER_MONTH = False
    assert clean_personal_number("801300000") == "801300000"


@pytest.mark.parametrize(
    "typed",
    ["36001234", "+973 3600 1234", "00973-36001234", "٣٦٠٠١٢٣٤", "\u200e36001234\u200e"],
)
def test_mobile_as_people_type_it_is_e164(typed: str) -> None:
    assert clean_mobile(typed) == "+97336001234"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "hello",
        "17000000",  # fixed line
        "66310000",  # a 66 that is fixed
        "38600000",  # not assigned
        "80008001",  # toll free
        "+966501234567",  # another country, unless the deployment allows it
        "3600123",
    ],
)
def test_mobile_malformed_or_no_mobile_is_refused(typed: str) -> None:
    with pytest.raises(Malformed) as refusal:
        clean_mobile(typed)
    assert refusal.value.data == {"field": "mobile"}


def test_mobile_of_allowed_country_is_accepted(settings: Settings) -> None:
    settings.MOBILE_REGIONS = ("BH", "SA")
    assert clean_mobile("+966501234567") == "+966501234567"


def test_mask_number_shows_last_four() -> None:
    assert mask_number("900100000") == "•••••0000"


@pytest.mark.parametrize(
    "typed", ["1990-01-15", "15/1/1990", "15.01.1990", "١٩٩٠-٠١-١٥", " 15 / 01 / 1990 "]
)
def test_birth_date_as_people_type_it(typed: str) -> None:
    assert parse_birth_date(typed) == date(1990, 1, 15)


@pytest.mark.parametrize("typed", ["", "1990", "1990-02-30", "1990-13-01", "15/1/90", "soon"])
def test_birth_date_malformed_is_refused(typed: str) -> None:
    with pytest.raises(Malformed) as refusal:
        parse_birth_date(typed)
    assert refusal.value.data == {"field": "date_of_birth"}
