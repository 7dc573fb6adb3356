"""Any sequence of steps of the engine: the database agrees with a model beside it.

Book, hold, move, cancel, expire, close, reopen and release, in whatever order.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ledger_model import GRID, Model, Place
from mawaeed.availability.calendar.wishes import CloseTime
from mawaeed.availability.models import CalendarChange, Interval, Release
from mawaeed.availability.releases import release_due
from mawaeed.booking.actions import (
    book_appointment,
    cancel_appointment,
    expire_unclaimed,
    hold_places,
    move_appointment,
    release_expired_holds,
    release_hold,
)
from mawaeed.booking.actions.calendar import Choice, apply_change, undo_change
from mawaeed.booking.actions.displace import displace_people
from mawaeed.booking.ledger import ledger_differences
from mawaeed.booking.models import Appointment, Hold
from mawaeed.centres.models import Centre, Pool
from mawaeed.kernel import policies
from mawaeed.kernel.actor import SYSTEM
from mawaeed.kernel.errors import DomainError
from mawaeed.kernel.models import History, OutboxEvent, PolicyValue
from small_world import NOW, TODAY, local, make_person, make_world

pytestmark = pytest.mark.django_db

EXAMPLES = int(os.environ.get("MAWAEED_FUZZ_EXAMPLES", "25"))
STEPS = int(os.environ.get("MAWAEED_FUZZ_STEPS", "30"))

# Little room for many people, so that they meet: one counter, an hour, mostly the same morning.
PEOPLE = 4
CAPACITY = 1
CAP = 2
OPENS, CLOSES = 9, 10
CENTRES = ("dana", "muharraq")
MINUTES = {"renewal": 10, "passport": 15, "customs": 20}
LIMITS = {"renewal": 1, "passport": 1, "customs": 3}

people = st.integers(0, PEOPLE - 1)
services = st.sampled_from(sorted(MINUTES))
centres = st.sampled_from(("dana", "dana", "dana", "muharraq"))
# Starts of the grid and beside it, before opening and beyond the horizon.
moments = st.builds(
    lambda day, minute: local(OPENS, days=day) + timedelta(minutes=minute),
    st.sampled_from([0] * 12 + [1, 1, 8]),
    st.sampled_from([0, 10, 20, 30] * 4 + [40, 50, 5, -10, 60]),
)


class Engine(RuleBasedStateMachine):
    """The same steps in the model and in the database."""

    appointments: Bundle[int] = Bundle("appointments")

    def __init__(self) -> None:
        super().__init__()
        self.unit = transaction.atomic()
        self.unit.__enter__()
        world = make_world(places=CAPACITY, days=2, open_hours=(OPENS, CLOSES))
        self.pools = {"dana": world.dana_pool.pk, "muharraq": world.muharraq_pool.pk}
        # Conduct has its own properties; here nobody is ever blocked and nothing counts.
        settings_here = {
            "conduct.threshold": 10_000,
            "conduct.free_cancel_minutes": 0,
            "booking.active_cap": CAP,
        }
        for key, value in settings_here.items():
            PolicyValue.objects.create(key=key, value=value, effective_from=NOW)
        policies.forget_policies()
        self.people = [make_person(serial) for serial in range(PEOPLE)]
        self.model = Model(
            now=NOW,
            last_moment=local(0, days=8),
            capacity=CAPACITY,
            sessions=[
                (centre, local(OPENS, days=day), local(CLOSES, days=day))
                for centre in CENTRES
                for day in range(2)
            ],
            minutes=MINUTES,
            limits=LIMITS,
            cap=CAP,
        )
        self.withhold(world.muharraq_pool)

    def withhold(self, pool: Pool) -> None:
        """The first morning of one centre is let go half an hour later."""
        due_at = NOW + timedelta(minutes=30)
        pool.release = [{"days_before": 0, "time": "08:30", "percent": 100}]
        pool.save()
        Release.objects.create(
            pool=pool,
            date=TODAY,
            step=0,
            percent=100,
            announced_from=due_at,
            announced_until=due_at,
            due_at=due_at,
        )
        place = Place("muharraq", local(OPENS), local(CLOSES))
        Interval.objects.filter(pool=pool, starts_at__in=place.times()).update(withheld=CAPACITY)
        self.model.withheld.append((place, due_at))

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.unit.__exit__(None, None, None)
        policies.forget_policies()

    @initialize()
    def begin(self) -> None:
        assert ledger_differences() == []

    @rule(target=appointments, person=people, service=services, centre=centres, at=moments)
    def book(self, person: int, service: str, centre: str, at: datetime) -> Any:
        before = self.picture()
        expected = self.model.book(person, service, centre, at)
        made: list[Appointment] = []

        def act() -> None:
            made.append(
                book_appointment(
                    person=self.people[person],
                    service_code=service,
                    centre_code=centre,
                    starts_at=at,
                    actor=SYSTEM,
                    now=self.model.now,
                )
            )

        self.compare(act, expected, before)
        if not made:
            return multiple()
        self.model.booked(made[0].pk, person, service, centre, at)
        return made[0].pk

    @rule(person=people, service=services, centre=centres, at=moments)
    def hold(self, person: int, service: str, centre: str, at: datetime) -> None:
        before = self.picture()
        expected = self.model.hold(person, service, centre, at)
        self.compare(
            lambda: hold_places(
                person=self.people[person],
                service_codes=[service],
                centre_code=centre,
                starts_at=at,
                now=self.model.now,
            ),
            expected,
            before,
        )

    @precondition(lambda self: self.model.held)
    @rule(
        pick=st.integers(0, PEOPLE), service=services, at=moments, seconds=st.sampled_from([0, 60])
    )
    def hold_again_when_it_is_over(
        self, pick: int, service: str, at: datetime, seconds: int
    ) -> None:
        person, (_, until) = sorted(self.model.held.items())[pick % len(self.model.held)]
        self.model.now = max(self.model.now, until + timedelta(seconds=seconds))
        self.hold(person, service, "dana", at)

    @precondition(lambda self: self.model.holds)
    @rule(target=appointments, person=people, pick=st.integers(0, PEOPLE))
    def book_what_somebody_holds(self, person: int, pick: int) -> Any:
        held = list(self.model.holds.values())[pick % len(self.model.holds)]
        return self.book(person, held.service, held.place.centre, held.place.starts_at)

    @rule(person=people)
    def let_go(self, person: int) -> None:
        had = self.model.let_go(person)
        assert release_hold(person=self.people[person], now=self.model.now) == had

    @rule(key=appointments, centre=centres, at=moments)
    def move(self, key: int, centre: str, at: datetime) -> None:
        before = self.picture()
        expected = self.model.move(key, centre, at)
        found = Appointment.objects.get(pk=key)
        self.compare(
            lambda: move_appointment(
                appointment=found,
                starts_at=at,
                centre_code=centre,
                actor=SYSTEM,
                now=self.model.now,
            ),
            expected,
            before,
        )

    @rule(
        centre=centres,
        day=st.integers(0, 1),
        begin=st.sampled_from([0, 10, 20, 30]),
        minutes=st.sampled_from([10, 20, 60]),
        choice=st.sampled_from(["keep", "offer"]),
    )
    def close(self, centre: str, day: int, begin: int, minutes: int, choice: Choice) -> None:
        starts_at = local(OPENS, begin, days=day)
        place = Place(centre, starts_at, starts_at + timedelta(minutes=minutes))
        if starts_at <= self.model.now or len(self.model.closures) > 1:
            return
        change = apply_change(
            centre=Centre.objects.get(code=centre),
            wish=CloseTime(place.starts_at, place.ends_at),
            choice=choice,
            reason="A burst pipe",
            actor=SYSTEM,
            now=self.model.now,
        )
        displace_people(change=change, now=self.model.now)
        self.model.close(change.pk, place, cancel=choice == "offer")

    @precondition(lambda self: self.model.closures)
    @rule(pick=st.integers(0, 3))
    def reopen(self, pick: int) -> None:
        key = sorted(self.model.closures)[pick % len(self.model.closures)]
        if self.model.closures[key].ends_at <= self.model.now:
            return
        change = CalendarChange.objects.get(pk=key)
        undo_change(change=change, actor=SYSTEM, now=self.model.now)
        if self.model.closures[key].starts_at > self.model.now:
            del self.model.closures[key]
        else:  # what is over stays as it was
            old = self.model.closures.pop(key)
            reached = max(t for t in old.times() if t + GRID <= self.model.now)
            self.model.closures[-key] = Place(old.centre, old.starts_at, reached + GRID)

    @rule()
    def release(self) -> None:
        assert release_due(now=self.model.now) == self.model.release()

    @rule(key=appointments)
    def cancel(self, key: int) -> None:
        before = self.picture()
        expected = self.model.cancel(key)
        found = Appointment.objects.get(pk=key)
        self.compare(
            lambda: cancel_appointment(appointment=found, actor=SYSTEM, now=self.model.now),
            expected,
            before,
        )

    @rule(minutes=st.sampled_from([1, 3, 3, 4, 20, 60]))
    def time_passes(self, minutes: int) -> None:
        self.model.now += timedelta(minutes=minutes)

    @rule()
    def reclaim(self) -> None:
        assert release_expired_holds(now=self.model.now) == self.model.release_expired()

    @rule()
    def nobody_came(self) -> None:
        assert expire_unclaimed(now=self.model.now) == self.model.expire_unclaimed()

    def compare(self, act: Any, expected: str, before: object) -> None:
        """Carry out what the model foretold; a refusal leaves the database as it was."""
        outcome = ""
        try:
            act()
        except DomainError as refusal:
            outcome = refusal.code
        assert outcome == expected
        if outcome:
            assert self.picture() == before

    def picture(self) -> tuple[Any, ...]:
        """Everything a refusal must leave alone."""
        return (
            list(Interval.objects.order_by("pk").values()),
            list(Appointment.objects.order_by("pk").values()),
            list(Hold.objects.order_by("pk").values()),
            History.objects.count(),
            OutboxEvent.objects.count(),
        )

    @invariant()
    def the_ledger_is_what_the_model_says(self) -> None:
        names = {pool: centre for centre, pool in self.pools.items()}
        for pool, moment, *says in Interval.objects.values_list(
            "pool_id",
            "starts_at",
            "taken_public",
            "capacity",
            "withheld",
            "shortfall",
            "taken_staff",
            "cooling",
        ):
            taken = self.model.taken(names[pool], moment)
            places = self.model.places(names[pool], moment)
            withheld = self.model.kept_back(names[pool], moment)
            assert says == [taken, places, withheld, max(0, taken - places), 0, 0]

    @invariant()
    def the_ledger_agrees_with_itself(self) -> None:
        assert ledger_differences() == []

    @invariant()
    def appointments_are_what_the_model_says(self) -> None:
        for key, promise in self.model.promises.items():
            row = Appointment.objects.get(pk=key)
            place = promise.place
            assert (row.state, row.centre.code, row.starts_at, row.ends_at, row.moves) == (
                promise.state,
                place.centre,
                place.starts_at,
                place.ends_at,
                promise.moves,
            )

    @invariant()
    def limits_hold(self) -> None:
        for number, person in enumerate(self.people):
            mine = self.model.active(number)
            standing = getattr(person, "standing", None)
            if standing is not None:
                standing.refresh_from_db()
                assert standing.active_count == len(mine)
            for service, limit in LIMITS.items():
                assert sum(each.service == service for each in mine) <= limit

    @invariant()
    def nobody_holds_twice(self) -> None:
        held = Hold.objects.values_list("person_id", flat=True)
        assert sorted(held) == sorted(self.people[person].pk for person in self.model.holds)


def test_any_sequence_of_steps_keeps_every_invariant() -> None:
    run_state_machine_as_test(
        Engine,
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, print_blob=True
        ),
    )
