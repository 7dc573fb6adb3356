from django.apps import AppConfig


class AvailabilityConfig(AppConfig):
    name = "mawaeed.availability"
    label = "availability"
