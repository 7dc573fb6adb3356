"""The hall's screen: numbers and counters, nothing personal, in both languages at once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mawaeed.centres.models import Centre
from mawaeed.centres.names import localised
from mawaeed.content.queries import published_announcements
from mawaeed.hall.queries import board_for
from mawaeed.hall.topics import hall_topic
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.errors import NotFound
from mawaeed.web.audience import public
from mawaeed.web.board.calls import FRESH, lines_of, newest_first, said_of
from mawaeed.web.board.layouts import Layout, Wanted, wanted_of
from mawaeed.web.board.voice import CHIME, sound_file
from mawaeed.web.desk.pages import centre_page
from mawaeed.web.request import now_of

REFRESH_WITHOUT_SCRIPTS_SECONDS = 15
# An announcement stays so long before the next one takes its place.
TURN_SECONDS = 15
ANNOUNCEMENTS = 6


@public
@never_cache
@require_safe
def board(request: HttpRequest, centre: str) -> HttpResponse:
    """The whole screen."""
    place, wanted, moment = _centre(centre), wanted_of(request.GET), now_of(request)
    context = _shown(place, wanted, moment) | {
        "topic": hall_topic(place.code),
        "part": reverse("board-now", args=[place.code]) + wanted.query,
        "refresh_seconds": REFRESH_WITHOUT_SCRIPTS_SECONDS,
        "chime": sound_file(CHIME),
        "turn_seconds": TURN_SECONDS,
        "zone": place.timezone,
        "centre": localised(place.name, "ar"),
        "directorate": localised(place.directorate.name, "ar"),
        "centre_en": localised(place.name, "en"),
        "directorate_en": localised(place.directorate.name, "en"),
    }
    return centre_page(request, place, "staff/board.html", context)


@public
@never_cache
@require_safe
def now(request: HttpRequest, centre: str) -> HttpResponse:
    """The part that changes."""
    place, wanted = _centre(centre), wanted_of(request.GET)
    context = _shown(place, wanted, now_of(request))
    return centre_page(request, place, "staff/board_now.html", context)


def _shown(centre: Centre, wanted: Wanted, at: datetime) -> dict[str, Any]:
    day = local_date(at, centre.timezone)
    found = board_for(centre, day, recent=wanted.lines, letters=wanted.letters)
    calls = lines_of(found, wanted.lines)
    return {
        "layout": str(wanted.layout),
        "letters": wanted.letters,
        "calls": calls,
        "said": said_of(newest_first(found), at),
        "fresh": bool(calls) and at - calls[0].called_at < FRESH,
        "at": at,
        "milliseconds": int(at.timestamp() * 1000),
        "news": _news(centre, at) if wanted.layout == Layout.NEWS else [],
    }


def _news(centre: Centre, at: datetime) -> list[dict[str, Any]]:
    """What the centre tells, in both languages; one of them shown first, another each time."""
    found = list(published_announcements(at, centre)[:ANNOUNCEMENTS])
    turn = int(at.timestamp()) // TURN_SECONDS % len(found) if found else 0
    return [
        {
            "title": localised(each.title, "ar"),
            "body": localised(each.body, "ar"),
            "title_en": localised(each.title, "en"),
            "body_en": localised(each.body, "en"),
            "important": each.important,
            "shown": place == turn,
        }
        for place, each in enumerate(found)
    ]


def _centre(code: str) -> Centre:
    found = Centre.objects.select_related("directorate").filter(code=code, active=True).first()
    if found is None:
        raise NotFound
    return found
