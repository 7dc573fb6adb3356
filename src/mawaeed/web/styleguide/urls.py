"""The style guide, in debug mode only."""

from __future__ import annotations

from django.conf import settings
from django.urls import path

from mawaeed.web.styleguide import views

urlpatterns = (
    [
        path("styleguide", views.styleguide, name="styleguide"),
        path("styleguide/<slug:screen>", views.screen, name="styleguide-screen"),
    ]
    if settings.DEBUG
    else []
)
