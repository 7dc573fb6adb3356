"""How many parts a text message takes: GSM 03.38 where it can be written so, else UCS-2."""

from __future__ import annotations

# 3GPP TS 23.038, basic character set and its extension table.
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("\f^{}\\[~]|€")
GSM = BASIC | EXTENSION
# (alone, per part of a longer message), in septets and in UTF-16 units.
GSM_LIMITS = (160, 153)
UCS2_LIMITS = (70, 67)


def count_parts(text: str) -> int:
    """Number of parts `text` is sent in; an empty text still takes one."""
    if is_gsm(text):
        return _parts([2 if letter in EXTENSION else 1 for letter in text], GSM_LIMITS)
    if len(text.encode("utf-16-be")) // 2 <= UCS2_LIMITS[0]:
        return 1
    return _parts([len(letter.encode("utf-16-be")) // 2 for letter in text], UCS2_LIMITS)


def is_gsm(text: str) -> bool:
    """Whether every character is in GSM 03.38: one Arabic letter makes the whole text UCS-2."""
    return GSM.issuperset(text)


def _parts(sizes: list[int], limits: tuple[int, int]) -> int:
    alone, per_part = limits
    if sum(sizes) <= alone:
        return 1
    parts, used = 1, 0
    for size in sizes:  # an escape sequence or a surrogate pair is never cut in two
        if used + size > per_part:
            parts, used = parts + 1, 0
        used += size
    return parts
