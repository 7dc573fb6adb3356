"""Ratings: asked the moment a service ends, bound one to one to the finished ticket."""

from __future__ import annotations

from django.db import models

from mawaeed.hall.models import Ticket


class Dimension(models.Model):
    """What is rated beside the overall score: data, not code."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.JSONField()
    order = models.PositiveSmallIntegerField(default=0)
    active = models.BooleanField(default=True)


class Rating(models.Model):
    """One request for one finished ticket, answered at most once through a single-use link."""

    ticket = models.OneToOneField(Ticket, on_delete=models.PROTECT, related_name="rating")
    token_hash = models.CharField(max_length=64, unique=True)
    centre_id = models.BigIntegerField(db_index=True)
    requested_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    overall = models.PositiveSmallIntegerField(null=True)
    scores = models.JSONField(default=dict, help_text="Dimension code to 1…5.")
    comment = models.TextField(max_length=1000, blank=True, default="")
