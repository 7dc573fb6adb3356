"""What people look for on the pages of free times: near what, in which part of the day, which day.

A position comes only in the body of a POST, so that it stands in no address and no log; the
browser rounds it to about a kilometre before it is sent, the rules round it again, and it is
forgotten with the answer. A governorate may stand in an address: it says little.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from mawaeed.availability.finding.nothing_free import ComingRelease, NothingFree
from mawaeed.availability.finding.queries import Wanted, WeekDay, place_of
from mawaeed.availability.finding.rules import PARTS, part_named, sort_named
from mawaeed.centres.names import centre_name, localised
from mawaeed.centres.queries import governorates_in_use
from mawaeed.web.citizen.pages import address, clean
from mawaeed.web.request import language_of
from mawaeed.web.templatetags.web_components import day_part_name

# Stands in the list of governorates for a position that was shared; it is never in an address.
NEAR = "near"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request looks for, and how it said so."""

    wanted: Wanted
    governorate: str
    sort: str
    shared: bool

    def query(self, **changes: str) -> dict[str, str]:
        """The parts of an address that ask the same again; never a position."""
        wanted = self.wanted
        return {
            "governorate": self.governorate,
            "part": wanted.part or "",
            "sort": self.sort,
            "day": wanted.day.isoformat() if wanted.day else "",
            **changes,
        }


def asked_in(request: HttpRequest) -> Asked:
    """What the request looks for; refuses bad positions, unknown governorates and parts.

    Before an unknown day or order it shrugs: links of yesterday still lead somewhere.
    """
    said = request.POST if request.method == "POST" else request.GET
    shared = request.method == "POST"
    governorate = clean(said.get("governorate"))
    governorate = "" if governorate == NEAR else governorate
    latitude = clean(said.get("latitude")) if shared else None
    longitude = clean(said.get("longitude")) if shared else None
    position = place_of(latitude, longitude, "" if shared else governorate)
    sort = clean(said.get("sort"))
    wanted = Wanted(
        part=part_named(clean(said.get("part"))),
        day=_day(clean(said.get("day"))),
        position=position,
        sort=sort_named(sort if position else "earliest", position),
    )
    return Asked(wanted, "" if shared else governorate, sort, shared)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def form_of(request: HttpRequest, asked: Asked, action: str, **hidden: str) -> dict[str, Any]:
    """The finder's form: choices with what is chosen."""
    language = language_of(request)
    near = asked.wanted.position is not None
    return {
        "action": action,
        "hidden": {name: value for name, value in hidden.items() if value},
        "governorates": [
            *([(NEAR, _("Near me"))] if asked.shared else []),
            ("", pgettext("governorate", "Anywhere")),
            *((each.code, localised(each.name, language)) for each in governorates_in_use()),
        ],
        "governorate": NEAR if asked.shared else asked.governorate,
        "parts": [
            ("", pgettext("part of the day", "Any time")),
            *((part, day_part_name(part)) for part in PARTS),
        ],
        "part": asked.wanted.part or "",
        "sorts": [("nearest", _("Nearest first")), ("earliest", _("Earliest first"))],
        "sort": asked.wanted.sort,
        "near": near,
        "narrowed": bool(asked.governorate or asked.wanted.part),
    }


def distance_words(kilometres: float | None) -> str:
    """About 4 km, in whole kilometres: a person's position is known no better than that."""
    if kilometres is None:
        return ""
    whole = max(1, round(kilometres))
    return ngettext("about %(count)s km", "about %(count)s km", whole) % {"count": whole}


def week_strip(
    days: list[WeekDay], chosen: date | None, href: Any, language: str
) -> list[dict[str, Any]]:
    """The week as week_strip.html takes it; `href` makes the address of a date."""
    return [
        {
            "date": day.date,
            "state": day.state,
            "parts": [
                {"name": day_part_name(part), "free": free} for part, free in day.free.items()
            ],
            "free": day.total,
            "why": localised(day.why, language),
            "selected": day.date == chosen,
            "href": href(day.date.isoformat()),
        }
        for day in days
    ]


def nothing_shown(answer: NothingFree | None, service: str, language: str) -> dict[str, Any] | None:
    """The plain answer as nothing_free.html takes it."""
    if answer is None:
        return None
    return {
        "next_day": answer.next_day,
        "release": answer.release and _release(answer.release, language),
        "walk_ins": [
            {
                "directorate": localised(each.centre.directorate.name, language),
                "name": localised(each.centre.name, language),
                "date": each.date,
                "periods": each.periods,
            }
            for each in answer.walk_ins
        ],
        "online_url": answer.online_url,
        "waiting_href": _waiting_list(service),
    }


def _release(release: ComingRelease, language: str) -> dict[str, Any]:
    return {
        "date": release.date,
        "announced_from": release.announced_from,
        "announced_until": release.announced_until,
        "centre": centre_name(release.centre, language),
    }


def _waiting_list(service: str) -> str:
    """Where to ask for what becomes free."""
    return address("waiting-join", service=service)
