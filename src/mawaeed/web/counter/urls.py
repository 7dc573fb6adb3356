"""Addresses of the counter."""

from __future__ import annotations

from django.urls import path

from mawaeed.web.counter import views

urlpatterns = [
    path("counter/<slug:centre>/", views.counter, name="counter"),
    path("counter/<slug:centre>/open/", views.open_one, name="counter-open"),
    path("counter/<slug:centre>/close/", views.close, name="counter-close"),
    path("counter/<slug:centre>/act/", views.carry_out, name="counter-act"),
    path("counter/<slug:centre>/side/", views.side, name="counter-side"),
]
