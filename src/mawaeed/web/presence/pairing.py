"""The screen on the wall: paired like a kiosk, for whoever reads its code stands in the hall.

Were its address open to everybody, so would the code be, at home.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy, gettext_noop
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from mawaeed.kernel.errors import DomainError
from mawaeed.web.audience import staff
from mawaeed.web.desk.surfaces import SUPERVISION
from mawaeed.web.paired import PairedScreen


class WallNotPaired(DomainError):
    """Nobody has set this device up as the screen on the centre's wall, or that was called back."""

    code = "wall_not_paired"
    http_status = 403
    message = gettext_lazy(
        "This device is not set up as the screen on the wall. A supervisor sets it up: sign in "
        "here and press “Use this device on the wall”."
    )


WALL = PairedScreen(
    cookie="wall",
    path="/wall/",
    salt="wall-device",
    view="wall",
    title=gettext_noop("This device is not set up as the wall's screen"),
    refusal=WallNotPaired,
)
not_the_wall = WALL.not_paired


@staff(*SUPERVISION)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def set_up(request: HttpRequest, centre: str) -> HttpResponse:
    """Make this device the centre's screen on the wall, and sign the supervisor out of it."""
    return WALL.set_up(request, "staff/wall_set_up.html")
