"""An alert in one sentence with its figures, and what pressing its button does, in a few words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mawaeed.centres.names import localised
from mawaeed.insight.alerts import Alert, Suggestion


def reason_words(
    alert: Alert, groups: Mapping[int, Any], pools: Mapping[int, Any], language: str
) -> str:
    """Why it deserves a look, with the figures."""
    given = {
        "number": ltr(alert.number),
        "counter": ltr(alert.counter),
        "group": _name(groups.get(alert.group_id or 0), language),
        "pool": _name(pools.get(alert.pool_id), language),
        "waiting": _waiting(alert.people),
        "minutes": _minutes(alert.minutes),
    }
    return _sentence(alert) % (given | _limits(alert))


def _sentence(alert: Alert) -> str:
    if alert.kind == "waiting":
        return _waiting_sentence(alert)
    if alert.kind == "late":
        return _(
            "Appointments for %(pool)s are called %(minutes)s after their time, and %(coming)s."
        )
    if alert.kind == "service":
        return _(
            "%(number)s has been served at counter %(counter)s for %(minutes)s; "
            "planned: %(planned)s."
        )
    if alert.kind == "kept_away":
        return _(
            "%(waiting)s for %(pool)s, but the profiles let no open counter call them; "
            "%(number)s has waited %(minutes)s."
        )
    return _idle_sentence(alert)


def _waiting_sentence(alert: Alert) -> str:
    if alert.too_many and alert.too_long:
        return _("%(waiting)s for %(group)s, the longest for %(minutes)s (%(number)s).")
    if alert.too_long:
        return _(
            "%(number)s has waited %(minutes)s for %(group)s; more than %(limit)s is too long."
        )
    return _("%(waiting)s for %(group)s; from %(limit_count)s on it is too many.")


def _idle_sentence(alert: Alert) -> str:
    verb = alert.suggestion.verb if alert.suggestion else ""
    if verb == "look":
        return _("Counter %(counter)s has called nobody for %(minutes)s, and %(waiting)s there.")
    if verb == "release":
        return _(
            "Counter %(counter)s has had nobody for %(minutes)s, and places of today are still "
            "kept for visitors without an appointment."
        )
    return _("Counter %(counter)s has had nobody for %(minutes)s, while %(waiting)s for %(pool)s.")


def _limits(alert: Alert) -> dict[str, Any]:
    coming = ngettext(
        "%(count)s person has not come yet", "%(count)s people have not come yet", alert.people
    )
    return {
        "limit": _minutes(alert.limit),
        "limit_count": alert.limit,
        "planned": _minutes(alert.planned),
        "coming": coming % {"count": alert.people},
    }


def standing_words(alert: Alert, zone: str) -> str:
    """What is under way already, or that nothing more can be done; nothing beside a suggestion."""
    if alert.free is not None:
        return _("Counter %(counter)s is free: its clerk can call the next.") % {
            "counter": ltr(alert.free)
        }
    if alert.asked is not None:
        counter, at = alert.asked
        return _("Counter %(counter)s was asked for at %(time)s; nobody has opened it yet.") % {
            "counter": ltr(counter),
            "time": clock_words(at, zone),
        }
    return "" if alert.suggestion else _("Every counter that can help is at work.")


def action_words(
    suggestion: Suggestion, pools: Mapping[int, Any], until: str, language: str
) -> str:
    """The label of the button that does it; `until` is a time as written."""
    given = {
        "counter": ltr(suggestion.counter),
        "pool": _name(pools.get(suggestion.pool_id), language),
        "until": until,
        "count": suggestion.people,
        "minutes": _minutes(suggestion.minutes),
    }
    texts = {
        "lend": _("Lend counter %(counter)s to %(pool)s until %(until)s"),
        "ask": _("Ask for counter %(counter)s to be opened"),
        "warn": ngettext(
            "Tell %(count)s person to come %(minutes)s later",
            "Tell %(count)s people to come %(minutes)s later",
            suggestion.people,
        ),
        "release": _("Let the public book the places kept for %(pool)s"),
        "look": _("Send somebody to counter %(counter)s"),
        "open_up": _("Let counter %(counter)s call everybody of its group"),
    }
    return texts[suggestion.verb] % given


def clock_words(at: datetime, zone: str) -> str:
    """14:05 in the centre's time, kept from left to right."""
    return ltr(f"{at.astimezone(ZoneInfo(zone)):%H:%M}")


def ltr(value: object) -> str:
    """Kept whole and from left to right, whatever stands around it."""
    return f"\u2066{value}\u2069"


def _name(text: Any, language: str) -> str:
    """Kept whole in its own direction."""
    return f"\u2068{localised(text, language)}\u2069" if text else ""


def _waiting(people: int) -> str:
    text = ngettext("%(count)s person waits", "%(count)s people wait", people)
    return text % {"count": people}


def _minutes(minutes: int) -> str:
    return ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes}
