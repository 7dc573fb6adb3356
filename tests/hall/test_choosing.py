"""The choice at a counter, against a sort of the whole hall; no database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mawaeed.hall import rules
from mawaeed.hall.choosing import (
    Candidate,
    IdleCounter,
    choose_counter,
    choose_ticket,
    may_serve,
)
from mawaeed.hall.profiles import AlsoPool, CounterRules, Kinds, KindsRatio, turn_of
from mawaeed.hall.rules import CLASSES, Rate

START = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
OWN, OTHER = 1, 2
OFFERINGS = (10, 11, 12)
RATES = {
    "appointment": Rate(2.0, 0.0, 60),
    "walk_in": Rate(1.0, 0.0, 60),
    "priority": Rate(2.0, 30.0, 60),
}


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def ticket(number: int, name: str = "walk_in", due: float = 0, **more: Any) -> Candidate:
    more.setdefault("offering_id", 10)
    more.setdefault("pool_id", OWN)
    return Candidate(number, name, at(due), **more)


APPOINTMENTS, WALK_INS = (Kinds(classes=frozenset({name})) for name in ("appointment", "walk_in"))
kinds = st.builds(
    Kinds,
    st.none() | st.frozensets(st.sampled_from(OFFERINGS), min_size=1),
    st.frozensets(st.sampled_from(CLASSES), min_size=1),
)
ratios = st.tuples(kinds, st.integers(1, 3), kinds, st.integers(1, 3)).map(
    lambda parts: KindsRatio(*parts)
)
alsos = st.builds(
    AlsoPool,
    st.just(OTHER),
    st.sampled_from(("always", "own_empty", "after")),
    st.integers(1, 60),
).map(lambda also: also if also.when == "after" else replace(also, minutes=0))
profiles = st.builds(
    CounterRules,
    pool_id=st.just(OWN),
    only=st.just(Kinds()) | kinds,
    ratio=st.none() | ratios,
    oldest_first_minutes=st.none() | st.integers(1, 80),
    also=st.just(()) | st.tuples(alsos),
    flexibility=st.just(9),
)
rows = st.tuples(
    st.sampled_from(CLASSES),
    st.integers(-30, 180),
    st.sampled_from(OFFERINGS),
    st.sampled_from((OWN, OTHER)),
    st.integers(0, 9).map(lambda chance: chance == 0),
)
halls = st.lists(rows, max_size=30).map(
    lambda found: [
        ticket(index, name, due, offering_id=offering, pool_id=pool, sent_here=sent)
        for index, (name, due, offering, pool, sent) in enumerate(found)
    ]
)
last = st.lists(st.tuples(st.sampled_from(OFFERINGS), st.sampled_from(CLASSES)), max_size=5)
idle = st.lists(st.builds(IdleCounter, st.integers(1, 9), profiles), max_size=2)


def heads_of(hall: list[Candidate]) -> list[Candidate]:
    """The first of each pool, offering and class, and everybody sent here."""
    found = {}
    for each in sorted(hall, key=lambda one: (one.due_at, one.ticket_id), reverse=True):
        key = each.ticket_id if each.sent_here else (each.pool_id, each.offering_id)
        found[key, each.priority_class] = each
    return list(found.values())


def brute(
    hall: list[Candidate],
    now: datetime,
    profile: CounterRules,
    calls: list[tuple[int, str]],
    narrower: list[IdleCounter],
) -> Candidate | None:
    """The conditions one by one, in words of the documentation, on the sorted hall."""

    def minutes(each: Candidate) -> float:
        return (now - each.due_at).total_seconds() / 60

    def covers(side: Kinds, each: Candidate) -> bool:
        return side.covers(each.offering_id, each.priority_class)

    also = profile.also[0] if profile.also else None
    mine = [e for e in hall if e.sent_here or (covers(profile.only, e) and e.pool_id == OWN)]
    theirs = [
        e
        for e in hall
        if not e.sent_here and covers(profile.only, e) and e.pool_id == OTHER and also is not None
    ]
    if also is not None and also.when == "own_empty":
        able = mine or theirs
    else:
        wait = also.minutes if also is not None and also.when == "after" else -999
        able = mine + [each for each in theirs if minutes(each) >= wait]
    limit = min(60, profile.oldest_first_minutes or 60)
    over = sorted((e for e in able if minutes(e) > limit), key=lambda e: (e.due_at, e.ticket_id))
    if over:
        return over[0]
    able.sort(key=lambda each: rules.order_key(each, now, RATES))
    if profile.ratio is not None:
        first, then = profile.ratio.first, profile.ratio.second
        if turn_of(profile.ratio, calls) == "then":
            first, then = then, first
        if any(covers(first, each) for each in able):
            able = [each for each in able if not covers(then, each)]
    if not able:
        return None
    left = [
        each
        for each in able
        if each.priority_class == able[0].priority_class
        and (each.sent_here or not any(may_serve(one.rules, each, now) for one in narrower))
    ]
    return (left or able)[0]


@settings(max_examples=400, deadline=None)
@given(halls, profiles, last, idle, st.integers(-30, 240))
def test_the_choice_from_heads_is_that_of_the_sorted_hall(
    hall: list[Candidate],
    profile: CounterRules,
    calls: list[tuple[int, str]],
    narrower: list[IdleCounter],
    minute: int,
) -> None:
    now = at(minute)
    chosen = choose_ticket(heads_of(hall), now, RATES, profile, calls, narrower=narrower)
    assert chosen == brute(hall, now, profile, calls, narrower)
    assert chosen == choose_ticket(hall, now, RATES, profile, calls, narrower=narrower)


@settings(max_examples=100, deadline=None)
@given(halls, st.integers(-30, 240))
def test_without_a_profile_it_is_the_score_alone(hall: list[Candidate], minute: int) -> None:
    now = at(minute)
    best = sorted(hall, key=lambda each: rules.order_key(each, now, RATES))
    assert choose_ticket(heads_of(hall), now, RATES) == (best[0] if best else None)


def test_two_appointments_for_one_walk_in() -> None:
    ratio = KindsRatio(APPOINTMENTS, 2, WALK_INS, 1)
    profile = CounterRules(OWN, ratio=ratio)
    hall = [ticket(index, CLASSES[index % 2], index / 100) for index in range(12)]
    calls: list[tuple[int, str]] = []
    while (one := choose_ticket(hall, at(5), RATES, profile, calls)) is not None:
        hall.remove(one)
        calls.insert(0, (one.offering_id, one.priority_class))
    order = "".join(name[0] for _, name in reversed(calls))
    assert order == "aawaawaawwww"  # the rest when no appointment waits any more


def test_nobody_past_the_ceiling_waits_for_a_ratio() -> None:
    profile = CounterRules(OWN, ratio=KindsRatio(APPOINTMENTS, 2, WALK_INS, 1))
    late, fresh = ticket(1, "walk_in", -61), ticket(2, "appointment", -5)
    assert choose_ticket([late, fresh], START, RATES, profile) == late
    assert choose_ticket([replace(late, due_at=at(-60)), fresh], START, RATES, profile) == fresh


def test_whoever_asked_for_more_time_is_passed_over_until_then() -> None:
    away, other = ticket(1, not_before=at(5)), ticket(2, due=1)
    assert choose_ticket([away, other], at(4.9), RATES) == other
    assert choose_ticket([away, other], at(5), RATES) == away


def test_a_flexible_counter_leaves_to_an_idle_narrower_one_what_that_may_call() -> None:
    flexible = CounterRules(OWN, also=(AlsoPool(OTHER),), flexibility=6)
    narrow = IdleCounter(2, CounterRules(OTHER, flexibility=3))
    theirs = ticket(1, due=-20, pool_id=OTHER)
    mine = ticket(2, due=-10)
    booked = ticket(3, "appointment", due=-9)

    def chosen(*hall: Candidate) -> Candidate | None:
        return choose_ticket(hall, START, RATES, flexible, narrower=[narrow])

    assert chosen(theirs, mine) == mine
    assert choose_ticket([theirs, mine], START, RATES, flexible) == theirs
    assert chosen(theirs) == theirs  # rather than nobody
    assert chosen(theirs, booked) == theirs  # another class is not its equal
    assert chosen(replace(theirs, due_at=at(-61)), mine) == replace(theirs, due_at=at(-61))
    assert chosen(replace(theirs, sent_here=True), mine) == replace(theirs, sent_here=True)


def test_the_least_flexible_idle_counter_is_preferred() -> None:
    wide = IdleCounter(1, CounterRules(OWN, flexibility=9), at(-9))
    narrow = IdleCounter(2, CounterRules(OWN, only=WALK_INS, flexibility=3), at(-1))
    waited = IdleCounter(3, CounterRules(OWN, only=WALK_INS, flexibility=3), at(-5))
    other = IdleCounter(4, CounterRules(OTHER, flexibility=1))
    everybody = [wide, narrow, waited, other]
    assert choose_counter(everybody, ticket(1), START) == waited
    assert choose_counter(everybody, ticket(1, "appointment"), START) == wide
    assert choose_counter([other], ticket(1), START) is None
