"""The supervisor's page: one sentence, then the picture, then the tables; live."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mawaeed.conduct.actions import pardon_day
from mawaeed.hall.topics import hall_topic
from mawaeed.hall.waits.queries import accuracy
from mawaeed.insight.assisted import reserve_use_this_week, reserve_use_today
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.errors import DomainError
from mawaeed.web.audience import staff
from mawaeed.web.desk.acting import actor_of, centre_of, staff_of
from mawaeed.web.desk.helping import help_context
from mawaeed.web.desk.pages import staff_page
from mawaeed.web.desk.surfaces import SUPERVISION
from mawaeed.web.request import language_of, now_of
from mawaeed.web.supervisor.halls import supervises_several
from mawaeed.web.supervisor.picture import picture_of

REASON_LENGTH = 200


@staff(*SUPERVISION)
@never_cache
@require_safe
def supervisor(request: HttpRequest, centre: str) -> HttpResponse:
    """The whole page."""
    place, moment = centre_of(request), now_of(request)
    uses = [reserve_use_today(place, moment), reserve_use_this_week(place, moment)]
    more = {
        "reserve_today": uses[0],
        "reserve_week": uses[1],
        "several": supervises_several(staff_of(request)),
        "accuracy": accuracy(place, local_date(moment, place.timezone)),
        **help_context(place),
    }
    return _page(request, "staff/supervisor.html", more)


@staff(*SUPERVISION)
@never_cache
@require_safe
def now(request: HttpRequest, centre: str) -> HttpResponse:
    """The part that changes."""
    return _page(request, "staff/supervisor_now.html")


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
