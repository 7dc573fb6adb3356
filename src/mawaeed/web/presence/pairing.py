"""The screen on the wall: paired like a kiosk, for whoever reads its code stands in the hall.

Were its address open to everybody, so would the code be, at home.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy, gettext_noop
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from mawaeed.centres.models import Centre
from mawaeed.kernel.errors import DomainError
from mawaeed.web.audience import staff
from mawaeed.web.desk.acting import centre_of
from mawaeed.web.desk.pages import staff_page
from mawaeed.web.desk.surfaces import SUPERVISION
from mawaeed.web.kiosk.pairing import in_language, not_paired_page
from mawaeed.web.paired import PairedScreen
from mawaeed.web.request import now_of, wants_json

WALL = PairedScreen(cookie="wall", path="/wall/", salt="wall-device")
TITLE = gettext_noop("This device is not set up as the wall's screen")


class WallNotPaired(DomainError):
    """Nobody has set this device up as the screen on the centre's wall, or that was called back."""

    code = "wall_not_paired"
    http_status = 403
    message = gettext_lazy(
        "This device is not set up as the screen on the wall. A supervisor sets it up: sign in "
        "here and press “Use this device on the wall”."
    )


@staff(*SUPERVISION)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def set_up(request: HttpRequest, centre: str) -> HttpResponse:
    """Make this device the centre's screen on the wall, and sign the supervisor out of it."""
    place = centre_of(request)
    if request.method != "POST":
        return staff_page(request, "staff/wall_set_up.html", {})
    logout(request)
    response = redirect("wall", place.code)
    WALL.pair(response, place, now_of(request))
    return response


def not_the_wall(request: HttpRequest, centre: Centre) -> HttpResponse:
    """Say so in every language. Refuses `WallNotPaired` where JSON is asked for."""
    if wants_json(request):
        raise WallNotPaired
    texts = [in_language(centre, code, TITLE, WallNotPaired) for code, _own in settings.LANGUAGES]
    return not_paired_page(request, centre, texts, WallNotPaired, "desk-wall")
