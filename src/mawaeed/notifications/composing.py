"""How a text message is put together: short enough, with times and links as phones know them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_datetime
from django.conf import settings
from django.utils.translation import get_language, pgettext

from mawaeed.booking.models import Appointment
from mawaeed.centres.names import centre_short_name
from mawaeed.notifications.parts import count_parts

SECURE = "https://"


def with_ticket(appointment: Appointment, full: str, short: str, **more: str) -> str:
    """The fullest of two texts that lead to the e-ticket which fits into one part."""
    link = address("e", appointment.secret)
    texts = [about(appointment, [full, short], link, **more)]
    if link.startswith(SECURE):
        # Phones know an address without its scheme too, and ours leads on to the secure one.
        texts.append(about(appointment, [short], link.removeprefix(SECURE), **more))
    return first_fitting(chain.from_iterable(texts))


def about(
    appointment: Appointment, texts: Iterable[str], link: str = "", **more: str
) -> Iterator[str]:
    """Each text with each way to write the time, fullest first; put together when asked for."""
    language = _language()
    centre = appointment.centre
    for text in texts:
        for pattern in date_patterns():
            yield text % {
                "when": moment_words(appointment.starts_at, centre.timezone, pattern),
                "centre": centre_short_name(centre, language),
                "reference": appointment.reference,
                "link": link,
                **more,
            }


def first_fitting(texts: Iterable[str]) -> str:
    """The first that fits into one part, else the first. Those after it are not put together."""
    fullest = None
    for text in texts:
        if count_parts(text) == 1:
            return text
        fullest = text if fullest is None else fullest
    assert fullest is not None
    return fullest


def date_patterns() -> tuple[str, ...]:
    """CLDR date patterns, fullest first; the last gives the weekday up for a part less."""
    return (
        pgettext("CLDR date pattern in text messages", "EEE d MMM h:mm a"),
        pgettext("short CLDR date pattern in text messages", "EEE d/M H:mm"),
        pgettext("shortest CLDR date pattern in text messages", "d/M H:mm"),
    )


def moment_words(moment: datetime, zone: str, pattern: str) -> str:
    """A moment in the language of the text and the time of `zone`."""
    local = moment.astimezone(ZoneInfo(zone))
    text = format_datetime(local, pattern, locale=locale_of(_language()))
    for written, wanted in (("AM", "am"), ("PM", "pm"), ("\u202f", " ")):
        text = text.replace(written, wanted)
    return text


def _language() -> str:
    return get_language() or settings.LANGUAGE_CODE


def locale_of(language: str) -> Locale:
    """The locale that dates are written in; English where there is none."""
    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en")


def addresses(*path: str) -> tuple[str, ...]:
    """The address, then without its scheme, which phones know too."""
    link = address(*path)
    return (link, link.removeprefix(SECURE)) if link.startswith(SECURE) else (link,)


def address(*path: str) -> str:
    """An address of ours without the closing slash, which the site adds: one character less."""
    return "/".join([settings.PUBLIC_URL, *path])
