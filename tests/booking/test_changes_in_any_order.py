"""Whatever is changed and undone in whatever order, the ledger says what follows from the rest."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

import pytest
from django.db.models import F

from mawaeed.availability.calendar.expansion import facts_of
from mawaeed.availability.calendar.shaping import ledger_rows, let_go_of, shapes
from mawaeed.availability.calendar.wishes import (
    AddCounter,
    CloseTime,
    RetireCounter,
    SendAway,
    Wish,
)
from mawaeed.availability.models import CalendarChange, Interval
from mawaeed.booking.actions import book_appointment, cancel_appointment
from mawaeed.booking.actions.calendar import CHOICES, apply_change, undo_change
from mawaeed.booking.actions.displace import displace_people
from mawaeed.booking.ledger import ledger_differences
from mawaeed.booking.models import Appointment
from mawaeed.centres.models import Counter, Pool
from mawaeed.conduct.models import Event
from mawaeed.kernel.actor import SYSTEM
from mawaeed.kernel.errors import DomainError
from small_world import NOW, TODAY, World, both, local, make_person, make_world, open_pool

pytestmark = pytest.mark.django_db
STEPS = 25


@dataclass
class Play:
    """A game of chance on two pools of one centre, repeatable by its seed."""

    world: World
    other: Pool
    chance: Random
    serial: int = 0
    done: dict[str, int] = field(default_factory=dict)

    def step(self) -> None:
        name = self.chance.choice(("book", "book", "book", "cancel", "change", "change", "undo"))
        try:
            getattr(self, name)()
            self.done[name] = self.done.get(name, 0) + 1
        except DomainError as refusal:
            self.done[refusal.code] = self.done.get(refusal.code, 0) + 1

    def book(self) -> None:
        self.serial += 1
        book_appointment(
            person=make_person(self.serial),
            service_code="renewal",
            centre_code="dana",
            starts_at=local(8, days=1) + timedelta(minutes=10 * self.chance.randrange(12)),
            actor=SYSTEM,
            now=NOW,
        )

    def cancel(self) -> None:
        booked = list(Appointment.objects.filter(state="booked").order_by("pk"))
        if booked:
            one = self.chance.choice(booked)
            cancel_appointment(appointment=one, actor=SYSTEM, now=NOW)

    def change(self) -> None:
        made = apply_change(
            centre=self.world.dana,
            wish=self.wish(),
            choice=self.chance.choice(CHOICES),
            reason="",
            actor=SYSTEM,
            now=NOW,
        )
        displace_people(change=made, now=NOW)

    def wish(self) -> Wish:
        begin = local(8, days=1) + timedelta(minutes=5 * self.chance.randrange(24))
        end = begin + timedelta(minutes=5 * self.chance.randrange(1, 12))
        pools = (self.world.dana_pool, self.other)
        counters = list(Counter.objects.filter(centre=self.world.dana, active=True))
        counter = self.chance.choice(counters)
        return self.chance.choice(
            (
                CloseTime(begin, end, self.chance.choice((None, *pools))),
                SendAway(counter, begin, end, self.chance.choice((None, *pools))),
                AddCounter(self.chance.choice(pools), self.chance.randrange(1, 12)),
                RetireCounter(counter) if len(counters) > 2 else CloseTime(begin, end),
            )
        )

    def undo(self) -> None:
        standing = list(CalendarChange.objects.filter(undone_at=None).order_by("pk"))
        if standing:
            one = self.chance.choice(standing)
            undo_change(change=one, actor=SYSTEM, now=NOW)

    def check(self) -> None:
        assert ledger_differences() == []
        begin = local(0, days=1)
        rows = ledger_rows([self.world.dana_pool.pk, self.other.pk], begin, begin + timedelta(1))
        wanted = shapes(rows, facts_of(self.world.dana, begin), let_go_of([], TODAY))
        assert [row for row, shape in wanted if row.shape != shape] == []
        assert not Event.objects.filter(kind="missed").exists()
        # Sold beyond its places is only what is booked there and was to stay.
        short = Interval.objects.filter(capacity__lt=F("taken_public") + F("taken_staff"))
        assert set(short) == set(Interval.objects.filter(shortfall__gt=0))


@pytest.mark.parametrize("seed", range(8))
def test_any_order(seed: int) -> None:
    world = make_world(places=2, days=3)
    other = Pool.objects.create(centre=world.dana, code="other", name=both("Other"))
    Counter.objects.create(centre=world.dana, pool=other, number=20)
    open_pool(other, days=3, places=1)
    play = Play(world, other, Random(seed))
    for _ in range(STEPS):
        play.step()
        play.check()
    assert play.done.get("change", 0) > 0
