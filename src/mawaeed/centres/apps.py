from django.apps import AppConfig


class CentresConfig(AppConfig):
    name = "mawaeed.centres"
    label = "centres"
