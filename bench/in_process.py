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

    crowd = _Crowd(persons, choices, clients)
    return lambda: crowd.go(seconds)


class _Crowd:
    """Threads with warm connections: each has booked once before the time begins."""

    def __init__(self, persons: list[Any], choices: list[Any], clients: int) -> None:
        self.persons, self.choices, self.turn = persons, choices, count()
        self.until = 0.0
        self.start = threading.Barrier(clients + 1)
        self.results = [Slice(1, 0.0, [], Counter()) for _ in range(clients)]
        self.threads = [
            threading.Thread(target=self._client, args=(result,)) for result in self.results
        ]
        for thread in self.threads:
            thread.start()
        self.start.wait()  # everybody is warm

    def go(self, seconds: float) -> Slice:
        """Book until the time is over."""
        began = time.perf_counter()
        self.until = began + seconds
        self.start.wait()
        for thread in self.threads:
            thread.join()
        outcomes: Counter[str] = Counter()
        for result in self.results:
            outcomes.update(result.outcomes)
        latencies = [each for result in self.results for each in result.latencies]
        return Slice(len(self.threads), time.perf_counter() - began, latencies, outcomes)

    def _client(self, result: Slice) -> None:
        from django.db import connection

        self._once()
        self.start.wait()
        self.start.wait()
        while (began := time.perf_counter()) < self.until:
            outcome = self._once()
            result.latencies.append(time.perf_counter() - began)
            result.outcomes[outcome] += 1
        connection.close()

    def _once(self) -> str:
        from mawaeed.kernel.clock import now
        from mawaeed.kernel.errors import DomainError

        number = next(self.turn)
        centre, service, starts_at = self.choices[number]
        try:
            _book(self.persons[number], centre, service, starts_at, now())
        except DomainError as refusal:
            return refusal.code
        return "booked"


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
