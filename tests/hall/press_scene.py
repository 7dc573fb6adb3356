"""One counter with a visitor in service, situations it may be in, and a press played both ways.

Each play is in a transaction of its own that is rolled back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from django.db import connection, transaction

from hall_day import CLERK, fresh, walked_in, working
from mawaeed.booking.models import Appointment
from mawaeed.conduct.models import Block, Event, Standing
from mawaeed.hall import actions as hall
from mawaeed.hall.actions import press
from mawaeed.hall.models import (
    CounterBreak,
    CounterSession,
    NumberSeries,
    Ticket,
    TicketLeg,
)
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.errors import DomainError
from mawaeed.kernel.idempotency import once
from mawaeed.kernel.models import History, IdempotencyKey, OutboxEvent
from small_world import World, local, make_world

AT = local(9)
TABLES: tuple[Any, ...] = (
    *(Ticket, TicketLeg, CounterSession, CounterBreak, NumberSeries, Appointment, Standing),
    *(Event, Block, History, OutboxEvent, IdempotencyKey),
)
# Given anew by each play: numbers of rows, and the real time at which a key was kept.
BY_CHANCE = {
    History: {"id"},
    OutboxEvent: {"id"},
    Event: {"id"},
    Standing: {"id"},
    IdempotencyKey: {"id", "created_at"},
}


@dataclass
class Scene:
    """The small world with somebody at counter 1, and what they press."""

    world: World
    session: CounterSession
    number: str = "A001"
    keys: Sequence[str] = ("k",)
    bodies: Sequence[str] = ("",)
    at: datetime = AT

    def waits(self, minute: int, **more: Any) -> Ticket:
        """Somebody without appointment came at 08:`minute`."""
        return walked_in(self.world.dana, local(8, minute), **more)

    def serve(self, ticket: Ticket) -> Ticket:
        """The visitor is being served at counter 1."""
        called = hall.call_ticket(
            counter_session=self.session, ticket=fresh(ticket), reason="x", now=AT, actor=CLERK
        )
        return hall.start_service(ticket=called, actor=CLERK, now=AT)

    def press(self, verb: str) -> list[Any]:
        """What each press was answered or refused."""
        return [self._once(verb, key, body) for key in self.keys for body in self.bodies]

    def _once(self, verb: str, key: str, body: str) -> Any:
        named = {} if verb == "call_next_once" else {"number": self.number}
        try:
            return getattr(press, verb)(
                staff_id=self.session.staff_id,
                centre=self.world.dana,
                actor=Actor("staff", self.session.staff_id, "api"),
                now=self.at,
                key=key,
                body={"path": "/x", "body": body},
                **named,
            )
        except DomainError as refusal:
            return refusal.code, dict(refusal.data)


Situation = Callable[[Scene], None]


def opened() -> Scene:
    """Four counters; the first is ours, the second is at work too."""
    world = make_world(places=4, days=1)
    scene = Scene(world, working(world, 1))
    working(world, 2)
    return scene


@contextmanager
def rolled_back() -> Iterator[None]:
    with transaction.atomic():
        point = transaction.savepoint()
        yield
        with connection.cursor() as cursor:  # what a commit would refuse
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        transaction.savepoint_rollback(point)


def rows() -> dict[str, list[Any]]:
    found = {}
    for model in TABLES:
        names = [each.attname for each in model._meta.concrete_fields]
        kept = [name for name in names if name not in BY_CHANCE.get(model, ())]
        values = [dict(row) for row in model.objects.order_by("pk").values(*kept)]
        for row in values:
            if row.get("subject_kind") == "conduct_event":
                row["subject_id"] = None
        found[model.__name__] = values
    return found


def play(scene: Scene, verb: str, *, plain: bool) -> tuple[list[Any], dict[str, list[Any]], bool]:
    """Answers, all rows afterwards, and whether the plain path was asked; nothing stays."""
    plainly: list[bool] = []
    with rolled_back(), pytest.MonkeyPatch.context() as patch:
        if plain:
            patch.setattr(press, "is_possible", lambda: False)
        before_the_plain_path(patch, lambda: plainly.append(True))
        return scene.press(verb), rows(), bool(plainly)


def before_the_plain_path(patch: pytest.MonkeyPatch, note: Callable[[], None]) -> None:
    """Let `note` be called whenever the plain path is asked."""

    def asked(**given: Any) -> dict[str, Any]:
        note()
        return once(**given)

    patch.setattr(press, "once", asked)


def compare(scene: Scene, verb: str) -> tuple[list[Any], bool]:
    """Both ways; they must agree. The answers, and whether one statement gave them."""
    answers, left, plainly = play(scene, verb, plain=False)
    plain_answers, plain_left, asked = play(scene, verb, plain=True)
    assert asked
    assert answers == plain_answers
    for name, found in left.items():
        assert found == plain_left[name], name
    return answers, not plainly


# Who is served at the counter.
