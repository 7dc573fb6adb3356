from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "mawaeed.notifications"
    label = "notifications"
