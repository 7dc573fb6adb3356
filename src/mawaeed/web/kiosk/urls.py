"""Addresses of the kiosk: the language is part of them, so nothing has to be remembered."""

from __future__ import annotations

from django.urls import path

from mawaeed.web.kiosk import helping, numbers, pairing, several, views

IN_LANGUAGE = "kiosk/<slug:centre>/<slug:language>/"
NUMBER = f"{IN_LANGUAGE}ticket/<str:shown>/"

urlpatterns = [
    path("desk/<slug:centre>/kiosk/", pairing.set_up, name="desk-kiosk"),
    path("kiosk/<slug:centre>/", views.start, name="kiosk"),
    path(IN_LANGUAGE, views.choose, name="kiosk-choose"),
    path(f"{IN_LANGUAGE}help/", helping.ask, name="kiosk-help"),
    path(f"{IN_LANGUAGE}help/state/", helping.state, name="kiosk-help-state"),
    path(f"{IN_LANGUAGE}check-in/", views.check_in, name="kiosk-check-in"),
    path(f"{IN_LANGUAGE}services/", views.services, name="kiosk-services"),
    path(f"{IN_LANGUAGE}services/<slug:service>/", views.take, name="kiosk-take"),
    path(f"{IN_LANGUAGE}several/", several.several, name="kiosk-several"),
    path(NUMBER, numbers.ticket, name="kiosk-ticket"),
    path(f"{NUMBER}print/", numbers.print_ticket, name="kiosk-print"),
    path(f"{NUMBER}paper/", numbers.paper, name="kiosk-paper"),
]
