"""What a clerk's note may not hold: anything that leads to a person."""

from __future__ import annotations

import re

# Digits of any script. A date is no number of anybody.
_DATE = re.compile(r"\b(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4})\b")
_NINE_IN_A_ROW = re.compile(r"\d{9}")
# Eight digits or more, as telephone numbers are written: with a plus, spaces, dashes, brackets.
_TELEPHONE = re.compile(r"\+?\(?\d(?:[\s().-]{0,2}\d){7,}")
_E_MAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")


def holds_personal_data(note: str) -> bool:
    """Whether the note holds a personal number, a telephone number or an e-mail address."""
    if _NINE_IN_A_ROW.search(note) or _E_MAIL.search(note):
        return True
    return bool(_TELEPHONE.search(_DATE.sub(" ; ", note)))
