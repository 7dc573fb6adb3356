"""Why a centre's days cannot be changed like this."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from mawaeed.kernel.errors import DomainError


class PeriodOver(DomainError):
    """The time asked for is over, or ends before it begins."""

    code = "period_over"
    http_status = 422
    message = _("This time is over, or its end is not after its beginning. Choose another time.")


class HoursTooSoon(DomainError):
    """Hours change from tomorrow on: today's are under way."""

    code = "hours_too_soon"
    http_status = 422
    message = _("Hours can change from tomorrow on. For today, close the time instead.")


class CounterAwayAlready(DomainError):
    """Two absences of one counter overlap."""

    code = "counter_away_already"
    message = _("This counter is away in that time already. Undo that first, or choose another.")


class CounterNotHere(DomainError):
    """The counter is out of service, feeds that pool already, or the pool is another centre's."""

    code = "counter_not_here"
    http_status = 422
    message = _("This counter cannot be sent there. Choose another counter or group of counters.")


class CounterNumberTaken(DomainError):
    """A counter of this centre has the number already."""

    code = "counter_number_taken"
    message = _("A counter of this number is in service already. Choose another number.")


class CannotUndo(DomainError):
    """Undoing would take away time in which people have booked since."""

    code = "cannot_undo"
    message = _(
        "People have booked in the time that undoing this would take away. Close that time instead."
    )


class UndoneAlready(DomainError):
    """The change was undone, or its time is over."""

    code = "undone_already"
    message = _("This was undone already, or its time is over.")
