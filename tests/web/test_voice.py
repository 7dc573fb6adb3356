"""What the board says: right words in the right order, each with a sound that is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mawaeed.web.board.voice import (
    CHIME,
    HIGHEST,
    SPOKEN,
    WORDS,
    call_parts,
    number_parts,
    sound_file,
)

STATIC = Path(__file__).resolve().parents[2] / "src/mawaeed/web/static"
VOWELS = re.compile("[\u064b-\u0652]")
MOST_BYTES = 1_600_000

ARABIC = {
    0: "صفر",
    1: "واحد",
    2: "اثنان",
    3: "ثلاثة",
    8: "ثمانية",
    10: "عشرة",
    11: "أحد عشر",
    12: "اثنا عشر",
    13: "ثلاثة عشر",
    18: "ثمانية عشر",
    20: "عشرون",
    21: "واحد وعشرون",
    22: "اثنان وعشرون",
    35: "خمسة وثلاثون",
    47: "سبعة وأربعون",
    58: "ثمانية وخمسون",
    69: "تسعة وستون",
    74: "أربعة وسبعون",
    86: "ستة وثمانون",
    99: "تسعة وتسعون",
    100: "مئة",
    101: "مئة وواحد",
    111: "مئة وأحد عشر",
    125: "مئة وخمسة وعشرون",
    200: "مئتان",
    202: "مئتان واثنان",
    312: "ثلاثمئة واثنا عشر",
    490: "أربعمئة وتسعون",
    800: "ثمانمئة",
    999: "تسعمئة وتسعة وتسعون",
    1000: "ألف",
    1001: "ألف وواحد",
    1100: "ألف ومئة",
    1234: "ألف ومئتان وأربعة وثلاثون",
    2000: "ألفان",
    2022: "ألفان واثنان وعشرون",
    3000: "ثلاثة آلاف",
    4500: "أربعة آلاف وخمسمئة",
    8017: "ثمانية آلاف وسبعة عشر",
    9999: "تسعة آلاف وتسعمئة وتسعة وتسعون",
}
ENGLISH = {
    0: "zero",
    12: "twelve",
    40: "forty",
    99: "ninety-nine",
    100: "one hundred",
    105: "one hundred and five",
    1000: "one thousand",
    1007: "one thousand and seven",
    1200: "one thousand two hundred",
    9345: "nine thousand three hundred and forty-five",
}


def said(parts: tuple[str, ...], language: str) -> str:
    words = WORDS[language]
    text = " ".join(words[part.removeprefix(f"{language}/")] for part in parts)
    return VOWELS.sub("", text).replace("وا\u0650", "وا")


@pytest.mark.parametrize(
    ("language", "number", "words"),
    [("ar", *each) for each in ARABIC.items()] + [("en", *each) for each in ENGLISH.items()],
)
def test_numbers_are_said_as_they_are_written_out(language: str, number: int, words: str) -> None:
    assert said(number_parts(number, language), language) == words


def test_a_call_says_ticket_letter_number_then_counter() -> None:
    arabic, english = call_parts("B1234", 21, "ar"), call_parts("B1234", 21, "en")
    assert said(arabic, "ar") == (
        "التذكرة رقم بي ألف ومئتان وأربعة وثلاثون الرجاء التوجه إلى الشباك رقم واحد وعشرون"
    )
    assert said(english, "en") == (
        "ticket number B one thousand two hundred and thirty-four please go to counter twenty-one"
    )
    assert call_parts("A012", 4, "en")[1:3] == ("en/letter-a", "en/12")


@pytest.mark.parametrize("language", SPOKEN)
def test_whatever_can_be_called_has_its_sounds(language: str) -> None:
    """All numbers with all letters, counters, and what is beyond both."""
    calls = [
        call_parts(f"A{number:03d}", number % 99 + 1, language) for number in range(HIGHEST + 1)
    ]
    calls += [call_parts(f"{letter}001", 1, language) for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
    calls += [call_parts("A12345", 123, language), call_parts("ب007", 1, language)]
    used = {part for parts in calls for part in parts}
    assert {part for part in used if not (STATIC / sound_file(part)).is_file()} == set()
    # None is shipped in vain.
    assert used == {f"{language}/{name}" for name in WORDS[language]}


def test_the_sounds_are_small() -> None:
    sounds = list((STATIC / "web/sounds").rglob("*.mp3"))
    assert STATIC / sound_file(CHIME) in sounds
    assert sum(each.stat().st_size for each in sounds) < MOST_BYTES
    assert len(sounds) == 1 + sum(len(WORDS[language]) for language in SPOKEN)
