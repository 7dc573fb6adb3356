"""More than one service on one ticket: tick them, see the order, take the number."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from mawaeed.centres.models import Centre, Offering
from mawaeed.centres.names import service_name
from mawaeed.hall.errors import NotOpen
from mawaeed.hall.policies import most_services
from mawaeed.hall.queries import walk_in_offerings
from mawaeed.web.desk.acting import new_key
from mawaeed.web.kiosk.pages import IDLE_SECONDS_TYPING, kiosk, kiosk_page
from mawaeed.web.kiosk.taking import take_ticket
from mawaeed.web.request import language_of, now_of


@kiosk
@require_http_methods(["GET", "HEAD", "POST"])
def several(request: HttpRequest, centre: Centre) -> HttpResponse:
    """Tick (GET), see the order (GET with services), take one ticket for all (POST).

    The order is the list's, so that ticking works without scripts.
    """
    if request.method == "POST":
        return _taken(request, centre)
    offered = walk_in_offerings(centre, now_of(request))
    if "show" not in request.GET:
        return _list_page(request, centre, offered, request.GET.getlist("service"))
    asked = request.GET.getlist("service")
    chosen = _chosen(offered, asked)
    wrong = _wrong(chosen, asked, most_services(centre, now_of(request)))
    if wrong:
        return _list_page(request, centre, offered, asked, wrong, 422)
    if len(chosen) == 1:
        return redirect("kiosk-take", centre.code, language_of(request), chosen[0].service.code)
    return _check_page(request, centre, chosen)


def _chosen(offered: list[Offering], asked: list[str]) -> list[Offering]:
    """What was ticked of what can be had now, in the order of the list, each once."""
    return [offering for offering in offered if offering.service.code in asked]


def _wrong(chosen: list[Offering], asked: list[str], most: int) -> str:
    """Why these services make no ticket, or ""."""
    if len(chosen) < len(set(asked)):
        return _("One of these services gives no tickets any more. Choose again.")
    if not chosen:
        return _("Choose what you need first.")
    return most_words(most) if len(chosen) > most else ""


def most_words(most: int) -> str:
    """How many services one number is good for, as a sentence."""
    told = ngettext(
        "One number is good for %(most)s service.",
        "One number is good for %(most)s services at most.",
        most,
    )
    return told % {"most": most}


def _taken(request: HttpRequest, centre: Centre) -> HttpResponse:
    asked = request.POST.getlist("service")
    offered = walk_in_offerings(centre, now_of(request))
    chosen = _chosen(offered, asked)

    def services() -> list[Offering]:
        if not chosen or len(chosen) < len(set(asked)):
            raise NotOpen
        return chosen

    def refused(words: str, status: int) -> HttpResponse:
        if len(chosen) < 2:
            return _list_page(request, centre, offered, asked, words, status)
        return _check_page(request, centre, chosen, words, status)

    return take_ticket(request, centre, services, refused)


def _list_page(  # noqa: PLR0917 (a page and what it says)
    request: HttpRequest,
    centre: Centre,
    offered: list[Offering],
    ticked: list[str],
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    language = language_of(request)
    context = {
        "services": [
            {
                "code": offering.service.code,
                "name": service_name(offering.service, language),
                "ticked": offering.service.code in ticked,
            }
            for offering in offered
        ],
        "most": most_words(most_services(centre, now_of(request))),
        "refused": refused,
        "idle_seconds": IDLE_SECONDS_TYPING,
    }
    return kiosk_page(request, centre, "staff/kiosk_several.html", context, status)


def _check_page(
    request: HttpRequest,
    centre: Centre,
    chosen: list[Offering],
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    language = language_of(request)
    codes = [offering.service.code for offering in chosen]
    context = {
        "parts": [{"name": service_name(each.service, language)} for each in chosen],
        "codes": codes,
        "change": urlencode([("service", code) for code in codes]),
        "refused": refused,
        "mobile": request.POST.get("mobile", ""),
        "key": new_key(),
        "idle_seconds": IDLE_SECONDS_TYPING,
    }
    return kiosk_page(request, centre, "staff/kiosk_take.html", context, status)
