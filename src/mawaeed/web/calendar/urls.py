"""Addresses of a centre's calendar."""

from __future__ import annotations

from django.urls import path

from mawaeed.web.calendar import views

urlpatterns = [
    path("calendar/<slug:centre>/", views.calendar, name="calendar"),
    path("calendar/<slug:centre>/close/", views.close, name="calendar-close"),
    path("calendar/<slug:centre>/away/", views.away, name="calendar-away"),
    path("calendar/<slug:centre>/add/", views.add, name="calendar-add"),
    path("calendar/<slug:centre>/retire/", views.retire, name="calendar-retire"),
    path("calendar/<slug:centre>/hours/", views.hours, name="calendar-hours"),
    path("calendar/<slug:centre>/undo/", views.undo, name="calendar-undo"),
]
