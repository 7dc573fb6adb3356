"""The single values of a catalogue file: texts per language, codes, times, dates, money."""

from __future__ import annotations

import re
from datetime import date, time
from decimal import Decimal
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from mawaeed.centres.names import REQUIRED_LANGUAGES

Weekday = Literal["sat", "sun", "mon", "tue", "wed", "thu", "fri"]
ISO_WEEKDAY: dict[str, int] = {
    "mon": 1,
    "tue": 2,
    "wed": 3,
    "thu": 4,
    "fri": 5,
    "sat": 6,
    "sun": 7,
}
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,8})?")


def _text(value: dict[str, str]) -> dict[str, str]:
    missing = [language for language in REQUIRED_LANGUAGES if language not in value]
    if missing:
        raise ValueError(f"no text in {', '.join(missing)}")
    for language, text in value.items():
        if not _LANGUAGE.fullmatch(language):
            raise ValueError(f"`{language}` is not a language code")
        if not text.strip():
            raise ValueError(f"the text in {language} is empty")
    return value


def _short(value: dict[str, str]) -> dict[str, str]:
    for language, text in value.items():
        limit = 14 if language == "ar" else 16
        if len(text) > limit:
            raise ValueError(f"{len(text)} characters in {language}, at most {limit}")
    return value


def _time(value: Any) -> time:
    if not isinstance(value, str) or not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        raise ValueError("a time is written HH:MM, from 00:00 to 23:59")
    return time.fromisoformat(value)


def _date(value: Any) -> date:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise ValueError(f"no such day: {value} ({error})") from error
    raise ValueError("a date is written YYYY-MM-DD")


def _timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"`{value}` is not a time zone") from error
    return value


_TEXT_SCHEMA = {
    "type": "object",
    "description": "A text per language code; Arabic and English are required.",
    "required": list(REQUIRED_LANGUAGES),
    "additionalProperties": {"type": "string", "minLength": 1},
}
Text = Annotated[dict[str, str], AfterValidator(_text), WithJsonSchema(_TEXT_SCHEMA)]
ShortText = Annotated[Text, AfterValidator(_short)]
Code = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)]
LongCode = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Letter = Annotated[str, Field(pattern=r"^[A-HJ-NP-Z]$", description="A ticket letter, no I, no O.")]
LocalTime = Annotated[
    time,
    BeforeValidator(_time),
    WithJsonSchema({"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d$"}),
]
Day = Annotated[date, BeforeValidator(_date), WithJsonSchema({"type": "string", "format": "date"})]
Zone = Annotated[str, AfterValidator(_timezone)]
Money = Annotated[Decimal, Field(ge=0, max_digits=9, decimal_places=3)]
Address = Annotated[str, Field(pattern=r"^https://\S+$", max_length=200)]
Minutes = Annotated[int, Field(ge=5, le=480)]
