"""Tables every part writes to: history, outbox, idempotency keys, settings, the installation."""

from __future__ import annotations

from django.db import models


class Installation(models.Model):
    """One row: which keys the database was made with and whether it is a demonstration."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    keys_fingerprint = models.CharField(max_length=64)
    is_demo = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    catalogue_fingerprint = models.CharField(max_length=64, blank=True, default="")

    class Meta:
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
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="demo_clock_single_row"),
        ]


class History(models.Model):
    """One state change. Append-only; carries its `day`, and nothing points at it."""

    id = models.BigAutoField(primary_key=True)
    day = models.DateField(help_text="Local date of the change, for partitions.")
    at = models.DateTimeField()
    subject_kind = models.CharField(max_length=30)
    subject_id = models.BigIntegerField()
    agency_id = models.BigIntegerField(null=True)
    centre_id = models.BigIntegerField(null=True)
    from_state = models.CharField(max_length=30, blank=True)
    to_state = models.CharField(max_length=30)
    actor_kind = models.CharField(max_length=10)
    actor_id = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=200, blank=True, default="")
    details = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["subject_kind", "subject_id", "id"], name="history_subject"),
            models.Index(fields=["centre_id", "day", "subject_kind"], name="history_centre_day"),
        ]
        verbose_name_plural = "history"


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
        constraints = [
            models.UniqueConstraint(fields=["event_id", "consumer"], name="delivery_once"),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], name="delivery_due", condition=models.Q(state="pending")
            ),
        ]
        verbose_name_plural = "outbox deliveries"


class IdempotencyKey(models.Model):
    """The first success of a repeatable write, written in the same transaction as its effect."""

    id = models.BigAutoField(primary_key=True)
    actor = models.CharField(max_length=40)
    key = models.CharField(max_length=80)
    body_hash = models.CharField(max_length=64)
    result = models.JSONField()
    created_at = models.DateTimeField(db_index=True, help_text="Real time; kept 24 hours.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["actor", "key"], name="idempotency_key_once"),
        ]


class PolicyValue(models.Model):
    """A dated setting for a scope; the narrowest scope in force wins."""

    class Scope(models.TextChoices):
        AGENCY = "agency"
        DIRECTORATE = "directorate"
        CENTRE = "centre"
        OFFERING = "offering"

    id = models.BigAutoField(primary_key=True)
    key = models.CharField(max_length=60)
    scope_kind = models.CharField(max_length=12, choices=Scope.choices, default=Scope.AGENCY)
    scope_id = models.BigIntegerField(default=0)
    value = models.JSONField()
    effective_from = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key", "scope_kind", "scope_id", "effective_from"], name="policy_once"
            ),
        ]
