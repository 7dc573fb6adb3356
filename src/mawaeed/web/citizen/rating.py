"""The rating behind a single-use link."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from mawaeed.centres.names import localised, service_public_name
from mawaeed.feedback.actions import submit_rating
from mawaeed.feedback.models import Rating
from mawaeed.feedback.queries import active_dimensions, is_open, rating_by_token
from mawaeed.feedback.rules import MAX_COMMENT
from mawaeed.kernel.errors import Malformed
from mawaeed.web.audience import public
from mawaeed.web.citizen.pages import clean, page, place
from mawaeed.web.request import language_of, now_of


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def rate(request: HttpRequest, token: str) -> HttpResponse:
    """Overall first, then each dimension and a free comment; once."""
    found = rating_by_token(clean(token))
    if request.method == "POST":
        return _submitted(request, found, clean(token))
    if not is_open(found, now_of(request)):
        context = {"given": found.submitted_at is not None, **_visit(request, found)}
        return page(request, "rating_closed", context)
    return _asked(request, found)


def _submitted(request: HttpRequest, found: Rating, token: str) -> HttpResponse:
    posted = request.POST
    scores = {
        each.code: _score(posted.get(f"score_{each.code}"))
        for each in active_dimensions()
        if posted.get(f"score_{each.code}")
    }
    try:
        submit_rating(
            token=token,
            overall=_score(posted.get("overall")),
            scores=scores,
            comment=str(posted.get("comment") or "").replace("\x00", "").replace("\r\n", "\n"),
            now=now_of(request),
        )
    except Malformed as refusal:
        return _asked(request, found, str(refusal.data.get("field", "")))
    return page(request, "rating_thanks", _visit(request, found))


def _score(value: str | None) -> int:
    """1 to 5; 0 for anything else, which is no score."""
    return int(value) if value in {"1", "2", "3", "4", "5"} else 0


def _asked(request: HttpRequest, found: Rating, wrong: str = "") -> HttpResponse:
    language = language_of(request)
    texts = {
        "overall": _("Choose one of the five faces."),
        "comment": _("Write at most %(count)s characters.") % {"count": MAX_COMMENT},
    }
    error = texts.get(wrong, str(Malformed.message)) if wrong else ""
    context = {
        **_visit(request, found),
        "dimensions": [
            {
                "name": f"score_{each.code}",
                "legend": localised(each.name, language),
                "value": request.POST.get(f"score_{each.code}", ""),
            }
            for each in active_dimensions()
        ],
        "typed": request.POST,
        "errors": [{"field": wrong, "message": error}] if wrong else [],
        "overall_error": error if wrong == "overall" else "",
        "comment_error": error if wrong == "comment" else "",
    }
    return page(request, "rating", context, status=422 if wrong else 200)


def _visit(request: HttpRequest, found: Rating) -> dict[str, Any]:
    ticket = found.ticket
    name = service_public_name(ticket.offering.service, language_of(request))
    return {**place(request, ticket.centre), "service_name": name, "number": ticket.number}
