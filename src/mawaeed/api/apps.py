from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "mawaeed.api"
    label = "api"
