"""Signing in with a personal number and a one-time code; signing out."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from mawaeed.kernel.addresses import client_address
from mawaeed.kernel.clock import real_now
from mawaeed.kernel.errors import DomainError, Malformed
from mawaeed.kernel.secrets import seal, unseal
from mawaeed.people import actions as people
from mawaeed.people.errors import TooMany, UnderAge, WrongCode
from mawaeed.people.numbers import clean_mobile, clean_personal_number, parse_birth_date
from mawaeed.web.audience import public
from mawaeed.web.citizen.dates import typed_date
from mawaeed.web.citizen.pages import address, clean, page, way_back
from mawaeed.web.request import RESIDENT_COOKIE, language_of, now_of, visitor_of

# What was entered on the first page travels sealed to the second, never in an address.
ENTERED_COOKIE = "sign_in"
ENTERED_PATH = "/sign-in/"
ENTERED_FOR = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Entered:
    """What a person entered, and where they were going."""

    personal_number: str
    date_of_birth: str
    mobile: str
    next: str


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask who it is; send a code. The answer is the same whether or not an account exists."""
    if request.method != "POST":
        target = way_back(request, request.GET.get("next", ""), "appointments")
        if visitor_of(request) is not None:
            return redirect(target)
        return page(request, "sign_in", {"next": target, "errors": [], "wrong": {}})
    target = way_back(request, request.POST.get("next", ""), "appointments")
    entered, wrong = _read(request, target)
    if not wrong:
        wrong = _send_code(request, entered)
    if wrong:
        return _sign_in_again(request, target, wrong)
    response = redirect("sign-in-code")
    _remember(response, entered)
    return response


def _read(request: HttpRequest, target: str) -> tuple[Entered, dict[str, str]]:
    """What was typed, and what is wrong with it by field, all at once."""
    posted = request.POST
    entered = Entered(
        personal_number=clean(posted.get("personal_number")),
        date_of_birth=typed_date(posted, "date_of_birth"),
        mobile=clean(posted.get("mobile")),
        next=target,
    )
    checks = {
        "personal_number": (clean_personal_number, entered.personal_number),
        "date_of_birth": (parse_birth_date, entered.date_of_birth),
        "mobile": (clean_mobile, entered.mobile),
    }
    wrong = {}
    for field, (check, value) in checks.items():
        try:
            check(value)
        except Malformed:
            wrong[field] = advice(field)
    return entered, wrong


def advice(field: str) -> str:
    """What to enter in a field that could not be read."""
    return {
        "personal_number": _("Enter the nine digits on the front of your identity card."),
        "date_of_birth": _("Enter a date of birth, for example 31 1 1990."),
        "mobile": _("Enter a mobile number of Bahrain with eight digits, for example 3600 1234."),
        "name": _("Enter the name as it is on the identity card."),
    }.get(field, str(Malformed.message))


def _send_code(request: HttpRequest, entered: Entered) -> dict[str, str]:
    """Ask for a code; what was refused, by field ("" for none)."""
    try:
        people.request_sign_in(
            personal_number=entered.personal_number,
            date_of_birth=entered.date_of_birth,
            mobile=entered.mobile,
            language=language_of(request),
            address=None if settings.DEMO else client_address(request.META),
            now=now_of(request),
        )
    except UnderAge as refusal:
        return {"date_of_birth": refusal.text()}
    except Malformed as refusal:
        return {str(refusal.data.get("field", "")): advice(str(refusal.data.get("field", "")))}
    except TooMany as refusal:
        return {"": refusal.text()}
    return {}


def _sign_in_again(request: HttpRequest, target: str, wrong: dict[str, str]) -> HttpResponse:
    context = {
        "next": target,
        "errors": error_list(wrong),
        "wrong": wrong,
        "typed": request.POST,
    }
    return page(request, "sign_in", context, status=429 if "" in wrong else 422)


def error_list(wrong: dict[str, str]) -> list[dict[str, str]]:
    """For error_summary.html."""
    return [{"field": field, "message": text} for field, text in wrong.items()]


def _remember(response: HttpResponse, entered: Entered) -> None:
    response.set_cookie(
        ENTERED_COOKIE,
        seal(json.dumps(asdict(entered))),
        max_age=ENTERED_FOR,
        path=ENTERED_PATH,
        httponly=True,
        secure=settings.SECURE_COOKIES,
        samesite="Lax",
    )


def _remembered(request: HttpRequest) -> Entered | None:
    try:
        kept: dict[str, Any] = json.loads(unseal(request.COOKIES.get(ENTERED_COOKIE, "")))
        return Entered(**kept)
    except (InvalidToken, ValueError, TypeError):
        return None


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_code(request: HttpRequest) -> HttpResponse:
    """Take the code; `resend` asks for another."""
    entered = _remembered(request)
    if entered is None:
        return redirect("sign-in")
    if request.method != "POST":
        return _code_page(request, entered)
    if "resend" in request.POST:
        return _resend(request, entered)
    try:
        signed_in = people.verify_sign_in(
            personal_number=entered.personal_number,
            code=clean(request.POST.get("code")),
            now=now_of(request),
        )
    except (WrongCode, Malformed) as refusal:
        return _code_page(request, entered, refusal)
    response = redirect(way_back(request, entered.next, "appointments"))
    response.delete_cookie(ENTERED_COOKIE, path=ENTERED_PATH, samesite="Lax")
    response.set_cookie(
        RESIDENT_COOKIE,
        signed_in.token,
        max_age=max(0, int((signed_in.expires_at - real_now()).total_seconds())),
        httponly=True,
        secure=settings.SECURE_COOKIES,
        samesite="Lax",
    )
    return response


def _code_page(
    request: HttpRequest, entered: Entered, refusal: DomainError | None = None
) -> HttpResponse:
    error = ""
    if refusal is not None:
        error = WrongCode().text()
    context = {
        "errors": [{"field": "code", "message": error}] if error else [],
        "error": error,
        "back": address("sign-in", next=entered.next),
    }
    return page(request, "sign_in_code", context, status=422 if error else 200)


def _resend(request: HttpRequest, entered: Entered) -> HttpResponse:
    wrong = _send_code(request, entered)
    if wrong:
        messages.warning(request, next(iter(wrong.values())))
    else:
        messages.success(request, _("A new code was sent. Only the newest one works."))
    return redirect("sign-in-code")


@public
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the sign-in, here and in the database."""
    token = request.COOKIES.get(RESIDENT_COOKIE, "")
    if token:
        people.sign_out(token=token, now=now_of(request))
    response = redirect(reverse("home"))
    response.delete_cookie(RESIDENT_COOKIE, samesite="Lax")
    messages.success(request, _("You are signed out."))
    return response
