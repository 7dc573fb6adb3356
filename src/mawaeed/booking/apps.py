from django.apps import AppConfig


class BookingConfig(AppConfig):
    name = "mawaeed.booking"
    label = "booking"
