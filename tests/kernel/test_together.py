"""What threads ask for at the same time is done together, and everybody gets their own."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import pytest

from mawaeed.kernel.together import Together

SECONDS = 20


class Work:
    """Squares numbers; the first stroke goes on until it is let go."""

    def __init__(self, most: int = 32) -> None:
        self.groups: list[tuple[int, ...]] = []
        self.by: list[int] = []
        self.alone: list[int] = []
        self.began, self.go = threading.Event(), threading.Event()
        self.ask = Together(self.stroke, alone=self.single, most=most)

    def stroke(self, asked: Sequence[int]) -> list[int]:
        self.groups.append(tuple(asked))
        self.by.append(threading.get_ident())
        if not self.began.is_set():
            self.began.set()
            assert self.go.wait(SECONDS)
        if any(each < 0 for each in asked):
            raise ValueError("a stroke with a bad one")
        return [each * each for each in asked]

    def single(self, asked: int) -> int:
        self.alone.append(asked)
        if asked == -13:
            raise LookupError(asked)
        return asked * asked

    def waiting(self) -> int:
        return len(self.ask._waiting)


def crowd(work: Work, first: int, rest: Sequence[int]) -> tuple[Future[int], list[Future[int]]]:
    """`first` is under way while `rest` come, one after another; then it is let go."""
    pool = ThreadPoolExecutor(1 + len(rest))
    begun = pool.submit(work.ask, first)
    assert work.began.wait(SECONDS)
    came: list[Future[int]] = []
    for number in rest:
        came.append(pool.submit(work.ask, number))
        until(lambda: work.waiting() == len(came))
    work.go.set()
    pool.shutdown(wait=True)
    return begun, came


def until(so: Callable[[], bool]) -> None:
    for _ in range(SECONDS * 1000):
        if so():
            return
        threading.Event().wait(0.001)
    raise AssertionError("it never came to that")


def test_those_who_come_meanwhile_are_done_together_and_each_gets_its_own() -> None:
    work = Work()
    begun, came = crowd(work, 1, [2, 3, 4, 5])

    assert begun.result() == 1
    assert [each.result() for each in came] == [4, 9, 16, 25]
    assert work.groups == [(1,), (2, 3, 4, 5)]
    assert work.ask(6) == 36, "the last one left nobody at work"
    assert work.alone == []


def test_the_lead_goes_on_so_that_nobody_works_for_later_groups() -> None:
    work = Work(most=2)
    crowd(work, 1, [2, 3, 4, 5, 6])

    assert work.groups == [(1,), (2, 3), (4, 5), (6,)]
    assert len(set(work.by)) == len(work.by)


def test_a_group_that_fails_is_tried_one_by_one_and_only_the_bad_one_fails() -> None:
    work = Work()
    begun, (good, bad, other) = crowd(work, -1, [2, -13, 4])

    assert begun.result() == 1, "a failed stroke of one is tried again as well"
    assert (good.result(), other.result()) == (4, 16)
    assert isinstance(bad.exception(), LookupError)
    assert sorted(work.alone) == [-13, -1, 2, 4]
    assert work.ask(5) == 25


def _given(results: Sequence[int], asked: Sequence[int]) -> Sequence[int]:
    return results


def test_too_few_or_too_many_results_are_none() -> None:
    for results in ([], [1, 2]):
        ask = Together[int, int](partial(_given, results), alone=lambda each: -each)
        assert (ask(7), ask(8)) == (-7, -8)


def test_whoever_leads_and_is_stopped_leaves_nobody_waiting() -> None:
    def stopped(asked: Sequence[int]) -> list[int]:
        if 1 in asked:
            began.set()
            assert go.wait(SECONDS)
            raise KeyboardInterrupt
        return [each * each for each in asked]

    began, go = threading.Event(), threading.Event()
    ask: Together[int, int] = Together(stopped, alone=lambda asked: -asked)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(ask, 1)
        assert began.wait(SECONDS)
        second = pool.submit(ask, 2)
        until(lambda: len(ask._waiting) == 1)
        go.set()
        assert second.result(SECONDS) == 4
        assert isinstance(first.exception(), KeyboardInterrupt)


def test_a_crowd_loses_and_doubles_nothing() -> None:
    done: list[int] = []

    def stroke(asked: Sequence[int]) -> list[int]:
        done.extend(asked)
        return list(asked)

    ask: Together[int, int] = Together(stroke, alone=lambda _: -1, most=3)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(2000))) == list(range(2000))
    assert sorted(done) == list(range(2000))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_process_forked_meanwhile_begins_anew() -> None:
    work = Work()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work.ask, 1)
        assert work.began.wait(SECONDS)
        child = os.fork()
        if child == 0:
            signal.alarm(SECONDS)
            os._exit(0 if work.ask(3) == 9 else 1)
        work.go.set()
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
