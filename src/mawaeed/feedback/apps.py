from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FeedbackConfig(AppConfig):
    """Ratings."""

    name = "mawaeed.feedback"
    label = "feedback"
    verbose_name = _("Ratings")

    def ready(self) -> None:
        """Let every finished service ask for a rating."""
        from mawaeed.feedback.consumers import ask_for_rating, revoke_rating
        from mawaeed.hall import events
        from mawaeed.kernel.outbox import register

        register("feedback", [events.SERVICE_FINISHED], ask_for_rating)
        register("feedback", [events.TICKET_TAKEN_BACK], revoke_rating)
