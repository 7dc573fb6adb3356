"""The supervisor's page: one sentence, then the picture, then the tables; live."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mawaeed.conduct.actions import pardon_day
from mawaeed.hall import actions as hall
from mawaeed.hall.topics import hall_topic
from mawaeed.insight.assisted import reserve_use_this_week, reserve_use_today
from mawaeed.insight.queries import state_of
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.errors import DomainError
from mawaeed.web.audience import staff
from mawaeed.web.desk.acting import actor_of, centre_of
from mawaeed.web.desk.pages import staff_page
from mawaeed.web.desk.surfaces import SUPERVISION
from mawaeed.web.request import language_of, now_of
from mawaeed.web.supervisor.picture import picture_of

REASON_LENGTH = 200


@staff(*SUPERVISION)
@never_cache
@require_safe
def supervisor(request: HttpRequest, centre: str) -> HttpResponse:
    """The whole page."""
    place, moment = centre_of(request), now_of(request)
    uses = [reserve_use_today(place, moment), reserve_use_this_week(place, moment)]
    return _page(
        request, "staff/supervisor.html", {"reserve_today": uses[0], "reserve_week": uses[1]}
    )


@staff(*SUPERVISION)
@never_cache
@require_safe
def now(request: HttpRequest, centre: str) -> HttpResponse:
    """The part that changes."""
    return _page(request, "staff/supervisor_now.html")


@staff(*SUPERVISION)
@never_cache
def close_day(request: HttpRequest, centre: str) -> HttpResponse:
    """Say what closing the day would end, ask, then end it. Closing twice ends nothing more."""
    place, moment = centre_of(request), now_of(request)
    if request.method != "POST":
        state = state_of(place, moment)
        return staff_page(request, "staff/close_day.html", {"state": state}, current="supervisor")
    closed = hall.close_day(
        centre=place,
        day=local_date(moment, place.timezone),
        now=moment,
        actor=actor_of(request),
    )
    told = ngettext(
        "The day is closed. %(count)s ticket was still open and has been ended.",
        "The day is closed. %(count)s tickets were still open and have been ended.",
        closed.tickets_left,
    )
    messages.success(request, told % {"count": closed.tickets_left})
    return redirect("supervisor", centre)


@staff(*SUPERVISION)
@never_cache
def pardon(request: HttpRequest, centre: str) -> HttpResponse:
    """The system was at fault today: no absence of this centre's day counts against anybody."""
    place, moment = centre_of(request), now_of(request)
    reason = request.POST.get("reason", "").strip()
    wrong = ""
    if request.method == "POST":
        if 0 < len(reason) <= REASON_LENGTH:
            return _pardon(request, centre, reason)
        wrong = _("Say in a few words what went wrong (at most 200 characters).")
    context = {"day": local_date(moment, place.timezone), "reason": reason, "wrong": wrong}
    response = staff_page(request, "staff/pardon.html", context, current="supervisor")
    response.status_code = 422 if wrong else 200
    return response


def _pardon(request: HttpRequest, centre: str, reason: str) -> HttpResponse:
    place, moment = centre_of(request), now_of(request)
    try:
        pardon_day(
            centre=place,
            day=local_date(moment, place.timezone),
            actor=actor_of(request),
            reason=reason,
            now=moment,
        )
    except DomainError as refusal:
        messages.error(request, refusal.text())
    else:
        messages.success(request, _("Today's absences here no longer count against anybody."))
    return redirect("supervisor", centre)


def _page(request: HttpRequest, template: str, more: dict[str, Any] | None = None) -> HttpResponse:
    place = centre_of(request)
    with timezone.override(ZoneInfo(place.timezone)):
        picture = picture_of(place, now_of(request), language_of(request))
    context = picture | {"topic": hall_topic(place.code)} | (more or {})
    return staff_page(request, template, context, current="supervisor")
