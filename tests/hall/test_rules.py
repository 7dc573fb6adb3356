"""The hall's order, numbers and times, without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from mawaeed.hall import rules
from mawaeed.hall.rules import Change, Place, Rate

START = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
RATES = {
    "appointment": Rate(2.0, 0.0, 60),
    "walk_in": Rate(1.0, 0.0, 60),
    "priority": Rate(2.0, 30.0, 60),
}


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def place(ticket_id: int, priority_class: str, due: float) -> Place:
    return Place(ticket_id, priority_class, at(due))


rate = st.builds(
    Rate,
    per_minute=st.integers(0, 8).map(lambda value: value / 2),
    credit=st.integers(0, 60).map(float),
    ceiling_minutes=st.integers(0, 120).map(float),
)
any_rates = st.fixed_dictionaries(dict.fromkeys(rules.CLASSES, rate))
halls = st.lists(
    st.tuples(st.sampled_from(rules.CLASSES), st.integers(-30, 180)), min_size=1, max_size=25
).map(lambda rows: [place(index, name, due) for index, (name, due) in enumerate(rows)])


def heads_of(hall: list[Place]) -> list[Place]:
    found = []
    for name in rules.CLASSES:
        own = [item for item in hall if item.priority_class == name]
        if own:
            found.append(min(own, key=lambda item: (item.due_at, item.ticket_id)))
    return found


@given(halls, any_rates, st.integers(-30, 300))
def test_next_ticket_from_heads_equals_the_sorted_hall(
    hall: list[Place], rates: dict[str, Rate], minutes: int
) -> None:
    now = at(minutes)
    brute = sorted(hall, key=lambda item: rules.order_key(item, now, rates))
    assert rules.next_ticket(heads_of(hall), now, rates) == brute[0]


@given(halls, any_rates, st.integers(-30, 300))
def test_the_order_is_total(hall: list[Place], rates: dict[str, Rate], minutes: int) -> None:
    keys = {item: rules.order_key(item, at(minutes), rates) for item in hall}
    assert len(set(keys.values())) == len(hall)
    assert sorted(hall, key=keys.__getitem__) == sorted(hall[9:] + hall[:9], key=keys.__getitem__)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(rules.CLASSES), min_size=1, max_size=200),
    st.integers(0, 30),
    st.integers(0, 90),
    any_rates,
)
def test_nobody_starves_whatever_arrives(
    arrivals: list[str], older: int, ceiling: int, rates: dict[str, Rate]
) -> None:
    """One is served and one comes a minute, for ever in favour of others: past the ceiling only
    whoever was due before goes first."""
    rates = {name: Rate(item.per_minute, item.credit, ceiling) for name, item in rates.items()}
    waiting = [place(index, "appointment", 0) for index in range(older)]
    victim = place(older, "walk_in", 0)
    waiting.append(victim)
    bound = ceiling + older + 1
    for minute in range(1, bound + 1):
        chosen = rules.next_ticket(waiting, at(minute), rates)
        assert chosen is not None
        if chosen == victim:
            return
        waiting.remove(chosen)
        waiting.append(place(older + minute, arrivals[minute % len(arrivals)], minute))
    raise AssertionError(f"still waiting after {bound} minutes")


def test_next_ticket_of_an_empty_hall_is_none() -> None:
    assert rules.next_ticket([], START, RATES) is None


def test_score_grows_by_class_from_the_due_time() -> None:
    assert rules.score(place(1, "appointment", 0), at(10), RATES) == 20.0
    assert rules.score(place(1, "walk_in", 0), at(10), RATES) == 10.0
    assert rules.score(place(1, "priority", 0), at(10), RATES) == 50.0
    assert rules.score(place(1, "appointment", 15), at(10), RATES) == -10.0


def test_ticket_past_its_ceiling_goes_before_any_score() -> None:
    old = place(2, "walk_in", 0)
    favoured = place(1, "priority", 1)
    assert rules.next_ticket([old, favoured], at(60), RATES) == favoured
    assert rules.next_ticket([old, favoured], at(60.5), RATES) == old


def test_ties_go_by_due_time_then_id() -> None:
    first, second = place(1, "walk_in", 0), place(2, "walk_in", 0)
    assert rules.next_ticket([second, first], at(5), RATES) == first
    slow, fast = place(9, "walk_in", 0), place(3, "appointment", 5)
    assert rules.score(slow, at(10), RATES) == rules.score(fast, at(10), RATES)
    assert rules.next_ticket([fast, slow], at(10), RATES) == slow


def test_numbers_have_three_digits_then_four() -> None:
    given_numbers = [rules.number_text("A", number) for number in (1, 12, 999, 1000)]
    assert given_numbers == ["A001", "A012", "A999", "A1000"]


def test_due_time_is_the_later_of_booked_start_and_check_in() -> None:
    assert rules.due_time(at(30), at(0)) == at(30)
    assert rules.due_time(at(30), at(40)) == at(40)


def test_late_begins_after_the_grace() -> None:
    assert not rules.is_late(at(0), at(15), 15)
    assert rules.is_late(at(0), at(15) + timedelta(seconds=1), 15)


def test_promise_ends_with_its_last_minute() -> None:
    assert rules.is_within_promise(at(0), at(30), 30)
    assert not rules.is_within_promise(at(0), at(30) + timedelta(seconds=1), 30)


def test_times_add_up_every_leg() -> None:
    changes = [
        Change(at(0), "waiting"),
        Change(at(10), "called"),
        Change(at(11), "called"),
        Change(at(12), "serving"),
        Change(at(20), "parked"),
        Change(at(30), "waiting"),
        Change(at(34), "called"),
        Change(at(35), "serving"),
        Change(at(40), "served"),
    ]
    spent = rules.time_in_states(changes, at(99))
    minutes = {state: time.total_seconds() / 60 for state, time in spent.items()}
    assert minutes == {"waiting": 14, "called": 3, "serving": 13, "parked": 10}


def test_time_of_an_open_state_counts_up_to_now() -> None:
    spent = rules.time_in_states([Change(at(0), "waiting")], at(7))
    assert spent["waiting"] == timedelta(minutes=7)


BACK_FROM_THE_END = ("reactivate", "take_back_miss", "take_back_excuse", "take_back_finish")


def test_every_transition_uses_known_words_and_every_open_state_can_end() -> None:
    for (state, verb), target in rules.TICKET_TRANSITIONS.items():
        assert state in rules.OPEN or verb in BACK_FROM_THE_END
        assert verb in rules.VERBS
        assert target in rules.STATES
    assert {verb for _, verb in rules.TICKET_TRANSITIONS} == set(rules.VERBS)
    closable = {state for state, verb in rules.TICKET_TRANSITIONS if verb == "close"}
    assert closable == set(rules.OPEN)
