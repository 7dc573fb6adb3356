from django.apps import AppConfig


class LiveConfig(AppConfig):
    name = "mawaeed.live"
    label = "live"
