from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BookingConfig(AppConfig):
    """Appointments, holds, visits, the waiting list."""

    name = "mawaeed.booking"
    label = "booking"
    verbose_name = _("Appointments")

    def ready(self) -> None:
        """Let those who wait be told of whatever may have made a place public."""
        from mawaeed.booking.consumers import KINDS, tell_those_waiting
        from mawaeed.kernel.outbox import register

        register("waiting", KINDS, tell_those_waiting)
