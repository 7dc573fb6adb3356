"""Reading what people type: personal numbers, mobiles, dates. Both kinds of digits are accepted.

The check digit's rule is not public, so none is applied: a guessed one would refuse real people.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date

import phonenumbers
from django.conf import settings
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from mawaeed.kernel.errors import Malformed

NUMBER_LENGTH = 9
LONGEST_INPUT = 60
HOME_REGION = "BH"
MOBILE_TYPES = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
SEPARATORS = "-‐‑‒–—"
YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
DAY_FIRST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")


def clean_personal_number(text: str) -> str:
    """Nine ASCII digits (YYMM and five more; leading zeros are real).

    Spaces, hyphens, bidi marks and Arabic-Indic digits are accepted. The month part is checked
    unless the deployment switches it off (`PERSONAL_NUMBER_MONTH=0`). Refuses `Malformed`.
    """
    plain = _plain(text)
    number = "".join(mark for mark in plain if not (mark.isspace() or mark in SEPARATORS))
    if len(number) != NUMBER_LENGTH or not (number.isascii() and number.isdigit()):
        raise Malformed(field="personal_number")
    if settings.PERSONAL_NUMBER_MONTH and not "01" <= number[2:4] <= "12":
        raise Malformed(field="personal_number")
    return number


def clean_mobile(text: str) -> str:
    """A mobile as E.164; without a prefix it is Bahrain's. Refuses `Malformed`.

    Which countries may receive codes is a deployment setting (`MOBILE_REGIONS`, Bahrain alone).
    """
    try:
        parsed = phonenumbers.parse(_plain(text), HOME_REGION)
    except phonenumbers.NumberParseException:
        raise Malformed(field="mobile") from None
    regions = settings.MOBILE_REGIONS
    if (
        not phonenumbers.is_valid_number(parsed)
        or phonenumbers.number_type(parsed) not in MOBILE_TYPES
        or phonenumbers.region_code_for_number(parsed) not in regions
    ):
        raise Malformed(field="mobile")
    return phonenumbers.format_number(parsed, PhoneNumberFormat.E164)


def mask_number(number: str) -> str:
    """What screens show of a personal number: `•••••0000`."""
    return "•" * max(0, len(number) - 4) + number[-4:]


def parse_birth_date(text: str | date) -> date:
    """A calendar date from `1990-01-15` or `15/1/1990`. Refuses `Malformed`."""
    if isinstance(text, date):
        return date(text.year, text.month, text.day)
    plain = _plain(text).replace(" ", "")
    if found := YEAR_FIRST.fullmatch(plain):
        year, month, day = found.groups()
    elif found := DAY_FIRST.fullmatch(plain):
        day, month, year = found.groups()
    else:
        raise Malformed(field="date_of_birth")
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise Malformed(field="date_of_birth") from None


def _plain(text: str) -> str:
    """Digits of any script as ASCII; invisible marks (bidi, zero width) dropped."""
    if len(text) > LONGEST_INPUT:
        return ""
    kept = (mark for mark in text.strip() if unicodedata.category(mark) != "Cf")
    return "".join(_digit(mark) for mark in kept)


def _digit(mark: str) -> str:
    value = unicodedata.decimal(mark, None)
    return mark if value is None else str(value)
