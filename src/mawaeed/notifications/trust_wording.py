"""Texts about booking for a relative: to whoever lets it happen, and to whoever may do it."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from mawaeed.booking.models import Appointment
from mawaeed.notifications.composing import about, addresses, first_fitting, with_ticket


def booked_for_you(appointment: Appointment, *, language: str) -> str:
    """To the one who comes: a relative with consent booked."""
    with override(language):
        return with_ticket(
            appointment,
            _(
                "Somebody you trust booked for you: %(when)s, %(centre)s. "
                "Reference %(reference)s.\n%(link)s"
            ),
            pgettext("text message", "For you: %(when)s %(centre)s %(reference)s\n%(link)s"),
        )


def moved_for_you(appointment: Appointment, *, language: str) -> str:
    """To the one who comes: the time is another."""
    with override(language):
        return with_ticket(
            appointment,
            _(
                "Your appointment, booked by somebody you trust, is now: %(when)s, %(centre)s. "
                "Reference %(reference)s.\n%(link)s"
            ),
            pgettext("text message", "For you, moved: %(when)s %(centre)s %(reference)s\n%(link)s"),
        )


def cancelled_for_you(appointment: Appointment, *, language: str) -> str:
    """To the one who would have come."""
    with override(language):
        return first_fitting(
            about(
                appointment,
                [
                    _(
                        "Your appointment on %(when)s at %(centre)s, booked by somebody you "
                        "trust, is cancelled."
                    ),
                    pgettext("text message", "For you, cancelled: %(when)s %(centre)s"),
                ],
            )
        )


def consent_given(*, language: str) -> str:
    """To the helper: without names or numbers; who it is stands on the page."""
    with override(language):
        return first_fitting(
            text % {"link": link}
            for text in (
                _("Somebody now lets you book appointments for them. See who:\n%(link)s"),
                pgettext("text message", "You may book for somebody. See who:\n%(link)s"),
            )
            for link in addresses("trusted")
        )
