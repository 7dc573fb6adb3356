from django.apps import AppConfig


class LiveConfig(AppConfig):
    """Server-sent events."""

    name = "mawaeed.live"
    label = "live"
