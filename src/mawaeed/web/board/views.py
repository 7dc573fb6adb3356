"""The hall's screen: numbers and counters, nothing personal, in both languages at once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mawaeed.centres.models import Centre
from mawaeed.centres.names import localised
from mawaeed.hall.models import Ticket
from mawaeed.hall.queries import Board, Call, board_for
from mawaeed.hall.topics import hall_topic
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.errors import NotFound
from mawaeed.web.audience import public
from mawaeed.web.desk.pages import centre_page
from mawaeed.web.request import now_of

LINES = 6
# A call younger than this moves when it appears.
FRESH = timedelta(seconds=20)
REFRESH_WITHOUT_SCRIPTS_SECONDS = 15


@public
@never_cache
@require_safe
def board(request: HttpRequest, centre: str) -> HttpResponse:
    """The whole screen."""
    place = _centre(centre)
    context = _shown(place, now_of(request)) | {
        "topic": hall_topic(place.code),
        "refresh_seconds": REFRESH_WITHOUT_SCRIPTS_SECONDS,
    }
    return centre_page(request, place, "staff/board.html", context)


@public
@never_cache
@require_safe
def now(request: HttpRequest, centre: str) -> HttpResponse:
    """The part that changes."""
    place = _centre(centre)
    return centre_page(request, place, "staff/board_now.html", _shown(place, now_of(request)))


def lines_of(board: Board) -> list[Call]:
    """The newest call, then those still on their way, then the latest others; six at most."""
    known = {call.ticket_id: call for call in [*board.recent, *board.now_called]}
    calls = _newest_first(known.values())
    rest = calls[1:]
    on_their_way = [call for call in rest if call.state == Ticket.State.CALLED]
    others = [call for call in rest if call.state != Ticket.State.CALLED]
    return [*calls[:1], *on_their_way, *others][:LINES]


def _newest_first(calls: Iterable[Call]) -> list[Call]:
    return sorted(calls, key=lambda call: (call.called_at, call.ticket_id), reverse=True)


def _shown(centre: Centre, at: datetime) -> dict[str, Any]:
    calls = lines_of(board_for(centre, local_date(at, centre.timezone)))
    return {
        "centre_code": centre.code,
        "centre": localised(centre.name, "ar"),
        "directorate": localised(centre.directorate.name, "ar"),
        "centre_en": localised(centre.name, "en"),
        "directorate_en": localised(centre.directorate.name, "en"),
        "calls": calls,
        "fresh": bool(calls) and at - calls[0].called_at < FRESH,
    }


def _centre(code: str) -> Centre:
    found = Centre.objects.select_related("directorate").filter(code=code, active=True).first()
    if found is None:
        raise NotFound
    return found
