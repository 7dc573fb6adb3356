from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HallConfig(AppConfig):
    """What happens on the day: tickets, counters, calls."""

    name = "mawaeed.hall"
    label = "hall"
    verbose_name = _("The day in the hall")

    def ready(self) -> None:
        """Let the hall hear of cancelled appointments, and of what came true of its waits."""
        from mawaeed.hall import events
        from mawaeed.hall.consumers import cancel_open_ticket
        from mawaeed.hall.waits.outcomes import fill_outcomes, forget_promises
        from mawaeed.kernel.outbox import register

        register("hall", ["appointment_cancelled"], cancel_open_ticket)
        register("waits", [events.TICKET_CALLED], fill_outcomes)
        register("waits", [events.MORE_TIME_ASKED, events.TICKET_PARKED], forget_promises)
