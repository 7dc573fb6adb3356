"""Refusals about conduct."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import formats
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from mawaeed.kernel.errors import DomainError, Malformed


class PersonBlocked(DomainError):
    """Booking is refused for a while; `data.until` (ISO, local offset) and two sentences.

    `data.reason` says why, `data.bookings` what becomes of the appointments made before.
    """

    code = "blocked"
    http_status = 403
    message = _(
        "You cannot book until %(until)s. %(reason)s %(bookings)s You may object on the page about "
        "your standing."
    )

    @classmethod
    def until(cls, moment: datetime, threshold: int, *, bookings_end: bool) -> PersonBlocked:
        """Blocked until `moment` (UTC) because of more than `threshold` events in a row.

        `bookings_end`: whether the block cancels what was booked before.
        """
        local = moment.astimezone(ZoneInfo(settings.TIME_ZONE))
        return cls(
            until=local.isoformat(timespec="seconds"),
            reason=reason_for(threshold),
            bookings=bookings_words(bookings_end=bookings_end),
        )

    def text(self) -> str:
        """The sentence with the date in words."""
        return str(self.message) % {**self.data, "until": self.until_words()}

    def until_words(self) -> str:
        """Monday 23 November 2026, 9:00 am: in the installation's own zone."""
        moment = datetime.fromisoformat(self.data["until"])
        return formats.date_format(moment, "DATETIME_FORMAT")


class NothingToAppeal(DomainError):
    """No block is in force."""

    code = "nothing_to_appeal"
    http_status = 409
    message = _("You are not blocked, so there is nothing to object to. You can book.")


class AlreadyAppealed(DomainError):
    """One objection for each block."""

    code = "already_appealed"
    message = _("You have already objected to this block. Please wait for the answer.")


class ReasonMissing(Malformed):
    """The sentence that must be given is empty; `data.field`."""

    message = _("Please write why. It is kept with the decision.")


def reason_for(threshold: int) -> str:
    """Why somebody is blocked, as a sentence in the active language."""
    return ngettext(
        "More than %(count)d appointment in a row was missed or cancelled late within a week.",
        "More than %(count)d appointments in a row were missed or cancelled late within a week.",
        threshold,
    ) % {"count": threshold}


def bookings_words(*, bookings_end: bool) -> str:
    """What becomes of the appointments of somebody blocked, as a sentence."""
    if bookings_end:
        return gettext("The appointments you had are cancelled with it.")
    return gettext("The appointments you have stay yours.")
