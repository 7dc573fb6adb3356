"""Who may call a view: every view declares it, and the declaration is what is enforced."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from mawaeed.people.models import Role

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]

PUBLIC = "public"
RESIDENT = "resident"
STAFF = "staff"
DEMO_ONLY = "demo"


def public(view: View[P]) -> View[P]:
    """Anybody, signed in or not."""
    view.audience = (PUBLIC,)  # type: ignore[attr-defined]
    return view


def resident(view: View[P]) -> View[P]:
    """Signed-in residents; others are sent to sign in and come back."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.resident is None:  # type: ignore[attr-defined]
            return _to_sign_in(request, "sign-in")
        return view(request, *args, **kwargs)

    guarded.audience = (RESIDENT,)  # type: ignore[attr-defined]
    return guarded


def staff(*roles: Role) -> Callable[[View[P]], View[P]]:
    """Staff who hold one of `roles` (an administrator always may) at the page's centre.

    A view with a `centre` argument (its code) is open only to staff with a role there; for
    everybody else the page does not exist. The chosen centre is left in `request.centre`.
    """

    def wrap(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            from mawaeed.people.queries import centre_for_staff, staff_has_role

            if not request.user.is_authenticated:
                return _to_sign_in(request, "desk-sign-in")
            code: Any = kwargs.get("centre")
            if code is not None:
                request.centre = centre_for_staff(request.user, str(code), roles)  # type: ignore[attr-defined]
            elif not staff_has_role(request.user, roles):
                from mawaeed.kernel.errors import NotAllowed

                raise NotAllowed
            return view(request, *args, **kwargs)

        guarded.audience = (STAFF, *roles)  # type: ignore[attr-defined]
        return guarded

    return wrap


def demo_only(view: View[P]) -> View[P]:
    """Anybody, in a demonstration; otherwise the page does not exist."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        from django.conf import settings

        if not settings.DEMO:
            return HttpResponse(status=404)
        return view(request, *args, **kwargs)

    guarded.audience = (DEMO_ONLY,)  # type: ignore[attr-defined]
    return guarded


def _to_sign_in(request: HttpRequest, name: str) -> HttpResponseBase:
    target = request.get_full_path() if request.method == "GET" else ""
    return redirect(f"{reverse(name)}?{urlencode({'next': target})}" if target else reverse(name))
