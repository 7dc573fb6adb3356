import os
from pathlib import Path

from mawaeed.commands.messages import compile_stale_messages

HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'


def _catalogue(folder: Path) -> Path:
    source = folder / "ar" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.write_text(HEADER + 'msgid "Book"\nmsgstr "احجز"\n', encoding="utf-8")
    return source


def test_catalogue_is_compiled_once_and_again_when_newer(tmp_path: Path) -> None:
    source = _catalogue(tmp_path)

    assert compile_stale_messages(tmp_path) == [source]
    assert compile_stale_messages(tmp_path) == []

    later = source.with_suffix(".mo").stat().st_mtime + 2
    os.utime(source, (later, later))
    assert compile_stale_messages(tmp_path) == [source]


def test_compiled_catalogue_holds_the_translation(tmp_path: Path) -> None:
    source = _catalogue(tmp_path)
    compile_stale_messages(tmp_path)

    assert "احجز".encode() in source.with_suffix(".mo").read_bytes()
