"""Calls for help: live on reception's and the supervisor's page, answered by one button."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from mawaeed.centres.models import Centre
from mawaeed.hall import actions as hall
from mawaeed.hall.models import HelpCall
from mawaeed.hall.queries import open_help_calls
from mawaeed.hall.topics import hall_topic
from mawaeed.kernel.errors import NotFound, Stale
from mawaeed.web.audience import staff
from mawaeed.web.desk.acting import centre_of, staff_of
from mawaeed.web.desk.pages import staff_page
from mawaeed.web.desk.surfaces import RECEPTION
from mawaeed.web.request import now_of


def help_context(centre: Centre) -> dict[str, Any]:
    """What `staff/parts/help_live.html` takes: who calls and nobody has answered yet."""
    return {"help_calls": list(open_help_calls(centre)), "help_topic": hall_topic(centre.code)}


@staff(*RECEPTION)
@never_cache
@require_safe
def help_calls(request: HttpRequest, centre: str) -> HttpResponse:
    """The part that changes by itself."""
    return staff_page(request, "staff/parts/help_calls.html", help_context(centre_of(request)))


@staff(*RECEPTION)
@require_POST
def answer(request: HttpRequest, centre: str, call: int) -> HttpResponse:
    """The button "I am going": the first one who presses goes; for others the call is gone."""
    place = centre_of(request)
    found = HelpCall.objects.filter(centre=place, pk=call).first()
    if found is None:
        raise NotFound
    me = staff_of(request)
    try:
        hall.answer_help(help_call=found, staff=me, now=now_of(request))
    except Stale:
        found.refresh_from_db(fields=["answered_by"])
        if found.answered_by_id != me.pk:  # a second press of one's own changes nothing
            messages.info(request, _("A colleague is already on the way."))
    return redirect(_where_from(request, place))


def _where_from(request: HttpRequest, centre: Centre) -> str:
    """Back to the page the button stood on, reception's or the supervisor's."""
    pages = [reverse(name, args=[centre.code]) for name in ("desk", "supervisor")]
    came_from = urlsplit(request.headers.get("Referer", "")).path
    return came_from if came_from in pages else pages[0]
