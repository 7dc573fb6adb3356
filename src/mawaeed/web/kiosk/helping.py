"""The help button of every kiosk page: it calls reception, and the kiosk says who comes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from mawaeed.centres.models import Centre
from mawaeed.hall import actions as hall
from mawaeed.hall.models import HelpCall
from mawaeed.hall.topics import hall_topic
from mawaeed.web.kiosk.pages import IDLE_SECONDS_TYPING, kiosk, kiosk_actor, kiosk_page
from mawaeed.web.kiosk.pairing import kiosk_device
from mawaeed.web.request import language_of, now_of

# So long after somebody has said "I am going" the kiosk still says so.
ON_THE_WAY = timedelta(minutes=3)


@kiosk
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, centre: Centre) -> HttpResponse:
    """Press (POST): reception is called to this kiosk, once however often. Then: who comes."""
    if request.method == "POST":
        device = kiosk_device(request, centre)
        hall.raise_help(
            centre=centre,
            kind="kiosk",
            device=device.key,
            device_name=device.name,
            actor=kiosk_actor(centre),
            now=now_of(request),
        )
        return redirect("kiosk-help", centre.code, language_of(request))
    context = {
        **_state(request, centre),
        "topic": hall_topic(centre.code),
        "idle_seconds": IDLE_SECONDS_TYPING,
    }
    return kiosk_page(request, centre, "staff/kiosk_help.html", context)


@kiosk
@require_safe
def state(request: HttpRequest, centre: Centre) -> HttpResponse:
    """The part of the help page that changes by itself."""
    return kiosk_page(request, centre, "staff/kiosk_help_state.html", _state(request, centre))


def _state(request: HttpRequest, centre: Centre) -> dict[str, Any]:
    """Of this kiosk: `called` while nobody has answered, `coming` for a while after."""
    here = HelpCall.objects.filter(
        centre=centre, kind=HelpCall.Kind.KIOSK, device=kiosk_device(request, centre).key
    )
    last = here.order_by("-pk").first()
    answered = last.answered_at if last else None
    return {
        "called": last is not None and answered is None,
        "coming": answered is not None and now_of(request) < answered + ON_THE_WAY,
    }
