"""How times, days, numbers and names are written on pages: Western digits in every language.

Datetimes are shown in the active time zone (the view activates the centre's), or in the zone named
by the filter's argument. Nothing here reads a clock: "today" needs the page's `now`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.forms import BoundField
from django.utils import timezone
from django.utils.dates import MONTHS, WEEKDAYS
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy, ngettext, npgettext, pgettext
from django.utils.translation import gettext as _

from mawaeed.availability.finding.rules import PARTS, part_of
from mawaeed.centres.names import localised as localised_name

register = template.Library()

NEAR = {
    timedelta(0): gettext_lazy("Today"),
    timedelta(days=1): gettext_lazy("Tomorrow"),
    timedelta(days=-1): gettext_lazy("Yesterday"),
}


def _local(value: datetime, zone: object = None) -> datetime:
    if isinstance(zone, str) and zone:
        return timezone.localtime(value, ZoneInfo(zone))
    if isinstance(zone, ZoneInfo):
        return timezone.localtime(value, zone)
    return timezone.localtime(value) if timezone.is_aware(value) else value


def _local_date(value: date | datetime) -> date:
    return _local(value).date() if isinstance(value, datetime) else value


@register.filter
def localised(value: Any, language: str = "") -> str:
    """The text of a JSON field keyed by language, in `language` or the page's."""
    if not value:
        return ""
    if not isinstance(value, dict):
        return str(value)
    return localised_name(value, language or get_language() or "ar")


@register.filter
def clock_time(value: datetime | None, zone: object = None) -> str:
    """10:30 am, as the public reads it; wrap it in `bdi` inside a sentence."""
    if not value:
        return ""
    local = _local(value, zone)
    half = pgettext("time of day", "am") if local.hour < 12 else pgettext("time of day", "pm")
    return f"{(local.hour - 1) % 12 + 1}:{local.minute:02d}\u00a0{half}"


@register.filter
def clock_time_24(value: datetime | None, zone: object = None) -> str:
    """14:05, as staff tables have it."""
    return _local(value, zone).strftime("%H:%M") if value else ""


@register.filter
def day_words(value: date | datetime | None, now: object = None) -> str:
    """Sunday 22 November; "today", "tomorrow" or "yesterday" come first when `now` is given."""
    if not value:
        return ""
    day = _local_date(value)
    words = _("%(weekday)s %(day)s %(month)s") % {
        "weekday": WEEKDAYS[day.weekday()],
        "day": day.day,
        "month": MONTHS[day.month],
    }
    near = near_day(day, now)
    return _("%(near)s, %(date)s") % {"near": near, "date": words} if near else words


@register.filter
def in_sentence(words: str) -> str:
    """The same after other words: "until tomorrow, Monday 23 November"."""
    begins = words.startswith(tuple(map(str, NEAR.values())))
    return words[:1].lower() + words[1:] if begins else words


@register.filter
def near_day(value: date | datetime | None, now: object = None) -> str:
    """The word for today, tomorrow or yesterday, or nothing."""
    if not value or not isinstance(now, date):
        return ""
    return str(NEAR.get(_local_date(value) - _local_date(now), ""))


@register.filter
def weekday(value: date | datetime | None, now: object = None) -> str:
    """The weekday, or "Today" and "Tomorrow" when `now` is given."""
    if not value:
        return ""
    day = _local_date(value)
    return near_day(day, now) or str(WEEKDAYS[day.weekday()])


@register.filter
def day_month(value: date | datetime | None) -> str:
    """22 November."""
    if not value:
        return ""
    day = _local_date(value)
    return _("%(day)s %(month)s") % {"day": day.day, "month": MONTHS[day.month]}


@register.filter
def moment_words(value: datetime | None, now: object = None) -> str:
    """Tomorrow, Monday 23 November, 10:30 am."""
    if not value:
        return ""
    return _("%(day)s, %(time)s") % {"day": day_words(value, now), "time": clock_time(value)}


@register.filter
def minutes_words(value: float | timedelta | None) -> str:
    """31 minutes, or 1 hour and 5 minutes; whole minutes, rounded half up."""
    if value is None or value == "":
        return ""
    seconds = value.total_seconds() if isinstance(value, timedelta) else float(value) * 60
    minutes = int(seconds // 60 + (1 if seconds % 60 >= 30 else 0))
    hours, rest = divmod(minutes, 60)
    rest_words = ngettext("%(count)s minute", "%(count)s minutes", rest) % {"count": rest}
    if not hours:
        return rest_words
    hour_words = ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours}
    return (
        _("%(hours)s and %(minutes)s") % {"hours": hour_words, "minutes": rest_words}
        if rest
        else hour_words
    )


@register.filter
def limit_words(minutes: int) -> str:
    """2 hours, 90 minutes as 1 hour and 30 minutes: as it stands after "less than"."""
    hours, rest = divmod(minutes, 60)
    rest_words = npgettext("after less than", "%(count)s minute", "%(count)s minutes", rest) % {
        "count": rest
    }
    if not hours:
        return rest_words
    hour_words = npgettext("after less than", "%(count)s hour", "%(count)s hours", hours) % {
        "count": hours
    }
    if not rest:
        return hour_words
    return _("%(hours)s and %(minutes)s") % {"hours": hour_words, "minutes": rest_words}


@register.simple_tag
def wait_range(low: float, high: float) -> str:
    """Between 10 and 15 minutes (P50 to P90), in minutes; up to 15 where the lower is none."""
    first, last = round(low), round(high)
    if last <= 1:
        return _("A minute or less")
    if first >= last:
        return _("About %(wait)s") % {"wait": minutes_words(last)}
    if first <= 0:
        return ngettext("Up to %(count)s minute", "Up to %(count)s minutes", last) % {"count": last}
    return ngettext(
        "Between %(low)s and %(count)s minute", "Between %(low)s and %(count)s minutes", last
    ) % {"low": first, "count": last}


@register.filter
def number(value: float | None) -> str:
    """12,345: thousands separated, Western digits."""
    return f"{value:,}" if isinstance(value, int | float) else ""


@register.filter
def bdi(value: object) -> SafeString:
    """The value kept whole and left to right: tickets, references, phones, times in Latin."""
    return format_html('<bdi dir="ltr">{}</bdi>', value) if value else SafeString("")


@register.filter
def isolated(value: object) -> SafeString:
    """The value kept whole in its own direction: names, times with Arabic letters."""
    return format_html("<bdi>{}</bdi>", value) if value else SafeString("")


@register.filter
def ticket_number(value: object) -> SafeString:
    """A012, never broken, never reordered."""
    return (
        format_html('<bdi class="number nowrap" dir="ltr">{}</bdi>', value)
        if value
        else SafeString("")
    )


@register.filter
def iso(value: date | datetime | None) -> str:
    """For `<time datetime>`."""
    return value.isoformat() if value else ""


@register.filter
def by_day_part(slots: Iterable[Any]) -> list[dict[str, Any]]:
    """Slots (objects or dictionaries with `starts_at`) as morning, afternoon and evening."""
    parts: dict[str, list[Any]] = {part: [] for part in PARTS}
    for slot in slots or ():
        starts_at = slot["starts_at"] if isinstance(slot, dict) else slot.starts_at
        parts[part_of(_local(starts_at).hour)].append(slot)
    return [
        {"name": day_part_name(part), "icon": part, "slots": found}
        for part, found in parts.items()
        if found
    ]


def day_part_name(part: str) -> str:
    """The words for a part of the day: morning, afternoon, evening."""
    return {
        "morning": pgettext("part of the day", "Morning"),
        "afternoon": pgettext("part of the day", "Afternoon"),
        "evening": pgettext("part of the day", "Evening"),
    }[part]


@register.simple_tag(takes_context=True)
def question(context: template.Context) -> dict[str, Any]:
    """What field.html and choice_list.html show: the include's words, else the bound field's."""
    field = context.get("field")
    errors = getattr(field, "errors", None) or [""]
    name = context.get("name") or getattr(field, "html_name", "")
    value = context.get("value")
    if value is None or value == "":
        value = field.value() if isinstance(field, BoundField) else None
    return {
        "name": name,
        "id": context.get("id") or getattr(field, "id_for_label", "") or name,
        "label": context.get("label") or getattr(field, "label", ""),
        "hint": context.get("hint") or getattr(field, "help_text", ""),
        "error": context.get("error") or errors[0],
        "value": "" if value is None else value,
        "choices": context.get("choices") or getattr(getattr(field, "field", None), "choices", ()),
    }


@register.filter
def beside(row: Iterable[Any], columns: Iterable[Any]) -> list[tuple[Any, Any]]:
    """Each cell of a table's row with its column."""
    return list(zip(row, columns, strict=False))


@register.filter
def chosen(choice: object, value: object) -> bool:
    """True when `choice` is the value, or one of the values."""
    if isinstance(value, list | tuple | set):
        return str(choice) in {str(one) for one in value}
    return value not in {None, ""} and str(choice) == str(value)


@register.simple_tag
def rating_faces() -> list[tuple[int, str, str]]:
    """(score, icon, words) of the five answers of a rating, worst first."""
    return [
        (1, "face-1", pgettext("rating", "Very bad")),
        (2, "face-2", pgettext("rating", "Bad")),
        (3, "face-3", pgettext("rating", "Fair")),
        (4, "face-4", pgettext("rating", "Good")),
        (5, "face-5", pgettext("rating", "Excellent")),
    ]
