from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "mawaeed.people"
    label = "people"
