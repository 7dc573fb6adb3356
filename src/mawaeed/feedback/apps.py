from django.apps import AppConfig


class FeedbackConfig(AppConfig):
    name = "mawaeed.feedback"
    label = "feedback"
