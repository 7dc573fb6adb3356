from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HallConfig(AppConfig):
    """What happens on the day: tickets, counters, calls."""

    name = "mawaeed.hall"
    label = "hall"
    verbose_name = _("The day in the hall")

    def ready(self) -> None:
        """Let the hall hear of cancelled appointments."""
        from mawaeed.hall.consumers import cancel_open_ticket
        from mawaeed.kernel.outbox import register

        register("hall", ["appointment_cancelled"], cancel_open_ticket)
