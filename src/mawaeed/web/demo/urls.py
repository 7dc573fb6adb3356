"""Pages of a demonstration."""

from __future__ import annotations

from django.urls import path

from mawaeed.web.demo import inbox

urlpatterns = [
    path("demo/inbox", inbox.inbox_page, name="demo-inbox"),
    path("demo/inbox.json", inbox.inbox_json, name="demo-inbox-json"),
]
