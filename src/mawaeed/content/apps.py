from django.apps import AppConfig


class ContentConfig(AppConfig):
    """Announcements and ways of contact."""

    name = "mawaeed.content"
    label = "content"
