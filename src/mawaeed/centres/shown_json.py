"""Texts kept per language, and lists of them, as a person reads them in the administration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.html import format_html, format_html_join

from mawaeed.centres.names import shown

NOTHING = "–"


def as_html(value: Any) -> str:
    """A text in the reader's language, a list with a line each, pairs with their names."""
    if value in (None, "", [], {}):
        return NOTHING
    if isinstance(value, Mapping):
        return shown(value) if _is_text(value) else _pairs(value)
    if isinstance(value, list | tuple):
        lines = format_html_join("", "<li>{}</li>", ((as_html(each),) for each in value))
        return format_html("<ul>{}</ul>", lines)
    return str(value)


def _is_text(value: Mapping[str, Any]) -> bool:
    """Whether the keys are languages."""
    return set(value) <= {code for code, _name in settings.LANGUAGES}


def _pairs(value: Mapping[str, Any]) -> str:
    rows = ((key, as_html(each)) for key, each in value.items())
    lines = format_html_join("", "<li><bdi>{}</bdi>: {}</li>", rows)
    return format_html("<ul>{}</ul>", lines)
