from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BookingConfig(AppConfig):
    """Appointments, holds, visits, the waiting list."""

    name = "mawaeed.booking"
    label = "booking"
    verbose_name = _("Appointments")

    def ready(self) -> None:
        """Tell those who wait of what may have made a place public; let a block end bookings."""
        from mawaeed.booking.blocked import end_bookings
        from mawaeed.booking.consumers import KINDS, tell_those_waiting
        from mawaeed.kernel.outbox import register

        register("waiting", KINDS, tell_those_waiting)
        register("booking", ["person_blocked"], end_bookings)
