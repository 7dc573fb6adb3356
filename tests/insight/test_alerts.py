"""What a supervisor hears of and what is suggested: values only."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mawaeed.insight.alerts import (
    Alert,
    Desk,
    PoolNow,
    Suggestion,
    Thresholds,
    Waiter,
    alerts_of,
    loan_until,
    told_minutes,
)
from mawaeed.insight.kept_away import kept_away_alerts
from mawaeed.insight.traffic import Step, through_counters
from small_world import local

LICENCES, PASSPORTS = 1, 2
LIMITS = Thresholds(
    people=5,
    wait=timedelta(minutes=30),
    service_percent=200,
    idle=timedelta(minutes=10),
    delay=timedelta(minutes=20),
)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def waiters(*waited: int, pool: int = LICENCES, overdue: int | None = None) -> list[Waiter]:
    late = None if overdue is None else minutes(overdue)
    return [Waiter(f"A{n:03}", pool * 10, pool, minutes(n), late) for n in waited]


def desk(number: int, pool: int = LICENCES, **more: Any) -> Desk:
    return Desk(counter_id=100 + number, number=number, pool_id=pool, **more)


def idle(number: int, pool: int = PASSPORTS, since: int = 3, **more: Any) -> Desk:
    return desk(number, pool, clerk="Sara", idle_for=minutes(since), lendable=True, **more)


def looked(
    waiting: list[Waiter], desks: list[Desk], pools: tuple[PoolNow, ...] = ()
) -> list[Alert]:
    known = pools or (PoolNow(LICENCES), PoolNow(PASSPORTS))
    return alerts_of(waiting, desks, known, LIMITS)


def test_below_every_threshold_nothing_is_said() -> None:
    busy = desk(1, clerk="Ali", serving="A900", served_for=minutes(19), planned=minutes(10))
    assert looked(waiters(29, 2, 3, 4), [busy, idle(2, since=9)]) == []


@pytest.mark.parametrize(
    ("waited", "tone", "many", "long", "limit"),
    [
        ((1, 2, 3, 4, 5), "warning", True, False, 5),
        ((30,), "danger", False, True, 30),
        ((1, 2, 3, 4, 31), "danger", True, True, 30),
    ],
)
def test_a_group_is_heard_of_once_with_its_figures(
    waited: tuple[int, ...], tone: str, many: bool, long: bool, limit: int
) -> None:
    (alert,) = looked(waiters(*waited), [desk(1, clerk="Ali")])
    assert (alert.kind, alert.tone, alert.group_id) == ("waiting", tone, 10)
    assert (alert.people, alert.minutes) == (len(waited), max(waited))
    assert (alert.too_many, alert.too_long, alert.limit) == (many, long, limit)
    assert alert.number == f"A{max(waited):03}"
    assert alert.suggestion is None  # every counter is at work


def test_an_idle_clerk_is_lent_before_a_closed_counter_is_asked_for() -> None:
    closed = desk(1)
    (alert,) = looked(waiters(40), [closed, idle(2, since=3), idle(3, since=8)])
    assert alert.suggestion == Suggestion("lend", LICENCES, 103, 3, "Sara")


@pytest.mark.parametrize(
    "unfit",
    [
        desk(2, PASSPORTS, clerk="Sara", idle_for=minutes(9)),  # its own pool needs it
        desk(2, PASSPORTS, clerk="Sara", on_break=True, lendable=True),
    ],
)
def test_who_cannot_be_lent_is_not(unfit: Desk) -> None:
    (alert,) = looked(waiters(40), [desk(1), unfit])
    assert alert.suggestion == Suggestion("ask", LICENCES, 101, 1)


def test_a_counter_with_people_of_its_own_is_not_lent() -> None:
    waiting = [*waiters(40), *waiters(1, pool=PASSPORTS)]
    (alert,) = looked(waiting, [desk(1), idle(2)])
    assert alert.suggestion is not None
    assert alert.suggestion.verb == "ask"


def test_nobody_is_lent_or_asked_for_while_a_counter_there_is_free() -> None:
    (alert,) = looked(waiters(40), [desk(1), idle(4, LICENCES), idle(2)])
    assert (alert.suggestion, alert.free) == (None, 4)


def test_what_was_asked_for_is_said_and_not_asked_again() -> None:
    asked = desk(1, asked_at=local(9))
    (alert,) = looked(waiters(40), [asked, desk(4)])
    assert alert.asked == (1, local(9))
    assert alert.suggestion is None
    (opened,) = looked(waiters(40), [desk(1, clerk="Ali", asked_at=local(9))])
    assert opened.asked is None


def test_two_groups_of_one_pool_ask_for_two_counters() -> None:
    other = [Waiter("B001", 11, LICENCES, minutes(40), None)]
    said = looked([*waiters(45), *other], [desk(1), desk(2)])
    assert [alert.suggestion for alert in said] == [
        Suggestion("ask", LICENCES, 101, 1),
        Suggestion("ask", LICENCES, 102, 2),
    ]


def test_one_counter_is_suggested_once_and_to_the_longest_wait() -> None:
    third = 3
    waiting = [*waiters(31), *waiters(45, pool=third)]
    first, second = looked(waiting, [idle(2, since=20)], (PoolNow(LICENCES), PoolNow(third)))
    assert first.suggestion == Suggestion("lend", third, 102, 2, "Sara")
    assert second.suggestion is None


def test_those_to_come_are_told_of_a_delay_in_full_five_minutes() -> None:
    late = waiters(25, overdue=24)
    (alert,) = looked(late, [desk(1, clerk="Ali")], (PoolNow(LICENCES, coming=7),))
    assert (alert.kind, alert.minutes, alert.limit) == ("late", 24, 20)
    assert alert.suggestion == Suggestion("warn", LICENCES, people=7, minutes=20)
    assert looked(late, [desk(1, clerk="Ali")], (PoolNow(LICENCES, coming=0),)) == []
    in_time = waiters(25, overdue=19)
    assert looked(in_time, [desk(1, clerk="Ali")], (PoolNow(LICENCES, coming=7),)) == []


def test_the_warning_is_suggested_once_where_nothing_else_helps() -> None:
    (alert,) = looked(
        waiters(50, overdue=47), [desk(1, clerk="Ali")], (PoolNow(LICENCES, coming=2),)
    )
    assert alert.kind == "waiting"
    assert alert.suggestion == Suggestion("warn", LICENCES, people=2, minutes=45)


def test_a_long_service_asks_for_a_look_until_somebody_was_sent() -> None:
    serving: dict[str, Any] = {
        "clerk": "Ali",
        "serving": "A001",
        "served_for": minutes(20),
        "planned": minutes(10),
    }
    (alert,) = looked([], [desk(1, **serving)])
    assert (alert.kind, alert.number, alert.planned) == ("service", "A001", 10)
    assert alert.suggestion == Suggestion("look", LICENCES, 101, 1, "Ali")
    assert looked([], [desk(1, **serving, looked_after=True)]) == []


def test_idle_while_others_wait_is_lent_where_most_wait_for_each_counter() -> None:
    third = 3
    waiting = [*waiters(1, 2, 3), *waiters(1, 2, pool=third)]
    desks = [desk(1, clerk="Ali"), desk(4, clerk="Huda"), idle(2, since=10), idle(5, third + 1)]
    (alert,) = looked(waiting, desks)
    assert (alert.kind, alert.counter) == ("idle", 2)
    assert alert.suggestion == Suggestion("lend", third, 102, 2, "Sara")  # nobody works there


def test_idle_beside_people_of_its_own_needs_a_look() -> None:
    (alert,) = looked(waiters(1), [idle(2, LICENCES, since=12)])
    assert alert.suggestion == Suggestion("look", LICENCES, 102, 2, "Sara")


def test_an_idle_pool_lets_its_reserve_go_once_and_only_if_nobody_waits() -> None:
    kept = (PoolNow(LICENCES), PoolNow(PASSPORTS, reserve=24))
    both = [idle(2, since=11), idle(3, since=12)]
    (alert,) = looked([], both, kept)
    assert alert.suggestion == Suggestion("release", PASSPORTS, people=24)
    assert looked([], both) == []
    verbs = {each.suggestion.verb for each in looked(waiters(1), both, kept) if each.suggestion}
    assert verbs == {"lend"}


def test_danger_comes_first() -> None:
    serving = desk(1, clerk="A", serving="A1", served_for=minutes(9), planned=minutes(1))
    waiting = [*waiters(1, 2, 3, 4, 5, pool=3), *waiters(35)]
    tones = [alert.tone for alert in looked(waiting, [serving])]
    assert tones == ["danger", "warning", "warning"]


@pytest.mark.parametrize(
    ("now", "until"), [((9, 0), 10), ((9, 40), 10), ((9, 41), 11), ((9, 59), 11)]
)
def test_a_loan_ends_with_the_hour_or_the_next(now: tuple[int, int], until: int) -> None:
    assert loan_until(local(*now), "Asia/Bahrain") == local(until)


def test_a_delay_is_never_told_longer_than_it_is() -> None:
    assert [told_minutes(minutes(each)) for each in (4.9, 5, 24.9, 60)] == [0, 5, 20, 60]


def test_history_tells_when_counters_were_left_how_long_services_took_and_calls_out_of_turn() -> (
    None
):
    steps = [
        Step(1, local(9), "waiting", "called", counter=4),
        Step(2, local(9), "waiting", "called", True, 5),
        Step(1, local(9, 1), "called", "serving"),
        Step(2, local(9, 2), "called", "missed"),
        Step(1, local(9, 9), "serving", "served"),
        Step(3, local(9, 10), "waiting", "called", counter=4),
        Step(3, local(9, 10), "called", "serving"),
        Step(3, local(9, 12), "serving", "parked"),
        Step(3, local(9, 20), "waiting", "called", counter=5),
        Step(3, local(9, 21), "called", "serving"),
        Step(3, local(9, 25), "serving", "served"),
    ]
    found = through_counters(steps)
    assert found.left_at == {4: local(9, 12), 5: local(9, 25)}
    assert found.served == {1: minutes(8)}  # served in two goes says nothing of the service
    assert (found.calls, found.out_of_turn) == (4, 1)


def test_those_no_open_counter_may_call_are_heard_of_before_any_limit() -> None:
    kept = [replace(each, kept_away=True) for each in waiters(1, 4)]
    desks = [
        desk(1),
        desk(2, clerk="Ali", on_break=True),
        idle(3, LICENCES),
        idle(4, PASSPORTS),
    ]
    (alert,) = kept_away_alerts([*kept, *waiters(9)], desks)
    assert (alert.kind, alert.tone, alert.pool_id) == ("kept_away", "danger", LICENCES)
    assert (alert.people, alert.minutes, alert.number) == (2, 4, "A004")
    assert alert.suggestion == Suggestion("open_up", LICENCES, 103, 3, "Sara")
    assert kept_away_alerts(waiters(9), desks) == []
