"""Refusals as a clerk reads them: about the person at the desk, not about "you"."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mawaeed.conduct.errors import PersonBlocked
from mawaeed.kernel.errors import DomainError

WORDS: dict[str, str | Promise] = {
    "limit_reached": gettext_lazy(
        "The person holds %(limit)s active appointments, which is the most allowed. "
        "Cancel one of them first."
    ),
    "already_booked": gettext_lazy(
        "There is an active appointment for this service and this person already, perhaps at "
        "another centre. It can be moved or cancelled instead."
    ),
    "dependants_not_allowed": gettext_lazy(
        "For this service people book for themselves. Choose the person, or somebody who gave "
        "consent."
    ),
    "companion_needed": gettext_lazy(
        "Two people must come for this service: enter the number of the second."
    ),
    "companion_not_needed": gettext_lazy(
        "One person comes for this service: leave the second out."
    ),
    "move_limit": gettext_lazy(
        "This appointment has been moved %(limit)s times, which is the most allowed. "
        "It can still be cancelled and booked anew."
    ),
    "under_age": gettext_lazy(
        "Accounts are for people of %(minimum)s and over. A parent or guardian books for others."
    ),
    "slot_taken": gettext_lazy("This time has just been taken. Choose another."),
    "stale": gettext_lazy(
        "Another visitor was looked up in the meantime, or something changed. Look them up again."
    ),
}


def clerk_words(refusal: DomainError) -> str:
    """The sentence for the clerk, in the active language."""
    if isinstance(refusal, PersonBlocked):
        return _(
            "Booking is blocked for this person until %(until)s. Lift the block with a reason, or "
            "serve them without an appointment."
        ) % {"until": refusal.until_words()}
    words = WORDS.get(refusal.code)
    return str(words) % dict(refusal.data) if words else refusal.text()
