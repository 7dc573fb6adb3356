"""A ticket without an appointment at the kiosk: one service or several, once per form shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from mawaeed.centres.models import Centre, Offering
from mawaeed.hall import actions as hall
from mawaeed.kernel.errors import DomainError, Malformed
from mawaeed.people.numbers import clean_mobile
from mawaeed.web.desk.acting import write_once
from mawaeed.web.kiosk.arrival import refusal_words
from mawaeed.web.kiosk.numbers import to_number
from mawaeed.web.kiosk.pages import kiosk_actor
from mawaeed.web.request import language_of, now_of


def take_ticket(
    request: HttpRequest,
    centre: Centre,
    services: Callable[[], list[Offering]],
    refused: Callable[[str, int], HttpResponse],
) -> HttpResponse:
    """Give one ticket for `services()`, in turn, and lead to its number; the mobile may be left
    out. A refusal goes to `refused` in the visitor's words. A press sent again gives the same.
    """

    def write() -> dict[str, Any]:
        now = now_of(request)
        typed = request.POST.get("mobile", "").strip()
        mobile = clean_mobile(typed) if typed else ""
        first, *also = services()
        given = hall.issue_walk_in(
            offering=first,
            also=also,
            actor=kiosk_actor(centre),
            now=now,
            mobile=mobile,
            language=language_of(request),
        )
        return {"ticket": given.pk, "again": given.created_at < now}

    try:
        result = write_once(request, kiosk_actor(centre), write)
    except Malformed as error:
        words = _("This is not a mobile number. Check it, or leave it out.")
        return refused(words, error.http_status)
    except DomainError as error:
        with timezone.override(ZoneInfo(centre.timezone)):
            words = refusal_words(error, now_of(request))
        return refused(words, error.http_status)
    return to_number(request, centre, result["ticket"], again=result["again"])
