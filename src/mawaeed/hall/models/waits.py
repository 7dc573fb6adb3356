"""What people were told of their wait, what came true, and the model it was said from."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from mawaeed.booking.models import Appointment
from mawaeed.centres.models import Agency, Centre
from mawaeed.hall.models.tickets import Ticket


class WaitEstimate(models.Model):
    """A range of minutes announced to a ticket at a moment, kept beside what came true."""

    class Method(models.TextChoices):
        ANALYTIC = "analytic"
        SIMULATED = "simulated"
        LEARNED = "learned"

    ticket = models.ForeignKey(
        Ticket, on_delete=models.CASCADE, related_name="estimates", db_index=False
    )
    centre = models.ForeignKey(Centre, on_delete=models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    made_at = models.DateTimeField(help_text="The minutes count from here.")
    first = models.BooleanField(default=False, help_text="Announced when the ticket was issued.")
    p50 = models.FloatField(help_text="Minutes, as found.")
    p90 = models.FloatField(help_text="Minutes, as found.")
    low = models.PositiveSmallIntegerField(help_text="Minutes, as shown.")
    high = models.PositiveSmallIntegerField(help_text="Minutes, as shown.")
    ahead = models.PositiveSmallIntegerField()
    method = models.CharField(max_length=10, choices=Method.choices)
    reason = models.CharField(max_length=30, blank=True, default="", help_text="Of a change.")
    waited = models.FloatField(null=True, help_text="Minutes from `made_at` to the first call.")
    kept = models.BooleanField(null=True, help_text="Called by the upper end.")

    class Meta:
        verbose_name = _("announced wait")
        verbose_name_plural = _("announced waits")
        indexes = [
            models.Index(fields=["ticket", "-made_at"], name="estimate_of_ticket"),
            models.Index(fields=["centre", "day", "first"], name="estimate_of_day"),
        ]


class EstimateModel(models.Model):
    """What was learned from the waits of an agency's halls; the newest one is used."""

    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="+", db_index=False)
    learned_at = models.DateTimeField()
    tickets = models.PositiveIntegerField(help_text="Learned from.")
    content = models.JSONField(help_text="See `hall.estimates.forest`.")
    error = models.FloatField(null=True, help_text="Mean absolute error in minutes, last day.")
    held = models.FloatField(null=True, help_text="Share called by the upper end, last day.")

    class Meta:
        verbose_name = _("model of waits")
        verbose_name_plural = _("models of waits")
        indexes = [models.Index(fields=["agency", "-learned_at"], name="newest_model")]


class EstimateCorrection(models.Model):
    """What is added to the upper end at a centre so that nine of ten hold; see `coverage`."""

    centre = models.OneToOneField(Centre, on_delete=models.CASCADE, related_name="+")
    content = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("correction of waits")
        verbose_name_plural = _("corrections of waits")


class DelayWarning(models.Model):
    """Somebody with an appointment was told, before coming, that the hall runs late."""

    appointment = models.OneToOneField(
        Appointment, on_delete=models.CASCADE, related_name="delay_warning"
    )
    minutes = models.PositiveSmallIntegerField(help_text="How late, as told.")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("warning of a delay")
        verbose_name_plural = _("warnings of delays")
