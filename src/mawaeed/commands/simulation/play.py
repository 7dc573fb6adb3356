"""Plays a planned day through the product's own actions, moment by moment.

A loop over what is due next; every agent (visitor, clerk, worker) acts through the same public
actions as a page would and schedules what it does afterwards. The clock is the loop's own: each
action is given `now`.
"""

from __future__ import annotations

import heapq
from collections import Counter as Tally
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from random import Random

from mawaeed.booking.models import Appointment
from mawaeed.centres.models import Centre, Offering
from mawaeed.commands.simulation.ahead import BookingPage
from mawaeed.commands.simulation.cast import Clerk
from mawaeed.commands.simulation.plan import Opening, Visitor
from mawaeed.commands.simulation.surroundings import Surroundings
from mawaeed.hall import actions as hall
from mawaeed.hall import queries as hall_queries
from mawaeed.hall.models import CounterSession, Ticket
from mawaeed.hall.waits.announcing import announce_first, refresh_waits
from mawaeed.insight.sampling import Sample, sample
from mawaeed.kernel.actor import SYSTEM, Actor
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.errors import DomainError
from mawaeed.people.models import Person

KIOSK = Actor("kiosk", channel="simulation")
TICK = timedelta(minutes=1)
BEFORE_OPENING = timedelta(minutes=25)
RECALL_AFTER = timedelta(seconds=60)
CLEAN_UP = timedelta(seconds=15)
LOOK_AGAIN = timedelta(seconds=20)
NOTICE = timedelta(seconds=5)
AFTER_CLOSING = timedelta(minutes=90)
# The announced waits are looked over so often, by so many simulations.
LOOK_OVER = 5
RUNS = 40

Pace = Callable[[datetime], None]


@dataclass
class Played:
    """What the day left behind besides the database."""

    outcomes: Tally[str] = field(default_factory=Tally)
    samples: list[Sample] = field(default_factory=list)
    # ticket id → wait in seconds as the supervisor's screen last showed it, and when
    shown: dict[int, tuple[datetime, float]] = field(default_factory=dict)
    began_at: datetime | None = None
    ended_at: datetime | None = None


class Day:
    """One centre's day. `pace` is called with each moment before it is played."""

    def __init__(
        self,
        *,
        centre: Centre,
        openings: Sequence[Opening],
        visitors: Sequence[Visitor],
        people: Sequence[Person],
        clerks: Sequence[Clerk],
        seed: int,
        pace: Pace,
        strangers_come: bool = False,
        surroundings: Surroundings | None = None,
    ) -> None:
        self.centre = centre
        self.openings = openings
        self.visitors = visitors
        self.people = people
        self.clerks = clerks
        self.random = Random(seed)
        self.pace = pace
        # In a demonstration others use the hall too, and a real worker runs.
        self.strangers_come = strangers_come
        self.played = Played()
        self.appointments: dict[int, Appointment] = {}
        # Days that are played together share what there is once.
        self.surroundings = surroundings or Surroundings(seed)
        self.visitor_of = self.surroundings.visitor_of
        # Idle clerks by pool; the next visitor wakes one of them.
        self._resting: dict[int, list[tuple[Clerk, CounterSession]]] = {}
        self.offerings = Offering.objects.select_related(
            "service", "centre", "pool", "group"
        ).in_bulk(list({visitor.offered.offering_id for visitor in visitors}))
        self._due: list[tuple[datetime, int, Callable[[datetime], None]]] = []
        self._order = count()

    @property
    def opens_at(self) -> datetime:
        """The first opening of the day, UTC."""
        return min(opening.starts_at for opening in self.openings)

    @property
    def closes_at(self) -> datetime:
        """The last closing of the day, UTC."""
        return max(opening.ends_at for opening in self.openings)

    def at(self, moment: datetime, act: Callable[[datetime], None]) -> None:
        """Schedule `act` at `moment`."""
        heapq.heappush(self._due, (moment, next(self._order), act))

    def book_ahead(self, now: datetime) -> None:
        """Everybody who books does so now, before the first arrival."""
        page = BookingPage(self.centre, self.opens_at, self.played.outcomes)
        for visitor in self.visitors:
            if visitor.booked:
                self.pace(now)
                found = page.book(visitor, self.people[visitor.index], now)
                if found is not None:
                    self.appointments[visitor.index] = found

    def play(self, from_moment: datetime | None = None, *, close: bool = True) -> Played:
        """Play until everything is done; returns the record. `close` ends the day at its end."""
        self.begin(from_moment, close=close)
        while self.next_moment is not None:
            self.step()
        return self.end()

    def begin(self, from_moment: datetime | None = None, *, close: bool = True) -> None:
        """Schedule what is known beforehand, from `from_moment` on."""
        began_at = from_moment or self.opens_at - BEFORE_OPENING
        self._schedule(began_at)
        if close:
            self.at(self.closes_at + AFTER_CLOSING, self._close)
        self.played.began_at = began_at

    @property
    def next_moment(self) -> datetime | None:
        """When something happens next; None once nothing does."""
        return self._due[0][0] if self._due else None

    def step(self) -> None:
        """Let what is due next happen."""
        moment, _, act = heapq.heappop(self._due)
        self.pace(moment)
        act(moment)

    def end(self) -> Played:
        """The record; the worker has a last turn."""
        self.played.ended_at = self.closes_at + AFTER_CLOSING
        if not self.strangers_come:
            self.surroundings.work(self.played.ended_at)
        return self.played

    # --- setting up -------------------------------------------------------------------------

    def _schedule(self, began_at: datetime) -> None:
        for visitor in self.visitors:
            self._schedule_arrival(visitor, began_at)
        for clerk in self.clerks:
            opens = max(began_at, self.opens_at + timedelta(seconds=self.random.randint(0, 120)))
            self.at(opens, partial(self._open, clerk))
        self.at(self.closes_at, self._wake_all)
        if not self.strangers_come:
            self._schedule_ticks(began_at)

    def _schedule_ticks(self, began_at: datetime) -> None:
        moment = began_at
        while moment <= self.closes_at + AFTER_CLOSING:
            self.at(moment, self._tick)
            moment += TICK

    def _schedule_arrival(self, visitor: Visitor, began_at: datetime) -> None:
        if visitor.booked:
            appointment = self.appointments.get(visitor.index)
            if appointment is None or visitor.absent or appointment.state != "booked":
                return
            arrives_at = max(appointment.starts_at + visitor.offset, self.opens_at - BEFORE_OPENING)
        else:
            arrives_at = visitor.arrives_at
        if arrives_at >= began_at:
            self.at(arrives_at, lambda now: self._arrive(visitor, now))

    # --- visitors ---------------------------------------------------------------------------

    def _arrive(self, visitor: Visitor, now: datetime) -> None:
        try:
            ticket = self._check_in(visitor, now) if visitor.booked else self._walk_in(visitor, now)
        except DomainError as refusal:
            self._turned_away(visitor, refusal, now)
            return
        self.visitor_of[ticket.pk] = visitor
        self.played.outcomes["arrived"] += 1
        if not self.strangers_come:
            announce_first(ticket=ticket, now=now)  # as the kiosk does
        self._wake(ticket.pool_id, now)
        self.at(now + visitor.patience, lambda moment: self._lose_patience(ticket, moment))

    def _check_in(self, visitor: Visitor, now: datetime) -> Ticket:
        appointment = self.appointments[visitor.index]
        appointment.refresh_from_db(fields=["state", "starts_at", "ends_at"])
        return hall.check_in(appointment=appointment, actor=KIOSK, now=now)

    def _walk_in(self, visitor: Visitor, now: datetime) -> Ticket:
        return hall.issue_walk_in(
            offering=self.offerings[visitor.offered.offering_id],
            actor=KIOSK,
            now=now,
            language=visitor.language,
            priority=visitor.priority,
            person=self.people[visitor.index],
            mobile=self.people[visitor.index].mobile,
        )

    def _turned_away(self, visitor: Visitor, refusal: DomainError, now: datetime) -> None:
        if refusal.code == "too_early":
            opens_at = refusal.data["opens_at"]
            self.at(opens_at, lambda moment: self._arrive(visitor, moment))
        else:
            self.played.outcomes[f"turned_away_{refusal.code}"] += 1

    def _lose_patience(self, ticket: Ticket, now: datetime) -> None:
        ticket.refresh_from_db()
        if ticket.state == Ticket.State.WAITING:
            hall.leave(ticket=ticket, actor=KIOSK, now=now)
            self.played.outcomes["lost_patience"] += 1

    # --- clerks -----------------------------------------------------------------------------

    def _open(self, clerk: Clerk, now: datetime) -> None:
        try:
            session = hall.open_counter(counter=clerk.counter, staff=clerk.staff, now=now)
        except DomainError:
            return  # somebody real works there
        self._next(clerk, session, now)

    def _next(self, clerk: Clerk, session: CounterSession, now: datetime) -> None:
        if now >= self.closes_at + AFTER_CLOSING:
            return
        try:
            ticket = hall.call_next(counter_session=session, now=now, actor=clerk.actor)
        except DomainError:
            return  # the counter was closed by somebody real
        if ticket is None:
            self._idle(clerk, session, now)
            return
        visitor = self.visitor_of.get(ticket.pk)
        if visitor is not None and not visitor.hears_calls:
            self.at(now + RECALL_AFTER, lambda at: self._call_again(clerk, session, ticket, at))
            return
        way = visitor.way if visitor else timedelta(seconds=20)
        self.at(now + way, lambda at: self._start(clerk, session, ticket, at))

    def _idle(self, clerk: Clerk, session: CounterSession, now: datetime) -> None:
        if now < self.closes_at and not self.strangers_come:
            self._resting.setdefault(clerk.counter.pool_id, []).append((clerk, session))
        elif now < self.closes_at or self._anybody_left(clerk):
            self.at(now + LOOK_AGAIN, lambda at: self._next(clerk, session, at))
        else:
            hall.close_counter(counter_session=session, now=now, actor=clerk.actor)

    def _wake(self, pool_id: int, now: datetime) -> None:
        resting = self._resting.get(pool_id)
        if resting:
            clerk, session = resting.pop(0)
            self.at(now + NOTICE, lambda at: self._next(clerk, session, at))

    def _wake_all(self, now: datetime) -> None:
        for pool_id, resting in self._resting.items():
            for _ in range(len(resting)):
                self._wake(pool_id, now)

    def _anybody_left(self, clerk: Clerk) -> bool:
        return Ticket.objects.filter(
            pool_id=clerk.counter.pool_id, state__in=(Ticket.State.WAITING, Ticket.State.PARKED)
        ).exists()

    def _call_again(
        self, clerk: Clerk, session: CounterSession, ticket: Ticket, now: datetime
    ) -> None:
        try:
            ticket.refresh_from_db()
            if ticket.calls < 2:
                hall.recall(ticket=ticket, actor=clerk.actor, now=now)
                self.at(now + RECALL_AFTER, lambda at: self._call_again(clerk, session, ticket, at))
                return
            hall.mark_missed(ticket=ticket, actor=clerk.actor, now=now)
            self.played.outcomes["did_not_come"] += 1
        except DomainError as refusal:
            if refusal.code == "not_due_yet":
                hall.park(ticket=ticket, actor=clerk.actor, now=now)
                self.at(now + 5 * RECALL_AFTER, lambda at: self._resume(ticket, at))
        self.at(now + CLEAN_UP, lambda at: self._next(clerk, session, at))

    def _resume(self, ticket: Ticket, now: datetime) -> None:
        ticket.refresh_from_db()
        if ticket.state == Ticket.State.PARKED:
            hall.resume(ticket=ticket, actor=SYSTEM, now=now)
            self._wake(ticket.pool_id, now)

    def _start(self, clerk: Clerk, session: CounterSession, ticket: Ticket, now: datetime) -> None:
        try:
            serving = hall.start_service(ticket=ticket, actor=clerk.actor, now=now)
        except DomainError as refusal:
            self.played.outcomes[f"start_refused_{refusal.code}"] += 1
            self.at(now + CLEAN_UP, lambda at: self._next(clerk, session, at))
            return
        visitor = self.visitor_of.get(ticket.pk)
        service = visitor.service if visitor else timedelta(minutes=8)
        self.at(now + service, lambda at: self._finish(clerk, session, serving, at))

    def _finish(self, clerk: Clerk, session: CounterSession, ticket: Ticket, now: datetime) -> None:
        try:
            hall.finish_service(ticket=ticket, actor=clerk.actor, now=now)
            self.played.outcomes["served"] += 1
        except DomainError:
            pass  # the day was closed meanwhile
        self.at(now + CLEAN_UP, lambda at: self._next(clerk, session, at))

    # --- the worker, the screens, the end -----------------------------------------------------

    def _tick(self, now: datetime) -> None:
        samples = self.played.samples
        if now > self.closes_at and samples and is_deserted(samples[-1]):
            samples.append(replace(samples[-1], at=now))  # closed: nobody comes any more
        else:
            self._look(now)
        for opinion in self.surroundings.minute(now):
            self.at(now + opinion.after, opinion.give)

    def _look(self, now: datetime) -> None:
        """What screens show, each minute."""
        counted = sample(self.centre, now)
        self.played.samples.append(counted)
        if not counted.waiting:
            return
        day = local_date(now, self.centre.timezone)
        for row in hall_queries.waiting_for(self.centre, day, now):
            self.played.shown[row.ticket.pk] = (now, row.waited.total_seconds())
        if len(self.played.samples) % LOOK_OVER == 0:
            refresh_waits(centre=self.centre, now=now, runs=RUNS)

    def _close(self, now: datetime) -> None:
        day = local_date(self.opens_at, self.centre.timezone)
        closed = hall.close_day(centre=self.centre, day=day, now=now, actor=SYSTEM)
        self.played.outcomes["left_at_close"] += closed.tickets_left
        self._tick(now)


def is_deserted(last: Sample) -> bool:
    """Whether nobody was in the hall, nor at work there."""
    return not (last.waiting or last.called or last.serving or last.parked or last.counters_open)
