from django.apps import AppConfig


class ContentConfig(AppConfig):
    name = "mawaeed.content"
    label = "content"
