"""What is said when a ticket is called: the recorded parts, in the order of each language.

Every part is one short sound, `static/web/sounds/LANGUAGE/NAME.mp3`. `WORDS` tells what each says;
`scripts/voice` makes the sounds from it, and a person may record the same words instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from string import ascii_uppercase
from typing import Final

SPOKEN: Final = ("ar", "en")
CHIME: Final = "chime"
FOLDER: Final = "web/sounds"
HIGHEST: Final = 9999

TICKET, GO = "ticket", "go"


def _list(words: str) -> list[str]:
    return words.split()


_AR_ONES = _list("صِفْر وَاحِد اِثْنَان ثَلَاثَة أَرْبَعَة خَمْسَة سِتَّة سَبْعَة ثَمَانِيَة تِسْعَة عَشَرَة")
_AR_TEENS = (
    "أَحَدَ",
    "اِثْنَا",
    "ثَلَاثَةَ",
    "أَرْبَعَةَ",
    "خَمْسَةَ",
    "سِتَّةَ",
    "سَبْعَةَ",
    "ثَمَانِيَةَ",
    "تِسْعَةَ",
)
_AR_TENS = _list("عِشْرُون ثَلَاثُون أَرْبَعُون خَمْسُون سِتُّون سَبْعُون ثَمَانُون تِسْعُون")
_AR_HUNDREDS = _list("مِئَة مِئَتَان ثَلَاثُمِئَة أَرْبَعُمِئَة خَمْسُمِئَة سِتُّمِئَة سَبْعُمِئَة ثَمَانُمِئَة تِسْعُمِئَة")
_AR_LETTERS = _list(
    "إيه بي سي دي إي إف جي إتش آي جيه كيه إل إم إن أو بي كيو آر إس تي يو في دبليو إكس واي زد"
)

_EN_ONES = _list(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
)
_EN_TENS = _list("twenty thirty forty fifty sixty seventy eighty ninety")


def call_parts(ticket: str, counter: int, language: str) -> tuple[str, ...]:
    """The parts that say "ticket number A 12, please go to counter 4", as `ar/12`.

    A letter that has no sound is left out; so is what stands before it.
    """
    letter = [f"letter-{ticket[0].lower()}"] if ticket[:1] in ascii_uppercase else []
    digits = "".join(each for each in ticket if each.isascii() and each.isdigit())
    number = number_parts(int(digits or 0), language)
    names = [TICKET, *letter, *number, GO, *number_parts(counter, language)]
    return tuple(f"{language}/{name}" for name in names)


def number_parts(number: int, language: str) -> tuple[str, ...]:
    """Names of the parts of a number, largest first; beyond `HIGHEST` digit by digit.

    Arabic joins every part to the one before by "wa"; English says "and" before the last alone.
    """
    if number > HIGHEST:
        return tuple(str(number))
    small = number % 100
    large = [str(each) for each in (number // 1000 * 1000, number // 100 % 10 * 100) if each]
    if not large:
        return (str(small),)
    if language == "ar":
        rest = [*large[1:], *([str(small)] if small else [])]
        return (large[0], *(f"and-{each}" for each in rest))
    return (*large[:-1], f"{large[-1]}-and", str(small)) if small else tuple(large)


def sound_file(part: str) -> str:
    """Where the sound of a part is among the static files."""
    return f"{FOLDER}/{part}.mp3"


def arabic_below_hundred(number: int) -> str:
    """0 to 99 as said alone, with vowels: units before tens, joined by "wa"."""
    if number <= 10:
        return _AR_ONES[number]
    if number < 20:
        return f"{_AR_TEENS[number - 11]} عَشَر"
    tens = _AR_TENS[number // 10 - 2]
    return f"{_AR_ONES[number % 10]} وَ{tens}" if number % 10 else tens


def english_below_hundred(number: int) -> str:
    """0 to 99 as said alone."""
    if number < 20:
        return _EN_ONES[number]
    tens = _EN_TENS[number // 10 - 2]
    return f"{tens}-{_EN_ONES[number % 10]}" if number % 10 else tens


def _arabic() -> dict[str, str]:
    numbers = {str(number): arabic_below_hundred(number) for number in range(100)}
    numbers |= {str(100 * (place + 1)): word for place, word in enumerate(_AR_HUNDREDS)}
    joined = {f"and-{name}": f"وَ{word}" for name, word in numbers.items() if name != "0"}
    thousands = {"1000": "أَلْف", "2000": "أَلْفَان"} | {
        str(1000 * count): f"{_AR_ONES[count]}ُ آلَاف" for count in range(3, 10)
    }
    return {
        TICKET: "التَّذْكِرَةُ رَقْم",
        GO: "الرَّجَاءُ التَّوَجُّهُ إِلَى الشُّبَّاكِ رَقْم",
        **_letters(_AR_LETTERS),
        **numbers,
        **joined,
        **thousands,
    }


def _english() -> dict[str, str]:
    numbers = {str(number): english_below_hundred(number) for number in range(100)}
    large = {
        str(count * unit): f"{_EN_ONES[count]} {word}"
        for unit, word in ((100, "hundred"), (1000, "thousand"))
        for count in range(1, 10)
    }
    joined = {f"{name}-and": f"{words} and" for name, words in large.items()}
    return {
        TICKET: "ticket number",
        GO: "please go to counter",
        **_letters(list(ascii_uppercase)),
        **numbers,
        **large,
        **joined,
    }


def _letters(spoken: list[str]) -> dict[str, str]:
    names = (f"letter-{letter.lower()}" for letter in ascii_uppercase)
    return dict(zip(names, spoken, strict=True))


# Language → part → the words it says; Arabic with its vowels.
WORDS: Final[Mapping[str, Mapping[str, str]]] = {"ar": _arabic(), "en": _english()}
