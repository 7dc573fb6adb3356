"""One rating per served ticket, given once, within its time."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections

from hall_day import walked_in
from mawaeed.feedback.actions import request_rating, submit_rating
from mawaeed.feedback.errors import RatingClosed
from mawaeed.feedback.models import Dimension, Rating
from mawaeed.feedback.queries import is_open, rating_by_token, ratings_summary
from mawaeed.hall.models import Ticket
from mawaeed.kernel.errors import DomainError, Malformed, NotFound
from mawaeed.kernel.identifiers import digest
from mawaeed.kernel.models import History, OutboxEvent
from mawaeed.kernel.secrets import unseal
from small_world import NOW, TODAY, World, make_world

MOBILE = "+97336001234"
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def world(db: None) -> World:
    for order, code in enumerate(("performance", "organisation", "quality", "speed")):
        Dimension.objects.create(code=code, name={"ar": code, "en": code}, order=order)
    return make_world()


def served(world: World, mobile: str = MOBILE) -> Ticket:
    ticket = walked_in(world.dana, NOW, mobile=mobile)
    Ticket.objects.filter(pk=ticket.pk).update(state="served")
    return Ticket.objects.select_related("centre", "person").get(pk=ticket.pk)


def asked(world: World) -> str:
    """A requested rating's token, as the message would carry it."""
    assert request_rating(ticket=served(world), now=NOW) is not None
    event = OutboxEvent.objects.filter(kind="rating_requested").latest("pk")
    return unseal(event.payload["token_sealed"])


def submit(token: str, **changes: Any) -> Rating:
    given = {"overall": 4, "scores": {"speed": 5}, "comment": " Good ", "now": LATER, **changes}
    return submit_rating(token=token, **given)


def test_request_rating_keeps_the_token_only_as_a_digest_and_seals_what_it_tells(
    world: World,
) -> None:
    token = asked(world)
    rating = Rating.objects.get()
    assert rating.token_hash == digest(token)
    assert rating.expires_at == NOW + timedelta(days=7)
    payload = OutboxEvent.objects.get(kind="rating_requested").payload
    assert set(payload) == {"token_sealed", "to_sealed", "language"}
    assert unseal(payload["to_sealed"]) == MOBILE
    assert token not in str(payload)


def test_request_rating_repeated_is_none_and_tells_nobody(world: World) -> None:
    ticket = served(world)
    assert request_rating(ticket=ticket, now=NOW) is not None
    assert request_rating(ticket=ticket, now=NOW) is None
    assert OutboxEvent.objects.filter(kind="rating_requested").count() == 1


def test_request_rating_of_somebody_without_mobile_or_not_served_is_none(world: World) -> None:
    assert request_rating(ticket=served(world, mobile=""), now=NOW) is None
    waiting = walked_in(world.dana, NOW, mobile=MOBILE)
    assert request_rating(ticket=waiting, now=NOW) is None
    assert not Rating.objects.exists()


def test_submit_rating_keeps_the_answer_with_history_and_event(world: World) -> None:
    token = asked(world)
    assert is_open(rating_by_token(token), LATER)

    submit(token)

    rating = rating_by_token(token)
    assert (rating.overall, rating.scores, rating.comment) == (4, {"speed": 5}, "Good")
    assert rating.submitted_at == LATER
    assert not is_open(rating, LATER)
    rows = History.objects.filter(subject_kind="rating").order_by("pk")
    states = list(rows.values_list("from_state", "to_state"))
    assert states == [("", "requested"), ("requested", "submitted")]
    assert OutboxEvent.objects.filter(kind="rating_submitted").count() == 1


def test_submit_rating_twice_is_refused_and_the_first_answer_stays(world: World) -> None:
    token = asked(world)
    submit(token)
    with pytest.raises(RatingClosed):
        submit(token, overall=1)
    assert Rating.objects.get().overall == 4
    assert (RatingClosed.code, RatingClosed.http_status) == ("rating_closed", 410)


def test_submit_rating_at_the_expiry_is_refused_and_just_before_taken(world: World) -> None:
    token = asked(world)
    expires_at = Rating.objects.get().expires_at
    with pytest.raises(RatingClosed):
        submit(token, now=expires_at)
    submit(token, now=expires_at - timedelta(microseconds=1))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"overall": 0}, "overall"),
        ({"overall": 6}, "overall"),
        ({"overall": True}, "overall"),
        ({"overall": "4"}, "overall"),
        ({"scores": {"speed": 0}}, "scores"),
        ({"scores": {"smell": 3}}, "scores"),
        ({"comment": "x" * 1001}, "comment"),
    ],
)
def test_submit_rating_refuses_what_is_no_rating(
    world: World, changes: dict[str, Any], field: str
) -> None:
    token = asked(world)
    with pytest.raises(Malformed) as refusal:
        submit(token, **changes)
    assert refusal.value.data == {"field": field}
    assert Rating.objects.get().submitted_at is None


def test_submit_rating_with_an_unknown_token_is_not_found(world: World) -> None:
    asked(world)
    with pytest.raises(NotFound):
        submit("unknown")


def test_ratings_summary_counts_the_days_requests_and_their_answers(world: World) -> None:
    for overall, scores in ((5, {"speed": 5}), (2, {"speed": 2, "quality": 3})):
        submit(asked(world), overall=overall, scores=scores, comment="")
    asked(world)

    summary = ratings_summary(world.dana, TODAY)

    assert (summary.requested, summary.submitted, summary.overall) == (3, 2, 3.5)
    assert (summary.scores, summary.comments) == ({"quality": 3.0, "speed": 3.5}, 0)
    assert ratings_summary(world.muharraq, TODAY).requested == 0
    assert ratings_summary(world.dana, TODAY + timedelta(days=1)).overall is None


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_many_answers_at_once_through_one_link_one_counts(transactional_db: None) -> None:
    Dimension.objects.create(code="speed", name={"ar": "x", "en": "x"})
    token = asked(make_world())
    start = threading.Barrier(8)
    outcomes: list[str] = []

    def answer(overall: int) -> None:
        try:
            start.wait()
            submit(token, overall=overall)
            outcomes.append("taken")
        except DomainError as refusal:
            outcomes.append(refusal.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=answer, args=(n % 5 + 1,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["rating_closed"] * 7 + ["taken"]
