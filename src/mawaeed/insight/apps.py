from django.apps import AppConfig


class InsightConfig(AppConfig):
    name = "mawaeed.insight"
    label = "insight"
