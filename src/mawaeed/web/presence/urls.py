"""Addresses of check-in by phone: the wall's screen, where its code leads, one's own pages."""

from __future__ import annotations

from django.urls import path

from mawaeed.web.presence import by_phone, here, pairing, wall

urlpatterns = [
    path("desk/<slug:centre>/wall/", pairing.set_up, name="desk-wall"),
    path("wall/<slug:centre>/", wall.wall, name="wall"),
    path("wall/<slug:centre>/now/", wall.wall_now, name="wall-now"),
    path("here/<slug:centre>/<slug:wall_code>/", here.here, name="here"),
    path("appointments/<slug:reference>/check-in/", by_phone.check_in, name="appointment-check-in"),
    path("e/<slug:secret>/check-in/", by_phone.check_in_by_link, name="e-ticket-check-in"),
]
