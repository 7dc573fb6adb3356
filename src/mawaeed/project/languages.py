"""Languages are data: a folder of messages makes a language."""

from __future__ import annotations

from pathlib import Path

from django.conf.locale import LANG_INFO

LEADING = ("ar", "en")


def available_languages(directory: Path) -> list[tuple[str, str]]:
    """(code, its own name) of every language with a catalogue in `directory`, Arabic first."""
    found = sorted(path.parts[-3] for path in directory.glob("*/LC_MESSAGES/django.po"))
    codes = [code for code in LEADING if code in found or not found]
    codes += [code for code in found if code not in LEADING and code in LANG_INFO]
    return [(code, str(LANG_INFO[code]["name_local"])) for code in codes]
