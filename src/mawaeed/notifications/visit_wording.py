"""One message for a whole visit of several, instead of one for each of its parts."""

from __future__ import annotations

from django.utils.translation import ngettext, npgettext, override

from mawaeed.booking.models import Appointment
from mawaeed.notifications.composing import about, first_fitting, with_ticket


def visit_booked(first: Appointment, *, parts: int, language: str) -> str:
    """When the first of `parts` begins, where, its reference, and the link to all of them."""
    with override(language):
        return with_ticket(
            first,
            ngettext(
                "Your visit, %(parts)s part: %(when)s, %(centre)s. Reference %(reference)s.\n"
                "%(link)s",
                "Your visit, %(parts)s parts: %(when)s, %(centre)s. Reference %(reference)s.\n"
                "%(link)s",
                parts,
            ),
            npgettext(
                "text message",
                "Visit (%(parts)s) %(when)s %(centre)s %(reference)s\n%(link)s",
                "Visit (%(parts)s) %(when)s %(centre)s %(reference)s\n%(link)s",
                parts,
            ),
            parts=str(parts),
        )


def visit_moved(first: Appointment, *, parts: int, language: str) -> str:
    """The new beginning and place of all of it."""
    with override(language):
        return with_ticket(
            first,
            ngettext(
                "Your visit, %(parts)s part, is now: %(when)s, %(centre)s. Reference "
                "%(reference)s.\n%(link)s",
                "Your visit, %(parts)s parts, is now: %(when)s, %(centre)s. Reference "
                "%(reference)s.\n%(link)s",
                parts,
            ),
            npgettext(
                "text message",
                "Visit (%(parts)s) moved to %(when)s %(centre)s %(reference)s\n%(link)s",
                "Visit (%(parts)s) moved to %(when)s %(centre)s %(reference)s\n%(link)s",
                parts,
            ),
            parts=str(parts),
        )


def visit_cancelled(first: Appointment, *, parts: int, language: str) -> str:
    """That all of it is cancelled, as the person asked."""
    with override(language):
        full = ngettext(
            "Your visit of %(parts)s part on %(when)s at %(centre)s is cancelled.",
            "Your visit of %(parts)s parts on %(when)s at %(centre)s is cancelled.",
            parts,
        )
        return first_fitting(about(first, [full], parts=str(parts)))
