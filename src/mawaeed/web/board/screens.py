"""For whoever sets the screens up: every board of a centre with its address."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mawaeed.centres.models import ServiceGroup
from mawaeed.centres.names import localised
from mawaeed.web.audience import staff
from mawaeed.web.board.layouts import Layout, Wanted
from mawaeed.web.desk.acting import centre_of
from mawaeed.web.desk.pages import staff_page
from mawaeed.web.desk.surfaces import SUPERVISION
from mawaeed.web.request import language_of


@staff(*SUPERVISION)
@never_cache
@require_safe
def screens(request: HttpRequest, centre: str) -> HttpResponse:
    """The layouts, and each of them for one group alone."""
    place = centre_of(request)
    groups = ServiceGroup.objects.filter(centre=place).order_by("letter")
    named = [(each.letter, localised(each.name, language_of(request))) for each in groups]
    start = request.build_absolute_uri(reverse("board", args=[place.code]))
    context = {
        "layouts": [
            {"name": name, "hint": hint, "address": start + Wanted(layout).query}
            for layout, (name, hint) in _words().items()
        ],
        "groups": [_of_group(letter, name, start) for letter, name in named],
        "choices": [(str(layout), name) for layout, (name, _hint) in _words().items()],
        "letters": [(letter, f"{letter} – {name}") for letter, name in named],
        "chosen": str(Layout.NEWEST),
    }
    return staff_page(request, "staff/board_screens.html", context, current="supervisor")


def _of_group(letter: str, name: str, start: str) -> dict[str, Any]:
    return {
        "letter": letter,
        "name": name,
        "address": start + Wanted(Layout.ONE, (letter,)).query,
    }


def _words() -> dict[Layout, tuple[str, str]]:
    """Each layout's name and what it is for."""
    return {
        Layout.NEWEST: (
            pgettext("layout of the board", "Newest call large"),
            _("The usual screen: the newest call, and five more beside it."),
        ),
        Layout.ONE: (
            pgettext("layout of the board", "One queue"),
            _("As large as the screen allows. For a long hall, or one queue of its own."),
        ),
        Layout.MANY: (
            pgettext("layout of the board", "Many lines"),
            _("Ten calls in the same size. For a hall with many counters."),
        ),
        Layout.NEWS: (
            pgettext("layout of the board", "With announcements"),
            _("Calls beside the announcements of this centre, which take turns."),
        ),
    }
