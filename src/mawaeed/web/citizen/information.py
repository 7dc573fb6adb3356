"""What is new, how to reach us, what is kept; and the choice of language."""

from __future__ import annotations

from datetime import date, timedelta
from time import monotonic

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from mawaeed.centres.names import localised
from mawaeed.centres.queries import active_centres
from mawaeed.content.queries import contact_channels, published_announcements
from mawaeed.hall.waits.queries import Accuracy, accuracy_by_centre
from mawaeed.people.actions import set_language as set_language_of
from mawaeed.web.audience import public
from mawaeed.web.citizen.pages import page, way_back
from mawaeed.web.request import language_of, now_of, visitor_of

CHOICE_KEPT = timedelta(days=365)
ACCURACY_KEPT_SECONDS = 600.0


@public
@require_safe
def announcements(request: HttpRequest) -> HttpResponse:
    """Everything published now, the important first."""
    found = published_announcements(now_of(request))
    context = {"announcements": found, "nav_current": "announcements"}
    return page(request, "announcements", context)


@public
@require_safe
def contact(request: HttpRequest) -> HttpResponse:
    """Ways of contact."""
    context = {"contacts": contact_channels(), "nav_current": "contact"}
    return page(request, "contact", context)


@public
@require_safe
def waits(request: HttpRequest) -> HttpResponse:
    """How long one waits, and how well what was said of it held, of all and centre by centre."""
    found = _accuracies(timezone.localdate(now_of(request)))
    centres = [
        {
            "name": localised(centre.name, language_of(request)),
            "directorate": localised(centre.directorate.name, language_of(request)),
            "of_ten": found[centre.pk].of_ten,
        }
        for centre in active_centres()
        if centre.pk in found and found[centre.pk].of_ten is not None
    ]
    return page(request, "waits", {"overall": found[0], "centres": centres})


_kept: dict[date, tuple[float, dict[int, Accuracy]]] = {}


def _accuracies(today: date) -> dict[int, Accuracy]:
    """Read once in a while: it adds up a month of waits."""
    kept = _kept.get(today)
    if kept is None or monotonic() - kept[0] >= ACCURACY_KEPT_SECONDS:
        _kept.clear()
        kept = _kept[today] = (monotonic(), accuracy_by_centre(today))
    return kept[1]


@public
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What is stored, why and for how long."""
    return page(request, "privacy", {})


@public
@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Keep the language chosen, on this device and on record; go back to the page."""
    response = redirect(way_back(request, request.POST.get("next", "")))
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=CHOICE_KEPT,
            secure=settings.SECURE_COOKIES,
            samesite="Lax",
        )
        person = visitor_of(request)
        if person is not None and person.language != language:
            set_language_of(person=person, language=language)
    return response
