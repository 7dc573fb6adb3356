import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest

from mawaeed.kernel import idempotency
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.clock import real_now
from mawaeed.kernel.errors import KeyReused, Malformed, Stale
from mawaeed.kernel.idempotency import forget_old_keys, once
from mawaeed.kernel.models import IdempotencyKey

pytestmark = pytest.mark.django_db

ANN, BOB = Actor("person", 1), Actor("person", 2)


class Writes:
    """Counts how often the effect happened."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> dict[str, Any]:
        self.count += 1
        return {"number": self.count}


def test_a_repeat_gets_the_first_success() -> None:
    write = Writes()
    answers = [once(actor=ANN, key="k", body={"a": 1}, write=write) for _ in range(3)]
    assert answers == [{"number": 1}] * 3
    assert write.count == 1


def test_keys_belong_to_their_actor() -> None:
    write = Writes()
    once(actor=ANN, key="k", body={}, write=write)
    assert once(actor=BOB, key="k", body={}, write=write) == {"number": 2}


def test_what_was_asked_cannot_be_found_by_trying() -> None:
    body = {"personal_number": "900100000"}
    once(actor=ANN, key="k", body=body, write=Writes())
    guessed = hashlib.sha256(json.dumps(body).encode()).hexdigest()
    assert IdempotencyKey.objects.get().body_hash != guessed


def test_another_body_under_the_same_key_is_refused() -> None:
    once(actor=ANN, key="k", body={"a": 1}, write=Writes())
    with pytest.raises(KeyReused):
        once(actor=ANN, key="k", body={"a": 2}, write=Writes())


def test_a_refusal_is_not_kept() -> None:
    def refuse() -> dict[str, Any]:
        raise Stale

    with pytest.raises(Stale):
        once(actor=ANN, key="k", body={}, write=refuse)
    assert once(actor=ANN, key="k", body={}, write=Writes()) == {"number": 1}


@pytest.mark.parametrize("key", ["", "x" * 81])
def test_a_key_that_cannot_be_kept_is_refused(key: str) -> None:
    with pytest.raises(Malformed):
        once(actor=ANN, key=key, body={}, write=Writes())


def test_a_key_is_free_again_after_a_day() -> None:
    write = Writes()
    once(actor=ANN, key="k", body={"a": 1}, write=write)
    IdempotencyKey.objects.update(
        created_at=real_now() - idempotency.KEPT_FOR - timedelta(seconds=1)
    )
    assert once(actor=ANN, key="k", body={"a": 2}, write=write) == {"number": 2}
    assert forget_old_keys() == 0
