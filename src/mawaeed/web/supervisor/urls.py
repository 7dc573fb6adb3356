"""Addresses of the supervisor's page."""

from __future__ import annotations

from django.urls import path

from mawaeed.web.supervisor import views

urlpatterns = [
    path("supervisor/<slug:centre>/", views.supervisor, name="supervisor"),
    path("supervisor/<slug:centre>/now/", views.now, name="supervisor-now"),
    path("supervisor/<slug:centre>/close-day/", views.close_day, name="supervisor-close-day"),
    path("supervisor/<slug:centre>/pardon/", views.pardon, name="supervisor-pardon"),
]
