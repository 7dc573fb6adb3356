"""Simulations of a live hall against what is known without them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mawaeed.hall.choosing import Candidate, choose_ticket
from mawaeed.hall.estimates.line import Mean
from mawaeed.hall.profiles import AlsoPool, CounterRules, Kinds
from mawaeed.hall.rules import Rate
from mawaeed.hall.waits.pace import Pace, Stay, multiples, pace_from
from mawaeed.hall.waits.simulated import TURN_AROUND, Waits, simulated_waits
from mawaeed.hall.waits.snapshot import Desk, Expected, Planned, Queued, Snapshot

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
RATES = {
    "appointment": Rate(2.0, 0.0, 60.0),
    "walk_in": Rate(1.0, 0.0, 60.0),
    "priority": Rate(2.0, 30.0, 60.0),
}
MINUTES = 10.0
POOL, OFFERING = 1, 1


def queued(number: int, priority_class: str = "walk_in", *, ago: float = 0.0) -> Queued:
    due = NOW - timedelta(minutes=ago) + timedelta(milliseconds=number)
    return Queued(number, POOL, priority_class, due, OFFERING, due)


def hall(waiting: list[Queued], desks: int | list[Desk] = 1, **more: object) -> Snapshot:
    plain = Snapshot(
        now=NOW,
        rates=RATES,
        waiting=waiting,
        desks=[Desk(one, POOL, one) for one in range(1, desks + 1)]
        if isinstance(desks, int)
        else desks,
        expected=[],
        planned=[],
        pace=Pace(),
        planned_minutes={OFFERING: MINUTES, 2: MINUTES},
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def mean(waits: Waits) -> float:
    return sum(waits.minutes) / len(waits.minutes)


def test_a_line_at_one_counter_waits_the_sum_of_the_visits_before() -> None:
    found = simulated_waits(hall([queued(number) for number in range(1, 21)]), 200)
    expected = [place * (MINUTES + TURN_AROUND) for place in range(20)]
    assert [mean(found[place + 1]) for place in range(20)] == pytest.approx(expected, abs=0.35)
    # Visits are independent: the variance of the wait is the sum of theirs.
    last = found[20].minutes
    spread = sum((each - mean(found[20])) ** 2 for each in last) / len(last)
    one = sum((MINUTES * each - MINUTES) ** 2 for each in multiples(200, 0.203)) / 200
    assert spread == pytest.approx(19 * one, rel=0.25)


def test_counters_side_by_side_halve_the_wait() -> None:
    waiting = [queued(number) for number in range(1, 62)]
    one = mean(simulated_waits(hall(waiting), 100)[61])
    three = mean(simulated_waits(hall(waiting, desks=3), 100)[61])
    assert three == pytest.approx(one / 3, rel=0.05)


def test_the_dispatcher_decides_who_is_called_first() -> None:
    waiting = [
        queued(1, ago=20),
        queued(2, "appointment", ago=15),
        queued(3, "priority"),
        queued(4, ago=70),
    ]
    found = simulated_waits(hall(waiting), 50)
    order = sorted(found, key=lambda ticket: mean(found[ticket]))
    left = list(waiting)
    called: list[int] = []
    while left:  # at the moments of the mean run, which is close enough for these
        at = NOW + timedelta(minutes=len(called) * (MINUTES + TURN_AROUND))
        candidates = [Candidate(each.ticket_id, each.priority_class, each.due_at) for each in left]
        chosen = choose_ticket(candidates, at, RATES)
        assert chosen is not None
        called.append(chosen.ticket_id)
        left = [each for each in left if each.ticket_id != chosen.ticket_id]
    assert order == called == [4, 2, 3, 1]


def test_the_same_hall_gives_the_same_answer_and_seconds_later_nearly_so() -> None:
    waiting = [queued(number, ago=number) for number in range(1, 30)]
    busy = [Desk(1, POOL, 1, OFFERING, NOW - timedelta(minutes=3))]
    first = simulated_waits(hall(waiting, desks=busy), 100)
    later = replace(hall(waiting, desks=busy), now=NOW + timedelta(seconds=20))
    second = simulated_waits(later, 100)
    assert simulated_waits(hall(waiting, desks=busy), 100) == first
    moved = [
        first[ticket].quantile(level) - second[ticket].quantile(level)
        for ticket in first
        for level in (0.5, 0.9)
    ]
    assert max(abs(each - 1 / 3) for each in moved) < 1.0


def test_what_a_counter_may_not_call_is_left_to_others_or_out() -> None:
    only_two = CounterRules(POOL, only=Kinds(frozenset({2})))
    desks = [Desk(1, POOL, 11, rules=only_two)]
    other = replace(queued(2), offering_id=2)
    assert set(simulated_waits(hall([queued(1), other], desks=desks), 10)) == {2}
    elsewhere = replace(queued(3), wanted_counter_id=2)
    two = [Desk(1, POOL, 11), Desk(2, POOL, 12, OFFERING, NOW)]
    sent = simulated_waits(hall([elsewhere, queued(4)], desks=two), 50)
    assert mean(sent[3]) > MINUTES * 0.8
    assert mean(sent[4]) < 1
    gone = simulated_waits(hall([elsewhere, queued(4)], desks=two[:1]), 50)
    assert mean(gone[3]) < 1


def test_appointments_to_come_push_a_walk_in_back_and_a_closed_hall_waits_for_its_opening() -> None:
    waiting = [queued(number) for number in range(1, 9)]
    coming = [Expected(n, POOL, OFFERING, NOW + timedelta(minutes=10 * n)) for n in range(1, 9)]
    alone = simulated_waits(hall(waiting), 100)
    among = simulated_waits(hall(waiting, expected=coming), 100)
    assert mean(among[8]) > mean(alone[8]) + 1.5 * MINUTES
    opening = [Planned(POOL, NOW + timedelta(minutes=25), 1)]
    early = simulated_waits(hall(waiting, desks=[], planned=opening), 100)
    assert mean(early[1]) == pytest.approx(25, abs=0.5)


def test_pace_is_drawn_from_plan_to_centre_to_service_to_counter() -> None:
    pace = Pace()
    assert pace.minutes(1, 1, 10) == 10
    for _ in range(60):
        pace.add(Stay(1, 1, 10, 15))
    assert 14 < pace.minutes(1, None, 10) < 15
    assert 12 < pace.minutes(2, None, 10) < pace.minutes(1, None, 10)
    pace.add(Stay(1, 1, 10, 500))  # forgotten at the counter
    assert pace.centre.count == 60
    kept = pace_from(pace.as_json())
    assert (kept.centre.count, kept.services[1]) == (40, Mean(40, 60.0))


def test_one_ticket_alone_waits_exactly_as_among_all() -> None:
    """Three pools: one counter calls of two of them, somebody is sent from the third to it."""
    waiting = [
        replace(queued(number, ago=number % 7), pool_id=1 + number % 3) for number in range(24)
    ]
    waiting.append(replace(queued(30), pool_id=3, wanted_counter_id=1))
    flexible = CounterRules(1, also=(AlsoPool(2, "always"),))
    desks = [
        Desk(1, 1, 11, OFFERING, NOW - timedelta(minutes=2), rules=flexible),
        Desk(2, 2, 12, rules=CounterRules(2)),
        Desk(3, 3, 13, rules=CounterRules(3)),
    ]
    coming = [
        Expected(n, 1 + n % 3, OFFERING, NOW + timedelta(minutes=4 * n)) for n in range(1, 40)
    ]
    busy = hall(waiting, desks, expected=coming, priority_arrivals={1: 0.05, 3: 0.02})
    apart = replace(busy, desks=desks[1:])  # pools that nothing connects
    for one in (busy, apart):
        together = simulated_waits(one, 40)
        alone: dict[int, Waits] = {}
        for ticket in waiting:
            alone |= simulated_waits(one, 40, ticket.ticket_id)
        assert alone == together
    assert len(simulated_waits(busy, 40)) == len(waiting)
