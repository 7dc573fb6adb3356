from django.apps import AppConfig


class KernelConfig(AppConfig):
    """Clock, identifiers, errors, actor, history, outbox, policies."""

    name = "mawaeed.kernel"
    label = "kernel"
