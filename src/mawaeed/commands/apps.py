from django.apps import AppConfig


class CommandsConfig(AppConfig):
    name = "mawaeed.commands"
    label = "commands"
