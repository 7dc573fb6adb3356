from django.apps import AppConfig


class FeedbackConfig(AppConfig):
    """Ratings."""

    name = "mawaeed.feedback"
    label = "feedback"

    def ready(self) -> None:
        """Let every finished service ask for a rating."""
        from mawaeed.feedback.consumers import ask_for_rating
        from mawaeed.kernel.outbox import register

        register("feedback", ["service_finished"], ask_for_rating)
