"""Addresses of the hall's screen."""

from __future__ import annotations

from django.urls import path

from mawaeed.web.board import screens, views

urlpatterns = [
    path("board/<slug:centre>/", views.board, name="board"),
    path("board/<slug:centre>/now/", views.now, name="board-now"),
    path("board/<slug:centre>/screens/", screens.screens, name="board-screens"),
]
