"""The rule that calls people gives the mean waits that theory knows.

The longer form, with every figure within two percent: `mawaeed estimates theory`.
"""

import heapq
import random
from dataclasses import replace

import pytest

from mawaeed.hall.estimates.proof import Hall, arrivals_of, compare, known_halls
from mawaeed.hall.estimates.simulation import Arrival, Called, simulate
from mawaeed.hall.estimates.theory import (
    mean_wait_mg1,
    mean_wait_mmc,
    mean_waits_accumulating,
    mean_waits_priority,
)
from mawaeed.hall.rules import Rate

HALLS = known_halls()
IN_ORDER = [hall for hall in HALLS if not hall.classes]
BY_CLASS = [hall for hall in HALLS if hall.classes]


def name_of(hall: Hall) -> str:
    return hall.name


def test_theory_gives_the_published_figures() -> None:
    figures = [
        *mean_waits_accumulating(1, (0.3, 0.5), 1, (2, 1)),
        *mean_waits_accumulating(1, (0.3, 0.5), 1, (4, 1)),
        *mean_waits_priority(1, (0.3, 0.5), 1),
        *mean_waits_accumulating(5, (0.1, 0.35), 0.1, (2, 1)),
    ]
    assert figures == pytest.approx(
        [2.8235, 4.7059, 2.0645, 5.1613, 1.1429, 5.7143, 9.3194, 16.9443], abs=5e-5
    )
    assert mean_wait_mmc(1, 0.5, 1) == pytest.approx(1)
    assert mean_wait_mg1(0.5, 1, 1) == pytest.approx(0.5)


@pytest.mark.parametrize("hall", BY_CLASS, ids=name_of)
def test_dispatcher_gives_each_class_the_wait_of_theory(hall: Hall) -> None:
    for each in compare(hall, tickets=40_000, seed=7):
        assert each.errors_off <= 3, each
        assert each.share_off <= 0.02, each


@pytest.mark.parametrize("hall", IN_ORDER, ids=name_of)
def test_dispatcher_of_one_class_gives_the_wait_of_theory(hall: Hall) -> None:
    for each in compare(hall, tickets=40_000, seed=7):
        assert each.errors_off <= 3, each


def test_comparison_finds_a_dispatcher_that_favours_the_wrong_class() -> None:
    hall = BY_CLASS[1]
    wrong = replace(hall, rates={"priority": Rate(1.0), "walk_in": Rate(1.0)})

    assert not any(each.holds() for each in compare(wrong, tickets=20_000, seed=7))


@pytest.mark.parametrize("hall", IN_ORDER, ids=name_of)
def test_one_class_is_called_as_kiefer_and_wolfowitz_say_ticket_by_ticket(hall: Hall) -> None:
    arrivals = list(arrivals_of(hall, 2000, random.Random(3)))
    chance = random.Random(4)
    served = [hall.service(chance) for _ in arrivals]

    found = list(
        simulate(
            arrivals,
            lambda called: served[called.ticket_id],
            counters=hall.counters,
            rates=hall.rates,
        )
    )

    free = [0.0] * hall.counters
    expected = []
    for arrival, minutes in zip(arrivals, served, strict=True):
        called_at = max(arrival.at, heapq.heappop(free))
        heapq.heappush(free, called_at + minutes)
        expected.append(called_at)
    assert [each.called_at for each in found] == pytest.approx(expected)


def test_simulation_calls_everybody_once_and_nobody_early() -> None:
    rates = {"priority": Rate(2.0, ceiling_minutes=5), "walk_in": Rate(1.0, ceiling_minutes=5)}
    arrivals = [Arrival(at / 2, "priority" if at % 3 else "walk_in") for at in range(60)]
    busy: list[tuple[float, float]] = []

    def minutes(called: Called) -> float:
        busy.append((called.called_at, called.called_at + 1.3))
        return 1.3

    found = list(simulate(arrivals, minutes, counters=2, rates=rates))

    assert sorted(each.ticket_id for each in found) == list(range(60))
    assert all(each.wait >= 0 for each in found)
    assert all(sum(a <= start < b for a, b in busy) <= 2 for start, _ in busy)
