"""The clerk pressed the wrong button: within a minute the last press is taken back, as history."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError

from mawaeed.booking import actions as booking
from mawaeed.booking.errors import AlreadyBooked, LimitReached, SlotClosed, SlotTaken
from mawaeed.booking.models import Appointment
from mawaeed.conduct import actions as conduct
from mawaeed.hall import events
from mawaeed.hall.actions import legs
from mawaeed.hall.actions.calls import (
    appointment_now,
    lock_session,
    require_free,
    require_nobody_at,
)
from mawaeed.hall.actions.changes import change
from mawaeed.hall.errors import BookedAgain, NextPartCalled, NothingToTakeBack, TakeBackOver
from mawaeed.hall.last_press import (
    Press,
    is_the_latest,
    last_press,
    take_back_window,
)
from mawaeed.hall.models import CounterSession, Ticket
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.database import write_transaction
from mawaeed.kernel.errors import Stale
from mawaeed.kernel.models import History

REASON = "taken_back"
ENDED = (Ticket.State.SERVED, Ticket.State.MISSED, Ticket.State.LEFT, Ticket.State.CANCELLED)


def take_back(*, counter_session: CounterSession, now: datetime, actor: Actor) -> Ticket:
    """Undo the last call, “did not come” or finish of this work at the counter.

    A call: the ticket waits again, where it stood. Missed: it is called here again, the appointment
    has its place back and the event of conduct is reversed; where the place is somebody else's
    by now, the visitor goes on without it, ranked as a walk-in. Finished: it is being served here
    again, the appointment is open, the visit is not on record yet, and what was to follow waits no
    more. Refuses `TakeBackOver`, `NothingToTakeBack`, `CounterBusy`, `CounterClosed`, `OnBreak`,
    `NextPartCalled`, `BookedAgain`, `Stale`. Emits `ticket_taken_back` with `what`.
    """
    press = last_press(counter_session, now)
    if press is None:
        seconds = int(take_back_window(counter_session, now).total_seconds())
        raise TakeBackOver(seconds=seconds)
    if press.what is None:
        raise NothingToTakeBack
    ticket = Ticket.objects.select_related("centre", "counter", "offering__service").get(
        pk=press.ticket_id
    )
    undo = _Undo(press, ticket, counter_session, now, actor)
    try:
        with write_transaction():
            return undo.carry_out()
    except IntegrityError:  # somebody was called here in this moment: `counter_serves_one`
        require_nobody_at(counter_session)
        raise Stale from None


class _Undo:
    """One press taken back, inside its transaction: person, appointment, session, ticket."""

    def __init__(
        self,
        press: Press,
        ticket: Ticket,
        session: CounterSession,
        now: datetime,
        actor: Actor,
    ) -> None:
        self.press = press
        self.ticket = ticket
        self.session = session
        self.now = now
        self.actor = actor

    def carry_out(self) -> Ticket:
        """Each kind of press has its own way back."""
        if self.press.what == "call":
            return self._call()
        if self.press.what == "miss":
            return self._miss()
        if self.press.event == events.TICKET_LEG_FINISHED:
            return self._leg()
        return self._finish()

    def _call(self) -> Ticket:
        lock_session(self.session)
        first = self._first_call()
        return self._change(
            "take_back_call",
            counter=None,
            calls=0,
            wanted_counter_id=first.get("wanted_counter"),
            wanted_staff_id=first.get("wanted_staff"),
        )

    def _first_call(self) -> dict[str, Any]:
        """What history says of the call itself, which recalls may have followed."""
        rows = History.objects.filter(
            subject_kind="ticket",
            subject_id=self.ticket.pk,
            from_state=Ticket.State.WAITING,
            to_state=Ticket.State.CALLED,
        )
        return dict(rows.latest("pk").details)

    def _miss(self) -> Ticket:
        ended = self.press.details.get("appointment")
        fields = self._appointment_back(ended) if ended else {}
        self._free()
        verb = "take_back_excuse" if self.press.event == events.TICKET_LEFT else "take_back_miss"
        return self._change(verb, **fields)

    def _appointment_back(self, ended: str) -> dict[str, Any]:
        """What changes on the ticket because the place may be gone: then nothing is oversold."""
        appointment = appointment_now(self.ticket)
        assert appointment is not None
        if appointment.state != ended:
            raise Stale
        parts = self.press.details.get("parts", [])
        kept = self._restored(parts) or (bool(parts) and self._restored([]))
        if ended == Appointment.State.NO_SHOW:
            conduct.reverse_event(
                appointment_id=appointment.pk, reason=REASON, actor=self.actor, now=self.now
            )
        if kept:
            return {}
        without_place = {
            "priority_class": Ticket.PriorityClass.WALK_IN,
            "late": True,
            "due_at": self.now,
        }
        # A cancelled appointment takes its open ticket out of the hall: this one stays.
        cancelled = ended == Appointment.State.CANCELLED
        return {**without_place, "appointment": None} if cancelled else without_place

    def _restored(self, parts: list[int]) -> bool:
        """The appointment is here again and `parts` follow it again, booked; all or nothing."""
        to_come = Appointment.objects.select_related(
            "centre", "offering__service", "offering__centre"
        ).filter(pk__in=parts)
        appointment = appointment_now(self.ticket)
        assert appointment is not None
        whole = [appointment, *to_come]
        try:
            with write_transaction():
                for each in sorted(whole, key=lambda each: (each.pool_id, each.starts_at)):
                    booking.restore(appointment=each, actor=self.actor, now=self.now)
                for part in whole[1:]:
                    booking.undo_check_in(appointment=part, actor=self.actor, now=self.now)
        except (SlotTaken, SlotClosed, LimitReached, AlreadyBooked):
            return False
        return True

    def _finish(self) -> Ticket:
        self._not_attended()
        following = self._following()
        if following is not None and following.appointment is not None:
            booking.undo_check_in(appointment=following.appointment, actor=self.actor, now=self.now)
        self._free()
        changed = self._change("take_back_finish")
        legs.reopen_last(self.ticket)
        if following is not None:
            change(
                following,
                "cancel",
                event="ticket_cancelled",
                actor=self.actor,
                now=self.now,
                reason=REASON,
            )
        return changed

    def _leg(self) -> Ticket:
        if self.ticket.state != Ticket.State.WAITING:
            raise NextPartCalled(number=self.ticket.number)
        self._not_attended()
        self._free()
        before = self.press.details
        changed = self._change(
            "take_back_leg",
            counter=self.session.counter,
            offering_id=before["offering_id"],
            pool_id=before["pool_id"],
            due_at=datetime.fromisoformat(before["due_at"]),
            calls=before["calls"],
        )
        legs.reopen_leg(before["leg"])
        return changed

    def _not_attended(self) -> None:
        """The visit is not on record yet, and its appointment is open again."""
        if not self.press.details.get("attended"):
            return
        appointment = appointment_now(self.ticket)
        if appointment is not None and appointment.state == Appointment.State.FULFILLED:
            try:
                booking.restore(appointment=appointment, actor=self.actor, now=self.now)
            except (LimitReached, AlreadyBooked):
                raise BookedAgain from None
        person_id = appointment.person_id if appointment else self.ticket.person_id
        if person_id is None:
            return
        conduct.take_back_attended(
            person_id=person_id,
            appointment_id=appointment.pk if appointment else None,
            recorded_at=self.press.at,
            reason=REASON,
            actor=self.actor,
            now=self.now,
        )

    def _following(self) -> Ticket | None:
        """The ticket of the next part, if that finish made it and it still waits."""
        pk = self.press.details.get("next_ticket")
        if pk is None:
            return None
        ticket = Ticket.objects.select_related("centre", "counter", "appointment__centre").get(
            pk=pk
        )
        if ticket.state in ENDED:
            return None
        if ticket.state != Ticket.State.WAITING:
            raise NextPartCalled(number=ticket.number)
        return ticket

    def _free(self) -> None:
        lock_session(self.session)
        require_free(self.session)

    def _change(self, verb: str, **fields: Any) -> Ticket:
        if not is_the_latest(self.press, self.session):
            raise Stale  # called elsewhere or sent on meanwhile: that is not ours to undo
        what = self.press.what
        here = {"counter": self.session.counter.number}
        return change(
            self.ticket,
            verb,
            event=events.TICKET_TAKEN_BACK,
            actor=self.actor,
            now=self.now,
            details={**here, "what": what, "undone": self.press.row},
            payload={"what": what},
            **fields,
        )
