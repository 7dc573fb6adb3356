"""Why an appointment cannot be made, moved or cancelled."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from mawaeed.kernel.errors import DomainError, NotFound


class SlotTaken(DomainError):
    """Every place at this time is taken."""

    code = "slot_taken"
    message = _("Somebody was faster: this time is full. Choose another time.")


class SlotClosed(DomainError):
    """The centre serves nobody at this time."""

    code = "closed"
    message = _(
        "The centre is not open for this service at that time. Choose a time from the list."
    )


class SlotPast(DomainError):
    """The time is over."""

    code = "past"
    http_status = 422
    message = _("That time is already over. Choose a later one.")


class OutsideHorizon(DomainError):
    """The date is further ahead than may be booked; data: `last_date`."""

    code = "outside_horizon"
    http_status = 422
    message = _("Appointments can be booked up to %(last_date)s. Choose an earlier day.")


class LimitReached(DomainError):
    """The person holds as many active appointments as allowed; data: `limit`."""

    code = "limit_reached"
    message = _(
        "You hold %(limit)s active appointments, which is the most allowed. "
        "Cancel one or wait until it is over."
    )


class AlreadyBooked(DomainError):
    """The beneficiary has an active appointment for this service, at whatever centre."""

    code = "already_booked"
    message = _(
        "There is already an appointment for this service. Move or cancel it under My appointments."
    )


class MoveLimit(DomainError):
    """The appointment was moved as often as allowed; data: `limit`."""

    code = "move_limit"
    message = _(
        "This appointment has been moved %(limit)s times, which is the most allowed. "
        "You can still cancel it and book again."
    )


class TooLateToChange(DomainError):
    """The start, or the cut-off before it, has passed."""

    code = "too_late"
    message = _("The appointment has begun or is over, so it can no longer be changed.")


class DependantsNotAllowed(DomainError):
    """The service does not allow booking for somebody else."""

    code = "dependants_not_allowed"
    http_status = 422
    message = _("This service can be booked only for yourself.")


class DependantInUse(DomainError):
    """Something is booked or waited for on behalf of the dependant."""

    code = "dependant_in_use"
    message = _(
        "There is an appointment or a place on the waiting list for this person. Cancel it first."
    )


class TooManyLegs(DomainError):
    """A visit of no service, or of more than allowed; data: `limit`."""

    code = "too_many_legs"
    http_status = 422
    message = _("One visit may hold up to %(limit)s services or people. Book the rest apart.")


class CompanionNeeded(DomainError):
    """Two people must attend, and only one is named."""

    code = "companion_needed"
    http_status = 422
    message = _("Two people must come for this service. Say who the second one is.")


class CompanionNotNeeded(DomainError):
    """A second person was named for a service that one attends, or the same one twice."""

    code = "companion_not_needed"
    http_status = 422
    message = _("One person comes for this service. Leave the second one out.")


class HoldPaused(DomainError):
    """The last hold ran out a moment ago and nothing was booked; the time can still be booked."""

    code = "hold_paused"
    message = _(
        "This time is not held for you, because the last one was held and not booked. "
        "You can book it now while it is free."
    )


class HoldLost(NotFound):
    """There is no hold of this person (any more)."""

    code = "no_hold"
    message = _("No time is held for you now. Choose one from the list.")


class AlreadyWaiting(DomainError):
    """The beneficiary is on the waiting list of this service already."""

    code = "already_waiting"
    message = _("You are on the waiting list for this service already. See it under Waiting list.")


class NotWaitable(DomainError):
    """The appointment is no longer booked, or is one of several in a visit."""

    code = "not_waitable"
    message = _(
        "This appointment cannot be exchanged through the waiting list. "
        "Choose another time on its own page."
    )


class NothingOffered(DomainError):
    """The entry has no place to accept or decline (any more)."""

    code = "nothing_offered"
    message = _("No place is offered to you now. We tell you when one is free.")


class OfferGone(DomainError):
    """The place offered or told of was taken by somebody else."""

    code = "offer_gone"
    message = _("Somebody else has this place now. You stay on the waiting list.")


class NotConfirmedInTime(DomainError):
    """The appointment is no longer booked, so it cannot be confirmed."""

    code = "not_confirmed"
    message = _(
        "This appointment is no longer booked, so it cannot be confirmed. Book another time."
    )


class ReasonNeeded(DomainError):
    """A staff place without a reason."""

    code = "reason_needed"
    http_status = 422
    message = _("A staff place needs a reason: choose one, or write it down.")


class NobodyFound(NotFound):
    """Neither an account nor an appointment of this centre fits what was entered."""

    code = "nobody_found"
    message = _(
        "Nothing found at this centre. Check what you entered, or give a ticket without an "
        "appointment."
    )


class UnknownService(NotFound):
    """No such active service."""

    code = "unknown_service"
    message = _("There is no such service. Search for it on the services page.")


class UnknownCentre(NotFound):
    """No such active centre, or it does not offer the service."""

    code = "unknown_centre"
    message = _("This centre does not offer the service. Choose another centre.")
