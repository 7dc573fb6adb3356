from django.apps import AppConfig


class ConductConfig(AppConfig):
    name = "mawaeed.conduct"
    label = "conduct"
