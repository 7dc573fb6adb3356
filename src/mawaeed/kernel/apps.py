from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class KernelConfig(AppConfig):
    """Clock, identifiers, errors, actor, history, outbox, policies."""

    name = "mawaeed.kernel"
    label = "kernel"
    verbose_name = _("Foundations")
