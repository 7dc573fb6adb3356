"""Why somebody gets no ticket, or a counter cannot do what was asked."""

from __future__ import annotations

from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mawaeed.kernel.errors import DomainError


class TooEarly(DomainError):
    """Check-in has not opened yet; data: `opens_at` (UTC) and `opens_time` (local, HH:MM)."""

    code = "too_early"
    message = _("Check-in opens at %(opens_time)s. Please come back then.")


class TooLate(DomainError):
    """Check-in has closed; data: `closed_at` (UTC)."""

    code = "check_in_closed"
    message = _("Check-in for this appointment has closed. Please ask at reception.")


class NotToday(DomainError):
    """The appointment is on another day; data: `day`."""

    code = "not_today"
    message = _("This appointment is on %(day)s. Please come back on that day.")


class NotOpen(DomainError):
    """Nobody is served here for this service now."""

    code = "not_open"
    message = _("The centre is not open for this service now. Please come back in opening hours.")


class NoWalkIns(DomainError):
    """The service is given by appointment only at this centre."""

    code = "no_walk_ins"
    message = _("This service is by appointment only here. Please book a time.")


class WalkInsFull(DomainError):
    """The rest of the day is booked or promised; data: `next_starts_at` (UTC, None if there is
    none) and `next_time` (local, DD/MM HH:MM).
    """

    code = "walk_ins_full"
    message = _(
        "The rest of the day is taken, so no more tickets without an appointment can be given. "
        "Book a time: the next free one here is %(next_time)s."
    )
    nothing_free: ClassVar[str | Promise] = _(
        "The rest of the day is taken, so no more tickets without an appointment can be given, "
        "and no time is free here this week. Put yourself on the waiting list, or choose another "
        "centre."
    )

    def text(self) -> str:
        """The next free time, or what to do where there is none."""
        return super().text() if self.data.get("next_time") else str(self.nothing_free)


class BothNeeded(DomainError):
    """Two people must be here for the service, and nobody said that both are."""

    code = "both_needed"
    http_status = 422
    message = _("Two people must be here. Confirm that you see both cards.")


class NotReadmittable(DomainError):
    """Only somebody who missed an appointment today can be taken up again."""

    code = "not_readmittable"
    message = _("Only an appointment missed today can be taken up again. Please book a new time.")


class CounterTaken(DomainError):
    """Somebody else works at the counter; data: `counter`."""

    code = "counter_taken"
    message = _("Somebody is already working at counter %(counter)s. Choose another counter.")


class AtOtherCounter(DomainError):
    """The member of staff has another counter open; data: `counter`."""

    code = "at_other_counter"
    message = _("You are still working at counter %(counter)s. Close it first.")


class CounterClosed(DomainError):
    """The counter was closed in the meantime."""

    code = "counter_closed"
    message = _("This counter is closed. Open it before calling visitors.")


class CounterBusy(DomainError):
    """The counter has a visitor; data: `number`."""

    code = "counter_busy"
    message = _("Ticket %(number)s is still at this counter. Finish with it first.")


class TooFewCalls(DomainError):
    """The visitor was not called often enough to be missed; data: `calls`, `needed`."""

    code = "too_few_calls"
    message = _("Call this ticket %(needed)s times before marking it as missed.")


class NotDueYet(DomainError):
    """The visitor was called before the booked start; data: `starts_time` (local, HH:MM)."""

    code = "not_due_yet"
    message = _(
        "This appointment is not until %(starts_time)s. Put the ticket aside and call again."
    )


class NoMoreTime(DomainError):
    """The visitor has asked for more time as often as one may; data: `times`."""

    code = "no_more_time"
    message = _(
        "You have already had more time as often as the centre allows. Please come to the hall, "
        "or tell reception that you are held up."
    )


class ProfileInvalid(DomainError):
    """A profile's conditions do not make sense; data: `part` (its kind) and `problem`."""

    code = "profile_invalid"
    http_status = 422
    message = _("%(problem)s This profile cannot be used as it stands.")


class OutOfOrderReason(DomainError):
    """Somebody is called out of order without a reason."""

    code = "out_of_order_reason"
    http_status = 422
    message = _("Say why this visitor is called out of turn (at most 200 characters).")


class NotForThisCounter(DomainError):
    """The ticket waits for another pool, person or counter; data: `number`."""

    code = "not_for_this_counter"
    message = _("Ticket %(number)s waits for another counter. Transfer it here first.")


class OnBreak(DomainError):
    """The counter is on a break: nobody is called to it."""

    code = "on_break"
    message = _("This counter is on a break. End the break before calling visitors.")


class RecallTooSoon(DomainError):
    """The visitor was called a moment ago; data: `seconds` until the next call may be made."""

    code = "recall_too_soon"
    message = _("Give the visitor a moment to come. Call again in %(seconds)s seconds.")


class NothingToTakeBack(DomainError):
    """The last thing done at the counter is no call, no finish and no “did not come”."""

    code = "nothing_to_take_back"
    message = _(
        "Only the last call, finish or “did not come” of this counter can be taken back. "
        "Go on with the visitor as the page shows it now."
    )


class TakeBackOver(DomainError):
    """The last press is too long ago; data: `seconds` it may be taken back."""

    code = "take_back_over"
    message = _(
        "A press can be taken back for %(seconds)s seconds only. Reception can revive a missed "
        "ticket or give a new one."
    )


class NextPartCalled(DomainError):
    """The visitor is called for the next service already; data: `number`."""

    code = "next_part_called"
    message = _(
        "Ticket %(number)s of this visitor was called for the next service already. "
        "Send the visitor there."
    )


class BookedAgain(DomainError):
    """Since the finish the person has booked again up to the limit."""

    code = "booked_again"
    message = _(
        "The visitor has booked again since, so this appointment cannot be reopened. Give a ticket "
        "without an appointment for what is left to do."
    )


class ReactivationOver(DomainError):
    """The ticket was missed too long ago, or on another day; data: `minutes`."""

    code = "reactivation_over"
    message = _(
        "A missed ticket can be revived for %(minutes)s minutes on its day. Give a new ticket."
    )


class TooManyServices(DomainError):
    """A ticket takes so many services; data: `most`."""

    code = "too_many_services"
    message = _("One ticket takes %(most)s services at most. Give a new ticket for the others.")


class NotAtWork(DomainError):
    """The person to whom a visitor is sent has no counter open at the centre."""

    code = "not_at_work"
    message = _("This colleague is not at a counter now. Choose a counter or a service.")


class PersonalData(DomainError):
    """A note that seems to hold a personal number, a telephone number or an e-mail address."""

    code = "personal_data"
    http_status = 422
    message = _(
        "A note may hold no personal number, telephone number or e-mail address. Take it out and "
        "record again."
    )


class PhoneCheckInOff(DomainError):
    """The centre does not let visitors check in by phone."""

    code = "phone_check_in_off"
    message = _(
        "At this centre you check in at the screen in the hall or at reception, not by phone."
    )


class ProofRequired(DomainError):
    """The centre wants to know that the phone is in its hall."""

    code = "presence_proof_required"
    message = _(
        "Scan the square code on the wall of the hall to check in by phone. You can also check in "
        "at the screen in the hall or at reception."
    )


class WallCodeOver(DomainError):
    """The code is older than its two minutes, another centre's, or none at all."""

    code = "wall_code_over"
    message = _(
        "This code is no longer valid: it changes every minute. Scan the one that is on the wall "
        "now. You can also check in at the screen in the hall or at reception."
    )


class NoPaper(DomainError):
    """The centre prints no tickets."""

    code = "no_paper"
    message = _("No paper tickets are printed here. Your number is on the screen and your phone.")
