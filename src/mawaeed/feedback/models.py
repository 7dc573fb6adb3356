"""Ratings: asked the moment a service ends, bound one to one to the finished ticket."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mawaeed.centres.names import shown
from mawaeed.hall.models import Ticket


class Dimension(models.Model):
    """What is rated beside the overall score: data, not code."""

    code = models.SlugField(pgettext_lazy("catalogue", "code"), max_length=40, unique=True)
    name = models.JSONField(_("name"))
    order = models.PositiveSmallIntegerField(pgettext_lazy("position", "order"), default=0)
    active = models.BooleanField(pgettext_lazy("row", "active"), default=True)

    class Meta:
        verbose_name = _("dimension of rating")
        verbose_name_plural = _("dimensions of rating")

    def __str__(self) -> str:
        return shown(self.name)


class Rating(models.Model):
    """One request for one finished ticket, answered at most once through a single-use link."""

    ticket = models.OneToOneField(
        Ticket, on_delete=models.PROTECT, related_name="rating", verbose_name=_("ticket")
    )
    token_hash = models.CharField(max_length=64, unique=True)
    centre_id = models.BigIntegerField(_("centre"), db_index=True)
    requested_at = models.DateTimeField(pgettext_lazy("time", "requested"))
    expires_at = models.DateTimeField(pgettext_lazy("time", "expires"))
    submitted_at = models.DateTimeField(pgettext_lazy("time", "submitted"), null=True)
    overall = models.PositiveSmallIntegerField(pgettext_lazy("rating", "overall"), null=True)
    scores = models.JSONField(_("scores"), default=dict, help_text=_("Dimension code to 1…5."))
    comment = models.TextField(_("comment"), max_length=1000, blank=True, default="")

    class Meta:
        verbose_name = _("rating")
        verbose_name_plural = _("ratings")
