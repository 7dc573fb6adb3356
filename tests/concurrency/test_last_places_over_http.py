"""The last places through the real server, with the tokens and keys that clients have."""

from __future__ import annotations

import http.client
import json
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from mawaeed.availability.models import Interval
from mawaeed.booking.ledger import ledger_differences
from mawaeed.booking.models import Appointment
from mawaeed.kernel.clock import real_now
from mawaeed.kernel.identifiers import digest, new_token
from mawaeed.kernel.models import DemoClock
from mawaeed.people.models import Person, SignIn
from running_site import RunningSite, served_test_database
from small_world import NOW, local, make_person, make_world

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

START = local(9, days=1)
PATIENCE_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and what came with it."""

    status: int
    body: dict[str, object]

    @property
    def outcome(self) -> tuple[int, object]:
        """The status and, for a refusal, its code."""
        return self.status, self.body.get("code")


@pytest.fixture
def site() -> Iterator[RunningSite]:
    """The server over the test's own database, in which it is eight in the small world."""
    DemoClock.objects.create(real_at=real_now(), shown_at=NOW)
    with served_test_database(MAWAEED_DEMO="1") as running:
        yield running


def signed_in(people: list[Person]) -> list[str]:
    """A token for each, as signing in leaves it."""
    tokens = [new_token() for _ in people]
    moment = real_now()
    SignIn.objects.bulk_create(
        SignIn(
            token_hash=digest(token),
            person=person,
            created_at=moment,
            last_used_at=moment,
            expires_at=moment + timedelta(hours=1),
        )
        for token, person in zip(tokens, people, strict=True)
    )
    return tokens


def book_at_once(site: RunningSite, clients: list[tuple[str, str]]) -> list[Answer]:
    """Every client (token, idempotency key) asks for the same start, each on its own connection."""
    barrier = threading.Barrier(len(clients))
    answers: list[Answer] = []
    troubles: list[Exception] = []
    wanted = {"service": "renewal", "centre": "dana", "starts_at": START.isoformat()}

    def ask(token: str, key: str) -> None:
        connection = http.client.HTTPConnection(urlsplit(site.url).netloc, timeout=PATIENCE_SECONDS)
        try:
            connection.connect()
            barrier.wait(PATIENCE_SECONDS)
            connection.request(
                "POST",
                "/api/v1/appointments",
                json.dumps(wanted),
                {
                    "Authorization": f"Bearer {token}",
                    "Content-Type": "application/json",
                    "Idempotency-Key": key,
                },
            )
            answer = connection.getresponse()
            answers.append(Answer(answer.status, json.loads(answer.read())))
        except (OSError, http.client.HTTPException, ValueError) as error:
            troubles.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=client) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert troubles == []
    return answers


def test_200_clients_for_the_last_20_places_book_20(site: RunningSite) -> None:
    make_world(places=20, days=2)
    tokens = signed_in([make_person(serial) for serial in range(200)])
    answers = book_at_once(site, [(token, new_token()) for token in tokens])
    outcomes = Counter(answer.outcome for answer in answers)
    assert outcomes == {(201, None): 20, (409, "slot_taken"): 180}
    assert Appointment.objects.filter(state="booked", starts_at=START).count() == 20
    assert Interval.objects.get(pool__centre__code="dana", starts_at=START).taken_public == 20
    assert ledger_differences() == []


def test_one_key_sent_10_times_at_once_books_once(site: RunningSite) -> None:
    make_world(places=20, days=2)
    [token] = signed_in([make_person(1)])
    answers = book_at_once(site, [(token, "the same key")] * 10)
    successes = [answer.body for answer in answers if answer.status == 201]
    refusals = {answer.outcome for answer in answers if answer.status != 201}
    assert Appointment.objects.count() == 1
    assert len(successes) >= 1
    assert successes == [successes[0]] * len(successes)
    assert refusals <= {(409, "in_progress")}
    assert len(answers) == 10
    assert ledger_differences() == []


def test_ten_keys_of_one_person_at_once_book_once(site: RunningSite) -> None:
    make_world(places=20, days=2)
    [token] = signed_in([make_person(1)])
    answers = book_at_once(site, [(token, new_token()) for _ in range(10)])
    outcomes = Counter(answer.outcome for answer in answers)
    assert outcomes == {(201, None): 1, (409, "already_booked"): 9}
    assert Appointment.objects.count() == 1
    assert ledger_differences() == []
