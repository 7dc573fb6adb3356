"""Signing in and out of the staff side, and choosing where to work."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import logout
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from mawaeed.centres.names import localised
from mawaeed.kernel.addresses import client_address
from mawaeed.people import actions as people
from mawaeed.people.errors import TooManyPasswords
from mawaeed.web.audience import public, staff
from mawaeed.web.desk.acting import staff_of
from mawaeed.web.desk.surfaces import ANY_ROLE, Workplace, surface_labels, workplaces_of
from mawaeed.web.request import language_of


class LimitedTries(AuthenticationForm):
    """Wrong passwords are counted, per user name and (not in a demonstration) per address."""

    retry_after = 0

    def clean(self) -> dict[str, Any]:
        """Use up a try, then compare."""
        username = self.cleaned_data.get("username")
        if not (username and self.cleaned_data.get("password")):
            return super().clean()
        meta = self.request.META if self.request is not None else {}
        address = None if settings.DEMO else client_address(meta)
        try:
            tries = people.begin_password_try(username=username, address=address)
        except TooManyPasswords as refusal:
            self.retry_after = int(refusal.data["retry_after"])
            raise ValidationError(refusal.text(), code=refusal.code) from refusal
        cleaned = super().clean()
        people.password_was_right(tries=tries)
        return cleaned


class AdministrationSignInForm(LimitedTries, AdminAuthenticationForm):
    """The administration's own sign-in, with the same limit."""


class StaffSignInForm(LimitedTries):
    """User name and password; one sentence for every failure."""

    error_messages = {
        "invalid_login": gettext_lazy(
            "The user name and password do not match. Check both, or ask your supervisor."
        ),
        "inactive": gettext_lazy("This account is closed. Ask your supervisor."),
    }


class SignInView(LoginView):
    """The staff's own sign-in page; `next` is followed only within this site."""

    form_class = StaffSignInForm
    template_name = "staff/sign_in.html"
    redirect_authenticated_user = True

    def get_default_redirect_url(self) -> str:
        """Where work begins."""
        return reverse("desk-home")

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """The page again; after too many tries with the status and the wait."""
        response = super().form_invalid(form)
        wait = getattr(form, "retry_after", 0)
        if wait:
            response.status_code = TooManyPasswords.http_status
            response["Retry-After"] = str(wait)
        return response


sign_in = public(never_cache(SignInView.as_view()))


@public
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session; pressing twice is harmless."""
    logout(request)
    return redirect("desk-sign-in")


@staff(*ANY_ROLE)
@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The person's centres and, for each, the screens their roles open."""
    language = language_of(request)
    workplaces = workplaces_of(staff_of(request))
    context = {
        "workplaces": [_shown(place, language) for place in workplaces],
        "supervises_several": sum("supervisor" in place.surfaces for place in workplaces) > 1,
        "administers": staff_of(request).is_staff,
    }
    return render(request, "staff/home.html", context)


def _shown(place: Workplace, language: str) -> dict[str, Any]:
    labels = surface_labels()
    return {
        "code": place.centre.code,
        "name": localised(place.centre.name, language),
        "directorate": localised(place.centre.directorate.name, language),
        "surfaces": [
            {
                "address": reverse(name, args=[place.centre.code]),
                "label": labels[name][0],
                "hint": labels[name][1],
                "public": name in {"kiosk", "board", "wall"},
            }
            for name in place.surfaces
        ],
    }
