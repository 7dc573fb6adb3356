"""Every component in both directions side by side, and one sample of each kind of screen."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import translation

from mawaeed.web.audience import public
from mawaeed.web.styleguide.samples import sample

SCREENS = (
    "home",
    "day",
    "form",
    "ticket",
    "called",
    "appointments",
    "rating",
    "counter",
    "supervisor",
    "kiosk",
    "kiosk-number",
    "board",
)


@public
def styleguide(request: HttpRequest) -> HttpResponse:
    """The components, in Arabic and in English."""
    galleries = []
    for code, direction in (("ar", "rtl"), ("en", "ltr")):
        with translation.override(code):
            context = {**sample(code), "prefix": code}
            html = render_to_string("web/styleguide/gallery.html", context, request)
        galleries.append({"code": code, "direction": direction, "html": html})
    context = {"galleries": galleries, "screens": SCREENS}
    with translation.override("en"):
        return render(request, "web/styleguide/index.html", context)


@public
def screen(request: HttpRequest, screen: str) -> HttpResponse:
    """One sample screen, in the visitor's language or in `?language=`."""
    if screen not in SCREENS:
        raise Http404
    code = request.GET.get("language", translation.get_language() or "ar")
    with translation.override(code):
        return render(request, f"web/styleguide/{screen}.html", sample(code))
