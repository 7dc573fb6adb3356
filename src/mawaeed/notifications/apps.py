from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    """Text messages."""

    name = "mawaeed.notifications"
    label = "notifications"
    verbose_name = _("Messages")

    def ready(self) -> None:
        """Let messages be written for every event that owes one."""
        from mawaeed.kernel.outbox import register
        from mawaeed.notifications.consumers import BUILDERS, write_messages

        register("notifications", BUILDERS, write_messages)
