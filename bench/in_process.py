"""The booking action, called in processes of its own with threads as clients, no web in between."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from itertools import count
from typing import Any

from choices import timed_choice
from measure import Slice
from world import Plan, centre_code, service_code


def prepare(
    *, world: Plan, clients: int, seconds: float, first: int, people: int, popular: bool, place: int
) -> Callable[[], Slice]:
    """Read the people; the function given back books until the time is over."""
    import django

    django.setup()
    from mawaeed.people.models import Person

    wanted = [world.fresh_person(first), world.fresh_person(first + people - 1)]
    persons = list(Person.objects.select_related("beneficiary").filter(pk__range=wanted))
    chance = random.Random(first)
    choices = [timed_choice(world, chance, popular=popular) for _ in persons]

    def go() -> Slice:
        turn = count()
        results = [Slice(1, seconds, [], Counter()) for _ in range(clients)]
        began = time.perf_counter()
        until = began + seconds
        threads = [
            threading.Thread(target=_client, args=(persons, choices, turn, until, result))
            for result in results
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        outcomes: Counter[str] = Counter()
        for result in results:
            outcomes.update(result.outcomes)
        latencies = [each for result in results for each in result.latencies]
        return Slice(clients, time.perf_counter() - began, latencies, outcomes)

    return go


def _client(persons: list[Any], choices: list[Any], turn: Any, until: float, result: Slice) -> None:
    from django.db import connection

    from mawaeed.kernel.clock import now
    from mawaeed.kernel.errors import DomainError

    while (began := time.perf_counter()) < until:
        number = next(turn)
        person, (centre, service, starts_at) = persons[number], choices[number]
        try:
            _book(person, centre, service, starts_at, now())
            outcome = "booked"
        except DomainError as refusal:
            outcome = refusal.code
        result.latencies.append(time.perf_counter() - began)
        result.outcomes[outcome] += 1
    connection.close()


def _book(person: Any, centre: int, service: int, starts_at: Any, now: Any) -> None:
    """As the API does it: with an idempotency key, whose row is part of every booking."""
    from mawaeed.api.appointment_shape import shaped_new
    from mawaeed.booking.actions import book_once
    from mawaeed.kernel.actor import Actor

    book_once(
        person=person,
        service_code=service_code(centre, service),
        centre_code=centre_code(centre),
        starts_at=starts_at,
        actor=Actor("person", person.pk, "api"),
        now=now,
        key=f"in-process-{person.pk}",
        body={"centre": centre, "service": service, "starts_at": starts_at.isoformat()},
        shape=lambda appointment: shaped_new(appointment, now),
    )
