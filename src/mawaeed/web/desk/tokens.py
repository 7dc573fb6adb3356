"""A person's own tokens: made for a machine that works for them, shown once, taken back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from mawaeed.kernel.clock import real_now
from mawaeed.kernel.errors import DomainError, Malformed, NotFound
from mawaeed.people.actions import create_staff_token, revoke_staff_token
from mawaeed.people.queries import token_of_staff, tokens_of_staff
from mawaeed.web.audience import staff
from mawaeed.web.citizen.pages import clean
from mawaeed.web.citizen.signing import error_list
from mawaeed.web.desk.acting import actor_of, new_key, staff_of, write_once
from mawaeed.web.desk.surfaces import ANY_ROLE
from mawaeed.web.request import now_of

LIVES = (1, 30, 90, 365)
USUAL_LIFE = 90
LONGEST_NUMBER = 18


@staff(*ANY_ROLE)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """The tokens that open something now, and a form for another; a new one is shown once."""
    if request.method != "POST":
        return _page(request, {})
    try:
        made = _made(request)
    except Malformed as refusal:
        return _page(request, {str(refusal.data.get("field", "label")): _advice()})
    except DomainError as refusal:
        return _page(request, {"": refusal.text()})
    if not made:
        messages.info(request, _("This token was made and shown already. Make another if needed."))
        return redirect("desk-tokens")
    return _page(request, {}, made)


@staff(*ANY_ROLE)
@require_POST
def revoke(request: HttpRequest) -> HttpResponse:
    """Let one of one's own tokens open nothing from now on. Repeating is harmless."""
    asked = request.POST.get("token", "")
    if not (asked.isascii() and asked.isdecimal() and len(asked) <= LONGEST_NUMBER):
        raise NotFound
    row = token_of_staff(staff_of(request), int(asked))
    revoke_staff_token(row=row, actor=actor_of(request), now=now_of(request))
    messages.success(request, _("Revoked. Whoever has this token gets nothing with it any more."))
    return redirect("desk-tokens")


def _made(request: HttpRequest) -> str:
    """The new token, empty when this form made one before: it is kept nowhere."""
    days = clean(request.POST.get("days"))
    shown: list[str] = []

    def write() -> dict[str, Any]:
        token, row = create_staff_token(
            staff=staff_of(request),
            label=clean(request.POST.get("label")),
            days=int(days) if days in map(str, LIVES) else 0,
            actor=actor_of(request),
            now=now_of(request),
        )
        shown.append(token)
        return {"row": row.pk}

    write_once(request, actor_of(request), write)
    return shown[0] if shown else ""


def _advice() -> str:
    return _("Write in a few words what the token is for, and choose how long it lasts.")


def _page(request: HttpRequest, wrong: dict[str, str], made: str = "") -> HttpResponse:
    real = real_now()
    context = {
        "tokens": tokens_of_staff(staff_of(request), real),
        "real": real,
        "made": made,
        "lives": [
            (days, ngettext("%(days)s day", "%(days)s days", days) % {"days": days})
            for days in LIVES
        ],
        "days": request.POST.get("days") or USUAL_LIFE,
        "label_typed": "" if made else clean(request.POST.get("label")),
        "errors": error_list(wrong),
        "wrong": wrong,
        "key": new_key(),
    }
    return render(request, "staff/tokens.html", context, status=422 if wrong else 200)
