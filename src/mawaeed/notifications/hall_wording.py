"""What messages say of the hall on the day; see `wording` for the rules of every text."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from mawaeed.booking.models import Appointment
from mawaeed.centres.names import centre_short_name
from mawaeed.notifications.composing import first_fitting, moment_words


def arrivals_warned(appointment: Appointment, *, minutes: int, language: str) -> str:
    """The hall runs late: until when one may come without losing anything."""
    with override(language):
        centre = appointment.centre
        until = appointment.starts_at + timedelta(minutes=minutes)
        pattern = pgettext("CLDR time pattern in text messages", "H:mm")
        given = {
            "centre": centre_short_name(centre, language),
            "when": moment_words(appointment.starts_at, centre.timezone, pattern),
            "until": moment_words(until, centre.timezone, pattern),
            "minutes": minutes,
        }
        texts = (
            _(
                "Sorry, %(centre)s runs about %(minutes)s minutes late. For your appointment at "
                "%(when)s you may come until %(until)s: your turn is kept."
            ),
            # Translators: at most 70 characters with its values, e.g. a centre of 16 letters.
            pgettext(
                "text message",
                "%(centre)s is %(minutes)s min late. Come at %(until)s instead of %(when)s.",
            ),
        )
        return first_fitting(text % given for text in texts)
