"""The whole matrix of the small lifecycles: objections, blocks, ratings, messages, codes.

Appointments and tickets, which have tables of their own, are walked beside their modules.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from hall_day import booked
from mawaeed.conduct import actions as conduct
from mawaeed.conduct.models import Appeal, Block
from mawaeed.feedback import actions as feedback
from mawaeed.feedback.errors import RatingClosed
from mawaeed.feedback.models import Rating
from mawaeed.hall.models import Ticket
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.clock import real_now
from mawaeed.kernel.errors import DomainError, Stale
from mawaeed.kernel.identifiers import digest
from mawaeed.kernel.models import History, OutboxEvent
from mawaeed.notifications import actions as sending
from mawaeed.notifications.models import Message
from mawaeed.notifications.senders import Failed, Sent, Text
from small_world import NOW, make_person, make_world

pytestmark = pytest.mark.django_db
STAFF = Actor("staff", 1)


def everything() -> list[Any]:
    models = (Appeal, Block, Rating, Message, History, OutboxEvent)
    return [list(model._default_manager.order_by("pk").values()) for model in models]


def objection(state: str) -> Appeal:
    person = make_person(1)
    block = Block.objects.create(
        person=person, starts_at=NOW - timedelta(days=1), ends_at=NOW + timedelta(days=6)
    )
    return Appeal.objects.create(block=block, text="I was there.", state=state, created_at=NOW)


@pytest.mark.parametrize("upheld", [True, False])
@pytest.mark.parametrize("state", Appeal.State.values)
def test_an_objection_is_decided_once(state: str, upheld: bool) -> None:
    appeal = objection(state)
    before = everything()

    def decide() -> Appeal:
        return conduct.decide_appeal(
            appeal=appeal, upheld=upheld, answer="We looked.", actor=STAFF, now=NOW
        )

    if state != Appeal.State.OPEN:
        with pytest.raises(Stale):
            decide()
        assert everything() == before
        return
    assert decide().state == ("upheld" if upheld else "refused")
    rows = History.objects.filter(subject_kind="appeal", subject_id=appeal.pk)
    assert list(rows.values_list("from_state", "to_state")) == [("open", appeal.state)]
    assert (Block.objects.get().lifted_at is not None) is upheld


BLOCKS = {
    "in force": ({}, True),
    "over": ({"ends_at": NOW}, False),
    "lifted": ({"lifted_at": NOW}, False),
}


@pytest.mark.parametrize("state", BLOCKS)
def test_only_a_block_in_force_is_lifted_or_objected_to(state: str) -> None:
    changes, may = BLOCKS[state]
    person = make_person(1)
    times: dict[str, Any] = {"starts_at": NOW - timedelta(days=1), "ends_at": NOW + timedelta(1)}
    block = Block.objects.create(person=person, **{**times, **changes})
    before = everything()
    verbs: list[Callable[[], object]] = [
        lambda: conduct.appeal(person=person, text="I was there.", now=NOW),
        lambda: conduct.lift_block(block=block, actor=STAFF, reason="A power cut.", now=NOW),
    ]
    for verb in verbs:
        if may:
            verb()
        else:
            with pytest.raises(DomainError):
                verb()
    assert (everything() == before) is not may


RATINGS = {
    "requested": ({}, True),
    "submitted": ({"submitted_at": NOW}, False),
    "expired": ({"expires_at": NOW}, False),
}


@pytest.mark.parametrize("state", RATINGS)
def test_a_rating_is_given_once_and_in_time(state: str) -> None:
    changes, may = RATINGS[state]
    rating = _rating(**changes)
    before = everything()
    given: dict[str, Any] = {"token": "token", "overall": 4, "scores": {}, "comment": ""}
    if not may:
        with pytest.raises(RatingClosed):
            feedback.submit_rating(**given, now=NOW)
        assert everything() == before
        return
    feedback.submit_rating(**given, now=NOW)
    rows = History.objects.filter(subject_kind="rating", subject_id=rating.pk)
    assert list(rows.values_list("from_state", "to_state")) == [("requested", "submitted")]


def _rating(**changes: Any) -> Rating:
    make_world(days=1)
    appointment = booked(NOW + timedelta(hours=1))
    ticket = Ticket.objects.create(
        agency=appointment.agency,
        centre=appointment.centre,
        day=appointment.day,
        group=appointment.offering.group,
        number="A001",
        secret="secret",
        offering=appointment.offering,
        pool=appointment.pool,
        appointment=appointment,
        state="served",
        priority_class="appointment",
        due_at=NOW,
        created_at=NOW,
    )
    values: dict[str, Any] = {"requested_at": NOW, "expires_at": NOW + timedelta(days=7)}
    return Rating.objects.create(
        ticket=ticket, token_hash=digest("token"), centre_id=ticket.centre_id, **values | changes
    )


class Gateway:
    """Answers the same to everything and counts."""

    def __init__(self, outcome: Sent | Failed) -> None:
        self.outcome, self.seen = outcome, 0

    def send(self, message: Text) -> Sent | Failed:
        self.seen += 1
        return self.outcome


OUTCOMES: dict[str, tuple[Sent | Failed, int, str]] = {
    "taken": (Sent(delivered=False), 0, "sent"),
    "delivered": (Sent(delivered=True), 0, "delivered"),
    "failing": (Failed("no answer"), 0, "waiting"),
    "failing for the last time": (Failed("no answer"), sending.MAX_ATTEMPTS - 1, "failed"),
}


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("state", Message.State.values)
def test_only_a_waiting_message_is_sent(state: str, outcome: str) -> None:
    answer, attempts, target = OUTCOMES[outcome]
    message = Message.objects.create(
        dedupe_key="one",
        to="+97336001234",
        kind="test",
        language="ar",
        text="مرحبا",
        state=state,
        attempts=attempts,
        created_at=NOW,
        due_at=real_now() - timedelta(seconds=1),
    )
    gateway = Gateway(answer)

    sending.send_due(now=NOW, sender=gateway)

    message.refresh_from_db()
    waiting = state == Message.State.WAITING
    assert gateway.seen == (1 if waiting else 0)
    assert message.state == (target if waiting else state)
    assert message.attempts == attempts + waiting


@pytest.mark.parametrize("state", Message.State.values)
def test_only_a_failed_message_gets_a_fresh_start(state: str) -> None:
    message = Message.objects.create(
        dedupe_key="one",
        to="+97336001234",
        kind="test",
        language="ar",
        text="مرحبا",
        state=state,
        attempts=sending.MAX_ATTEMPTS,
        created_at=NOW,
        due_at=real_now(),
    )

    sending.retry_failed()

    message.refresh_from_db()
    fresh = state == Message.State.FAILED
    assert message.state == (Message.State.WAITING if fresh else state)
    assert message.attempts == (0 if fresh else sending.MAX_ATTEMPTS)
