"""What the ministry tells the public: announcements and ways of contact."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mawaeed.centres.models import Agency, Centre, Directorate


class Announcement(models.Model):
    """A dated text, for everybody or for one directorate or centre."""

    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, verbose_name=_("Agency"))
    code = models.SlugField(_("Code"), max_length=60, unique=True)
    directorate = models.ForeignKey(
        Directorate, on_delete=models.CASCADE, null=True, blank=True, verbose_name=_("Directorate")
    )
    centre = models.ForeignKey(
        Centre, on_delete=models.CASCADE, null=True, blank=True, verbose_name=_("Centre")
    )
    title = models.JSONField(_("Title"))
    body = models.JSONField(_("Text"))
    published_from = models.DateTimeField(_("Published from"))
    published_until = models.DateTimeField(_("Published until"), null=True, blank=True)
    important = models.BooleanField(_("Important"), default=False)

    class Meta:
        verbose_name = _("announcement")
        verbose_name_plural = _("announcements")

    def __str__(self) -> str:
        return self.code


class ContactChannel(models.Model):
    """A way to reach the agency."""

    class Kind(models.TextChoices):
        PHONE = "phone", pgettext_lazy("way of contact", "Phone")
        EMAIL = "email", pgettext_lazy("way of contact", "E-mail")
        WEB = "web", pgettext_lazy("way of contact", "Web site")
        VISIT = "visit", pgettext_lazy("way of contact", "Visit")

    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, verbose_name=_("Agency"))
    code = models.SlugField(_("Code"), max_length=60, unique=True)
    kind = models.CharField(_("Kind"), max_length=10, choices=Kind.choices)
    label = models.JSONField(_("Label"))
    value = models.CharField(_("Number or address"), max_length=200)
    hours = models.JSONField(_("Hours"), default=dict, blank=True)
    order = models.PositiveSmallIntegerField(_("Order"), default=0)

    class Meta:
        verbose_name = _("way of contact")
        verbose_name_plural = _("ways of contact")

    def __str__(self) -> str:
        return self.code
