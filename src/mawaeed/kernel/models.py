"""Tables every part writes to: history, outbox, idempotency keys, settings, the installation."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Installation(models.Model):
    """One row: which keys the database was made with and whether it is a demonstration."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    keys_fingerprint = models.CharField(max_length=64)
    is_demo = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    catalogue_fingerprint = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        verbose_name = _("installation")
        verbose_name_plural = _("installations")
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="installation_single_row"),
        ]


class DemoClock(models.Model):
    """One row, in demonstrations only: at `real_at` it showed `shown_at`, running at `speed`."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    real_at = models.DateTimeField()
    shown_at = models.DateTimeField()
    speed = models.FloatField(default=1.0)
    note = models.CharField(max_length=60, blank=True, default="")

    class Meta:
        verbose_name = _("clock of the demonstration")
        verbose_name_plural = _("clocks of the demonstration")
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="demo_clock_single_row"),
        ]


class History(models.Model):
    """One state change. Append-only; carries its `day`, and nothing points at it."""

    id = models.BigAutoField(primary_key=True)
    day = models.DateField(_("day"), help_text=_("Local date of the change, for partitions."))
    at = models.DateTimeField(_("time"))
    subject_kind = models.CharField(_("kind of subject"), max_length=30)
    subject_id = models.BigIntegerField(_("number of subject"))
    agency_id = models.BigIntegerField(_("agency"), null=True)
    centre_id = models.BigIntegerField(_("centre"), null=True)
    from_state = models.CharField(_("state before"), max_length=30, blank=True)
    to_state = models.CharField(_("state after"), max_length=30)
    actor_kind = models.CharField(_("kind of actor"), max_length=10)
    actor_id = models.BigIntegerField(_("number of actor"), null=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True, default="")
    details = models.JSONField(_("details"), default=dict)

    class Meta:
        verbose_name = _("history entry")
        verbose_name_plural = _("history")
        indexes = [
            models.Index(fields=["subject_kind", "subject_id", "id"], name="history_subject"),
            # A centre's whole day, or its last minute alone: what a counter may still take back.
            models.Index(
                fields=["centre_id", "day", "subject_kind", "at"], name="history_centre_moment"
            ),
        ]


class OutboxEvent(models.Model):
    """Something that happened, told after commit. The worker fans it out to its consumers."""

    id = models.BigAutoField(primary_key=True)
    day = models.DateField()
    at = models.DateTimeField()
    kind = models.CharField(max_length=40)
    subject_kind = models.CharField(max_length=30)
    subject_id = models.BigIntegerField()
    centre_id = models.BigIntegerField(null=True)
    topics = models.CharField(
        max_length=200, blank=True, default="", help_text="Live topics, separated by spaces."
    )
    payload = models.JSONField(default=dict, help_text="References and sealed values only.")
    fanned_out = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("outgoing event")
        verbose_name_plural = _("outgoing events")
        indexes = [
            models.Index(
                fields=["id"], name="outbox_pending", condition=models.Q(fanned_out=False)
            ),
        ]


class OutboxDelivery(models.Model):
    """One event for one consumer: pending, leased while worked on, done, or failed for good."""

    class State(models.TextChoices):
        PENDING = "pending"
        DONE = "done"
        FAILED = "failed"

    id = models.BigAutoField(primary_key=True)
    event_id = models.BigIntegerField()
    consumer = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(help_text="Real time; not before.")
    leased_until = models.DateTimeField(null=True)
    lease = models.CharField(max_length=40, blank=True, default="")
    error = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        verbose_name = _("delivery of an event")
        verbose_name_plural = _("deliveries of events")
        constraints = [
            models.UniqueConstraint(fields=["event_id", "consumer"], name="delivery_once"),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], name="delivery_due", condition=models.Q(state="pending")
            ),
        ]


class IdempotencyKey(models.Model):
    """The first success of a repeatable write, written in the same transaction as its effect."""

    id = models.BigAutoField(primary_key=True)
    actor = models.CharField(max_length=40)
    key = models.CharField(max_length=80)
    body_hash = models.CharField(max_length=64)
    result = models.JSONField()
    created_at = models.DateTimeField(db_index=True, help_text="Real time; kept 24 hours.")

    class Meta:
        verbose_name = _("key of a repeatable request")
        verbose_name_plural = _("keys of repeatable requests")
        constraints = [
            models.UniqueConstraint(fields=["actor", "key"], name="idempotency_key_once"),
        ]


class PolicyValue(models.Model):
    """A dated setting for a scope; the narrowest scope in force wins."""

    class Scope(models.TextChoices):
        AGENCY = "agency", _("agency")
        DIRECTORATE = "directorate", _("directorate")
        CENTRE = "centre", _("centre")
        OFFERING = "offering", _("offering")

    id = models.BigAutoField(primary_key=True)
    key = models.CharField(_("policy"), max_length=60)
    scope_kind = models.CharField(
        _("scope"), max_length=12, choices=Scope.choices, default=Scope.AGENCY
    )
    scope_id = models.BigIntegerField(_("number of scope"), default=0)
    value = models.JSONField(_("value"))
    effective_from = models.DateTimeField(pgettext_lazy("date", "from"))

    class Meta:
        verbose_name = _("policy value")
        verbose_name_plural = _("policy values")
        constraints = [
            models.UniqueConstraint(
                fields=["key", "scope_kind", "scope_id", "effective_from"], name="policy_once"
            ),
        ]

    def __str__(self) -> str:
        return self.key
