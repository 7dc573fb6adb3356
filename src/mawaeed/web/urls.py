"""Every page. Parts are included where they exist, each with its own list of addresses."""

from __future__ import annotations

from importlib.util import find_spec

from django.urls import include, path

PARTS = (
    "citizen",
    "desk",
    "kiosk",
    "presence",
    "counter",
    "board",
    "supervisor",
    "calendar",
    "demo",
    "styleguide",
)

urlpatterns = [
    path("", include(module))
    for module in (f"mawaeed.web.{part}.urls" for part in PARTS)
    if find_spec(module.rsplit(".", 1)[0]) and find_spec(module)
]
