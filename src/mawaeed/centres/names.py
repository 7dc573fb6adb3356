"""Texts kept per language, read in the language asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.utils.translation import get_language

if TYPE_CHECKING:
    from mawaeed.centres.models import Centre, Service

# Every text has these; what another language lacks is shown in the first of them.
REQUIRED_LANGUAGES = ("ar", "en")


def localised(value: Mapping[str, str] | None, language: str) -> str:
    """The text in `language` (`en-gb` reads `en`), else in Arabic, else in any; "" if none."""
    if not value:
        return ""
    for key in (language, language.split("-", maxsplit=1)[0], *REQUIRED_LANGUAGES):
        if text := value.get(key):
            return text
    return next(iter(value.values()), "")


def shown(value: Mapping[str, str] | None) -> str:
    """The text in the language spoken now: for the administration."""
    return localised(value, get_language() or REQUIRED_LANGUAGES[0])


def service_name(service: Service, language: str) -> str:
    """The full name: for the person at the screen and the clerk, not for messages or boards."""
    return localised(service.name, language)


def service_public_name(service: Service, language: str) -> str:
    """The name for messages, tickets and boards: neutral where the full one would tell too much."""
    return localised(service.public_name or service.name, language)


def centre_name(centre: Centre, language: str) -> str:
    """The centre with its directorate: two directorates have a branch of the same name."""
    directorate = localised(centre.directorate.name, language)
    return f"{directorate} – {localised(centre.name, language)}"


def centre_short_name(centre: Centre, language: str) -> str:
    """At most sixteen characters, for text messages; tells the directorate where it must."""
    return localised(centre.short_name, language)
