"""Parts are counted as the networks charge them."""

from __future__ import annotations

import pytest

from mawaeed.notifications.parts import count_parts, is_gsm


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),  # an extension character takes two septets
        ("€" * 80 + "a", 2),
        ("a" * 152 + "€" + "a" * 152, 3),  # 306 septets, but an escape is never cut in two
        ("م" * 70, 1),
        ("م" * 71, 2),
        ("م" * 134, 2),
        ("م" * 135, 3),
        ("a" * 70 + "م", 2),  # one Arabic letter makes the whole text UCS-2
        ("م" + "😀" * 34, 1),  # an emoji is two units
        ("م" + "😀" * 35, 2),
        ("م" * 66 + "😀" + "م" * 66, 3),
    ],
)
def test_count_parts(text: str, parts: int) -> None:
    assert count_parts(text) == parts


def test_is_gsm_knows_what_a_link_may_hold() -> None:
    assert is_gsm("https://mawaeed.example/e/Ab-_9~[x]\n")
    assert not is_gsm("“quoted”")
