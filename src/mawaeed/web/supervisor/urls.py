"""Addresses of the supervisor's page."""

from __future__ import annotations

from django.urls import path

from mawaeed.web.supervisor import acting, closing, day_list, halls, profiles, views

urlpatterns = [
    path("supervisor/", halls.halls, name="supervisor-halls"),
    path("supervisor/<slug:centre>/", views.supervisor, name="supervisor"),
    path("supervisor/<slug:centre>/now/", views.now, name="supervisor-now"),
    path("supervisor/<slug:centre>/do/", acting.do, name="supervisor-do"),
    path("supervisor/<slug:centre>/day-list/", day_list.day_list, name="supervisor-day-list"),
    path("supervisor/<slug:centre>/close-day/", closing.close_day, name="supervisor-close-day"),
    path("supervisor/<slug:centre>/closed/", closing.closed, name="supervisor-closed"),
    path("supervisor/<slug:centre>/pardon/", views.pardon, name="supervisor-pardon"),
    path("profiles/<slug:centre>/", profiles.profiles, name="profiles"),
    path("profiles/<slug:centre>/new/", profiles.new_profile, name="profiles-new"),
    path("profiles/<slug:centre>/assign/", profiles.assign, name="profiles-assign"),
    path("profiles/<slug:centre>/<int:profile>/", profiles.change_profile, name="profile"),
]
