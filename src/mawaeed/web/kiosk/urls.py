"""Addresses of the kiosk: the language is part of them, so nothing has to be remembered."""

from __future__ import annotations

from django.urls import path

from mawaeed.web.kiosk import pairing, views

urlpatterns = [
    path("desk/<slug:centre>/kiosk/", pairing.set_up, name="desk-kiosk"),
    path("kiosk/<slug:centre>/", views.start, name="kiosk"),
    path("kiosk/<slug:centre>/<slug:language>/", views.choose, name="kiosk-choose"),
    path("kiosk/<slug:centre>/<slug:language>/help/", views.ask, name="kiosk-help"),
    path("kiosk/<slug:centre>/<slug:language>/check-in/", views.check_in, name="kiosk-check-in"),
    path("kiosk/<slug:centre>/<slug:language>/services/", views.services, name="kiosk-services"),
    path(
        "kiosk/<slug:centre>/<slug:language>/services/<slug:service>/",
        views.take,
        name="kiosk-take",
    ),
    path(
        "kiosk/<slug:centre>/<slug:language>/ticket/<str:shown>/", views.ticket, name="kiosk-ticket"
    ),
]
