from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "mawaeed.web"
    label = "web"
