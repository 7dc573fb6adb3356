"""Why a place of the staff's reserve is given: a short list, and anything else in words."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

RESERVE_REASONS: dict[str, str | Promise] = {
    "urgent": pgettext_lazy("reserve", "Urgent: travel, illness, a court date"),
    "returning": pgettext_lazy("reserve", "Came back with what was missing"),
    "our_fault": pgettext_lazy("reserve", "Our fault: closed, overrun or broken"),
    "cannot_wait": pgettext_lazy("reserve", "Elderly, disabled or otherwise cannot wait"),
}


def reason_words(kept: str) -> str:
    """A reason as the record keeps it (a code or free words), in the active language."""
    return str(RESERVE_REASONS.get(kept, kept))
