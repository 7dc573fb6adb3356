"""Folding of words, so that what people type meets what is written in Arabic and in English."""

from __future__ import annotations

import unicodedata

# Letters that are written one for another, digits of three scripts, and what carries no meaning.
_LETTERS = {
    **dict.fromkeys("أإآٱٲٳ", "ا"),
    **dict.fromkeys("ىیېۍ", "ي"),
    "ة": "ه",
    "ک": "ك",
    # A hamza on its own or on a seat is dropped with its seat: شؤون and شئون are both right.
    **dict.fromkeys("ءؤئٴ", None),
    "ـ": None,
    **{chr(0x0660 + digit): str(digit) for digit in range(10)},
    **{chr(0x06F0 + digit): str(digit) for digit in range(10)},
}
_TABLE = str.maketrans(_LETTERS)


def fold(text: str) -> str:
    """`text` as it is compared in a search: one form per letter, plain digits, words apart.

    Folds hamza forms, ى/ي, ة/ه, ؤ/ئ/ء (dropped), tatweel, diacritics, Arabic-Indic digits,
    Latin accents and case; punctuation and invisible marks part words or vanish.
    Folding twice changes nothing.
    """
    folded = _fold_once(text)
    while (again := _fold_once(folded)) != folded:
        folded = again
    return folded


def _fold_once(text: str) -> str:
    composed = unicodedata.normalize("NFKC", text).translate(_TABLE).casefold()
    parted = unicodedata.normalize("NFKD", composed)
    return " ".join("".join(_character(each) for each in parted).split())


def _character(character: str) -> str:
    category = unicodedata.category(character)
    if category in {"Mn", "Me", "Cf"}:
        return ""
    return character if category[0] in "LN" else " "


def search_words(query: str) -> list[str]:
    """The folded words of a query, without the Arabic article, each once."""
    words = (_without_article(word) for word in fold(query).split())
    return list(dict.fromkeys(words))


def _without_article(word: str) -> str:
    return word[2:] if word.startswith("ال") and len(word) >= 5 else word
