"""Compiles the message catalogues with Babel, so that running needs no gettext tools."""

from __future__ import annotations

import os
import sys
from pathlib import Path

PACKAGE_DIR = Path(__file__).resolve().parent.parent
LOCALE_DIR = Path(os.environ.get("MAWAEED_LOCALE_DIR") or PACKAGE_DIR / "locale")


def compile_stale_messages(directory: Path = LOCALE_DIR) -> list[Path]:
    """Compile each `django.po` that is newer than its `.mo`; returns those compiled."""
    stale = [source for source in directory.glob("*/LC_MESSAGES/*.po") if _is_stale(source)]
    for source in stale:
        _compile(source)
    return stale


def _is_stale(source: Path) -> bool:
    compiled = source.with_suffix(".mo")
    return not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime


def _compile(source: Path) -> None:
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with source.open("rb") as readable:
        catalogue = read_po(readable, locale=source.parent.parent.name)
    # Written aside and renamed: another process may be reading the old one.
    aside = source.with_suffix(f".mo.{os.getpid()}")
    with aside.open("wb") as writable:
        write_mo(writable, catalogue)
    aside.replace(source.with_suffix(".mo"))


if __name__ == "__main__":
    for compiled in compile_stale_messages():
        print(f"compiled {compiled}")
    sys.exit(0)
