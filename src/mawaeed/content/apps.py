from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ContentConfig(AppConfig):
    """Announcements and ways of contact."""

    name = "mawaeed.content"
    label = "content"
    verbose_name = _("Information for the public")
