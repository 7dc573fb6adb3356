"""Messages to people: made from outbox events, handed to a gateway by the worker."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Message(models.Model):
    """One SMS. `dedupe_key` makes a repeated delivery of the event harmless."""

    class State(models.TextChoices):
        WAITING = "waiting"
        SENT = "sent"
        DELIVERED = "delivered"
        FAILED = "failed"

    dedupe_key = models.CharField(max_length=80, unique=True)
    to = models.CharField(max_length=16, db_index=True)
    kind = models.CharField(max_length=40)
    language = models.CharField(max_length=10)
    text = models.TextField()
    parts = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text="Real time; not before.")
    leased_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("text message")
        verbose_name_plural = _("text messages")
        indexes = [
            models.Index(fields=["due_at"], name="message_due", condition=Q(state="waiting")),
        ]
