"""What somebody at the kiosk typed or scanned, and why it does not lead to a ticket."""

from __future__ import annotations

import re
from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mawaeed.booking.models import Appointment
from mawaeed.booking.queries import appointment_by_reference, appointment_by_secret
from mawaeed.centres.models import Centre
from mawaeed.centres.names import centre_name
from mawaeed.hall.errors import NotToday, TooEarly, WalkInsFull
from mawaeed.kernel.errors import DomainError, NotFound
from mawaeed.web.templatetags.web_components import (
    clock_time,
    day_words,
    in_sentence,
    moment_words,
)

# The QR code of an e-ticket holds its link; a scanner types it into the field.
LINK = re.compile(r"/e/([A-Za-z0-9_-]{8,})/?")
NOT_OF_A_REFERENCE = re.compile(r"[^0-9A-Z]")
DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")


class UnknownCode(NotFound):
    """No appointment has what was typed or scanned."""

    code = "unknown_reference"
    message = gettext_lazy(
        "We could not find an appointment with this reference. Check it, or ask at reception."
    )


class OtherCentre(DomainError):
    """The appointment is somewhere else; data: `centre`, with its directorate."""

    code = "other_centre"
    message = gettext_lazy("This appointment is at %(centre)s. Please go there.")


class Cancelled(DomainError):
    """The appointment was cancelled."""

    code = "appointment_cancelled"
    message = gettext_lazy(
        "This appointment was cancelled. Take a ticket without an appointment, or ask at reception."
    )


class VisitOver(DomainError):
    """The appointment was used already."""

    code = "visit_over"
    message = gettext_lazy("This visit is already over. Ask at reception if you need more.")


def appointment_from(text: str, centre: Centre, language: str) -> Appointment:
    """The appointment of this centre behind a reference or an e-ticket's link.

    Refuses `UnknownCode`, `OtherCentre`, `Cancelled`, `VisitOver`.
    """
    found = _found(text)
    if found.centre_id != centre.pk:
        raise OtherCentre(centre=centre_name(found.centre, language))
    if found.state == Appointment.State.CANCELLED:
        raise Cancelled
    if found.state == Appointment.State.FULFILLED:
        raise VisitOver
    return found


def secret_in(text: str) -> str:
    """The secret of an e-ticket's link, or ""."""
    link = LINK.search(text)
    return link.group(1) if link else ""


def reference_in(text: str) -> str:
    """A reference as it is stored: Western digits, capitals, no spaces or dashes."""
    return NOT_OF_A_REFERENCE.sub("", text.translate(DIGITS).upper())


def refusal_words(error: DomainError, now: datetime) -> str:
    """The refusal as the public reads it: days in words, times as 10:30 am (active zone)."""
    if isinstance(error, TooEarly):
        return _("You are early. Check-in opens at %(time)s. Please come back then.") % {
            "time": clock_time(error.data["opens_at"])
        }
    if isinstance(error, NotToday):
        day = date.fromisoformat(str(error.data["day"]))
        return _("This appointment is on %(day)s. Please come back on that day.") % {
            "day": day_words(day)
        }
    if isinstance(error, WalkInsFull):
        return _full_words(error, now)
    return error.text()


def _full_words(error: WalkInsFull, now: datetime) -> str:
    """What to do instead; whoever goes first by right is sent to reception."""
    free = error.data["next_starts_at"]
    instead = (
        _("Book on your phone: the next free time here is %(time)s.")
        % {"time": in_sentence(moment_words(free, now))}
        if free
        else _("No time is free here this week: book at another centre on your phone.")
    )
    full = _("No more tickets without an appointment today: the rest of the day is taken.")
    first = _("If you are 60 or older or have a disability, go to reception: you are served first.")
    return f"{full} {instead} {first}"


def _found(text: str) -> Appointment:
    secret, reference = secret_in(text), reference_in(text)
    try:
        found = (
            appointment_by_secret(secret)
            if secret
            else appointment_by_reference(reference)
            if reference
            else None
        )
    except NotFound:
        raise UnknownCode from None
    if found is None:
        raise UnknownCode
    return found
