"""What each message says: short enough for one part where the language allows it.

Never a name or a personal number; places by their short names. Each text makes sense without
its link. Of several wordings the first that fits into one part is taken, else the fullest.
"""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from mawaeed.booking.models import Appointment
from mawaeed.centres.models import Centre
from mawaeed.centres.names import centre_short_name
from mawaeed.hall.models import Ticket
from mawaeed.notifications.composing import (
    about,
    address,
    addresses,
    date_patterns,
    first_fitting,
    moment_words,
    with_ticket,
)


def sign_in_code(*, code: str, language: str) -> str:
    """The one-time code: the only six-digit number in its message."""
    with override(language):
        return _("Mawaeed code: %(code)s. Do not share it with anyone.") % {"code": code}


def appointment_booked(appointment: Appointment, *, language: str) -> str:
    """The e-ticket: when, where, reference, link."""
    with override(language):
        return with_ticket(
            appointment,
            _("Your appointment: %(when)s, %(centre)s. Reference %(reference)s.\n%(link)s"),
            pgettext("text message", "Appt %(when)s %(centre)s %(reference)s\n%(link)s"),
        )


def appointment_moved(appointment: Appointment, *, language: str) -> str:
    """The new time and place."""
    with override(language):
        return with_ticket(
            appointment,
            _("Your appointment is now: %(when)s, %(centre)s. Reference %(reference)s.\n%(link)s"),
            pgettext("text message", "Moved to %(when)s %(centre)s %(reference)s\n%(link)s"),
        )


def appointment_cancelled(appointment: Appointment, *, by_person: bool, language: str) -> str:
    """What was cancelled, and by whom: the centre's own doing is never the person's fault."""
    with override(language):
        if by_person:
            full = _("Your appointment on %(when)s at %(centre)s is cancelled.")
            return first_fitting(about(appointment, [full]))
        return first_fitting(
            about(
                appointment,
                [
                    _(
                        "The centre had to cancel your appointment on %(when)s at %(centre)s. "
                        "It does not count against you. Please book another time."
                    ),
                    pgettext(
                        "text message", "The centre cancelled your appointment %(when)s %(centre)s."
                    ),
                ],
            )
        )


def appointment_not_confirmed(appointment: Appointment, *, language: str) -> str:
    """The place went to others because nobody confirmed it; no blame."""
    with override(language):
        return first_fitting(
            about(
                appointment,
                [
                    _(
                        "Your appointment on %(when)s at %(centre)s was not confirmed, so it was "
                        "given to others. It does not count against you. You can book another time."
                    ),
                    pgettext("text message", "Not confirmed, given up: %(when)s %(centre)s."),
                ],
            )
        )


def confirmation_asked(appointment: Appointment, *, by: datetime, language: str) -> str:
    """The question whether they will come, until when to answer, and where."""
    with override(language):
        zone = appointment.centre.timezone
        link = address("e", appointment.secret, "confirm")
        return first_fitting(
            text.replace("%(by)s", moment_words(by, zone, pattern))
            for pattern in date_patterns()
            for text in about(
                appointment,
                [
                    _(
                        "Will you come on %(when)s to %(centre)s? Please confirm by %(by)s, "
                        "or the place goes to others.\n%(link)s"
                    ),
                    pgettext("text message", "%(when)s %(centre)s: confirm by %(by)s\n%(link)s"),
                ],
                link,
                by="%(by)s",
            )
        )


def place_offered(
    *, centre: Centre, starts_at: datetime, until: datetime, token: str, language: str
) -> str:
    """A place kept for one who waits: when, where, until when, and where to take it."""
    with override(language):
        return first_fitting(
            text
            % {
                "when": moment_words(starts_at, centre.timezone, pattern),
                "centre": centre_short_name(centre, language),
                "until": moment_words(
                    until, centre.timezone, pgettext("CLDR time pattern", "h:mm a")
                ),
                "link": address("w", token),
            }
            for text in (
                _(
                    "A place is kept for you until %(until)s: %(when)s, %(centre)s. "
                    "Take it or leave it:\n%(link)s"
                ),
                pgettext("text message", "For you until %(until)s: %(when)s %(centre)s\n%(link)s"),
            )
            for pattern in date_patterns()
        )


def place_told(*, centre: Centre, starts_at: datetime, token: str, language: str) -> str:
    """A place that became free, for whoever is first."""
    with override(language):
        return first_fitting(
            text
            % {
                "when": moment_words(starts_at, centre.timezone, pattern),
                "centre": centre_short_name(centre, language),
                "link": address("w", token),
            }
            for text in (
                _("A place became free: %(when)s, %(centre)s. The first one gets it:\n%(link)s"),
                pgettext("text message", "Free: %(when)s %(centre)s\n%(link)s"),
            )
            for pattern in date_patterns()
        )


def appointment_displaced(
    appointment: Appointment, *, old_starts_at: datetime, old_zone: str, language: str
) -> str:
    """The centre had to move it: old and new time, and that another one may be chosen freely."""
    with override(language):
        return first_fitting(
            text
            % {
                "old": moment_words(old_starts_at, old_zone, pattern),
                "when": moment_words(appointment.starts_at, appointment.centre.timezone, pattern),
                "centre": centre_short_name(appointment.centre, language),
                "link": link,
            }
            for text in (
                _(
                    "The centre moved your appointment of %(old)s to %(when)s, %(centre)s. "
                    "You may choose another time freely:\n%(link)s"
                ),
                pgettext("text message", "%(old)s is now %(when)s %(centre)s\n%(link)s"),
            )
            for pattern in date_patterns()
            for link in addresses("e", appointment.secret)
        )


def appointment_displaced_without_place(appointment: Appointment, *, language: str) -> str:
    """The centre cannot keep it and nothing equal is chosen: where to choose, and no blame."""
    with override(language):
        return first_fitting(
            text
            % {
                "when": moment_words(appointment.starts_at, appointment.centre.timezone, pattern),
                "centre": centre_short_name(appointment.centre, language),
                "link": link,
            }
            for text in (
                _(
                    "The centre cannot keep your appointment on %(when)s, %(centre)s. It does not "
                    "count against you. Choose another time:\n%(link)s"
                ),
                pgettext("text message", "Cancelled: %(when)s %(centre)s. Choose anew:\n%(link)s"),
            )
            for pattern in date_patterns()
            for link in addresses("services", appointment.service.code, "times")
        )


def appointment_missed(appointment: Appointment, *, language: str) -> str:
    """The place was given up because nobody came."""
    with override(language):
        return first_fitting(
            about(
                appointment,
                [
                    _(
                        "You did not come to your appointment on %(when)s at %(centre)s, "
                        "so it was given up. You can book another time."
                    ),
                    pgettext(
                        "text message",
                        "Missed: appointment %(when)s %(centre)s. You may book again.",
                    ),
                ],
            )
        )


def ticket_issued(ticket: Ticket, *, language: str) -> str:
    """The number that will be called, and where to follow it."""
    with override(language):
        return first_fitting(
            text
            % {
                "number": ticket.number,
                "centre": centre_short_name(ticket.centre, language),
                "link": address("t", ticket.secret),
            }
            for text in (
                _("Your number is %(number)s at %(centre)s. Follow your turn:\n%(link)s"),
                pgettext("text message", "Number %(number)s %(centre)s\n%(link)s"),
            )
        )


def conduct_warned(*, language: str) -> str:
    """What repeating a missed appointment leads to."""
    with override(language):
        return first_fitting(
            [
                _(
                    "A missed or late-cancelled appointment was noted. If this is repeated within "
                    "a week, booking stops for a while. Please cancel early if you cannot come."
                ),
                pgettext(
                    "text message", "Missed appointments in one week stop booking. Cancel early."
                ),
            ]
        )


def person_blocked(*, until: datetime, zone: str, language: str) -> str:
    """Why, until when, and where to object."""
    with override(language):
        return first_fitting(
            text % {"until": moment_words(until, zone, pattern), "link": address("standing")}
            for pattern in date_patterns()
            for text in (
                _(
                    "Booking is stopped until %(until)s because of repeated missed appointments. "
                    "To object:\n%(link)s"
                ),
                pgettext("text message", "Booking stopped until %(until)s. Object:\n%(link)s"),
            )
        )


def block_lifted(*, language: str) -> str:
    """Booking is open again."""
    with override(language):
        return _("You can book appointments again.")


def appeal_refused(*, language: str) -> str:
    """The objection was read and the block stays; the answer itself is on the page."""
    with override(language):
        return first_fitting(
            text % {"link": address("standing")}
            for text in (
                _("Your objection was answered and booking stays stopped. Answer:\n%(link)s"),
                pgettext("text message", "Booking stays stopped. Answer:\n%(link)s"),
            )
        )


def mobile_reset(*, language: str) -> str:
    """Sent to the number that now receives the codes."""
    with override(language):
        return _("This number now receives the codes and tickets of your Mawaeed account.")


def mobile_replaced(*, language: str) -> str:
    """Sent to the number that no longer receives anything."""
    with override(language):
        return first_fitting(
            [
                _(
                    "The mobile of a Mawaeed account was changed at a centre and this number no "
                    "longer receives its codes. If this is a mistake, come with your card."
                ),
                pgettext("text message", "A centre moved the Mawaeed account to another mobile."),
            ]
        )


def account_taken_over(*, language: str) -> str:
    """Sent to the number of the unverified account that a verified card ended."""
    with override(language):
        return first_fitting(
            [
                _(
                    "The Mawaeed account with this mobile was closed: the holder of the card "
                    "registered at a centre. If this is a mistake, come with your card."
                ),
                pgettext("text message", "Account closed: the card holder registered at a centre."),
            ]
        )


def rating_requested(*, centre: Centre | None, token: str, language: str) -> str:
    """The question, the moment the service ends."""
    with override(language):
        name = centre_short_name(centre, language) if centre else ""
        return first_fitting(
            text % {"centre": name, "link": address("r", token)}
            for text in (
                _("How was the service at %(centre)s? Your rating takes a minute:\n%(link)s"),
                pgettext("text message", "Rate our service at %(centre)s:\n%(link)s"),
            )
        )
