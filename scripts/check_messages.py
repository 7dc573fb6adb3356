"""Fails when a text lacks its Arabic, is marked fuzzy, or is not in the catalogues yet.

Every language with a folder must hold exactly the texts of the code; Arabic must translate all.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

PACKAGE = Path(__file__).resolve().parent.parent / "src" / "mawaeed"
# Must say everything; the texts in the code are English already.
COMPLETE = "ar"


def main() -> int:
    """Print each fault on a line of its own; returns 1 if there are any."""
    languages = sorted(path.name for path in (PACKAGE / "locale").iterdir() if path.is_dir())
    with tempfile.TemporaryDirectory(prefix="mawaeed-messages-") as folder:
        copy = Path(folder) / "mawaeed"
        shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__", "*.mo"))
        _extract(copy, languages)
        faults = [fault for language in languages for fault in _faults(copy, language)]
    print("\n".join(faults) or f"{', '.join(languages)}: nothing missing, fuzzy or left over")
    return 1 if faults else 0


def _extract(copy: Path, languages: list[str]) -> None:
    """Write the catalogues of the copy anew, as `make messages` does."""
    chosen = [part for language in languages for part in ("--locale", language)]
    subprocess.run(
        [
            *(sys.executable, "-m", "django", "makemessages", *chosen, "--no-location"),
            *("--no-wrap", "--ignore", "static/*", "--verbosity", "0"),
        ],
        cwd=copy,
        check=True,
    )


def _faults(copy: Path, language: str) -> list[str]:
    committed = _read(PACKAGE / "locale", language)
    fresh = _read(copy / "locale", language)
    ours, theirs = _keys(committed), _keys(fresh)
    faults = [f"{language}: not in the catalogue: {key!r}" for key in sorted(theirs - ours)]
    faults += [f"{language}: no longer used: {key!r}" for key in sorted(ours - theirs)]
    if faults:
        faults.append(f"{language}: run `make messages`")
    faults += [f"{language}: fuzzy: {m.id!r}" for m in committed if m.id and m.fuzzy]
    if language == COMPLETE:
        faults += [f"{language}: not translated: {m.id!r}" for m in committed if _is_bare(m)]
    return faults


def _read(locale: Path, language: str) -> Catalog:
    path = locale / language / "LC_MESSAGES" / "django.po"
    with path.open("rb") as readable:
        return read_po(readable, locale=language)


def _keys(catalogue: Catalog) -> set[tuple[str, str]]:
    return {(message.context or "", str(message.id)) for message in catalogue if message.id}


def _is_bare(message: Message) -> bool:
    if not message.id:
        return False
    text = message.string
    return not (all(text) if isinstance(text, list | tuple) else text)


if __name__ == "__main__":
    sys.exit(main())
