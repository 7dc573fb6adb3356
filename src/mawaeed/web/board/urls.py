"""Addresses of the hall's screen."""

from __future__ import annotations

from django.urls import path

from mawaeed.web.board import views

urlpatterns = [
    path("board/<slug:centre>/", views.board, name="board"),
    path("board/<slug:centre>/now/", views.now, name="board-now"),
]
