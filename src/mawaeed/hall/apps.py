from django.apps import AppConfig


class HallConfig(AppConfig):
    name = "mawaeed.hall"
    label = "hall"
