"""What holds of every estimate: ordered, never negative, never less with more people ahead."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mawaeed.hall.estimates.analytic import (
    gamma_estimate,
    gamma_quantile,
    gamma_share,
    service_minutes,
)
from mawaeed.hall.estimates.coverage import Coverage
from mawaeed.hall.estimates.estimator import Estimate, Estimator
from mawaeed.hall.estimates.features import AHEAD, NAMES, RISING, Row
from mawaeed.hall.estimates.forest import Model, as_json, from_json
from mawaeed.hall.estimates.growing import FEWEST_ROWS, Growth, learn
from mawaeed.hall.estimates.line import Mean

SMALL = Growth(trees=30, leaves=8, smallest_leaf=10)


def made_up_examples(seed: int = 1, count: int = 1500) -> tuple[list[Row], list[float]]:
    """Waits of about 4 minutes for each person ahead, many zero, other numbers without meaning."""
    chance = random.Random(seed)
    rows, waits = [], []
    for _ in range(count):
        row = [chance.uniform(0, 30) for _ in NAMES]
        row[AHEAD] = float(chance.randrange(8))
        rows.append(tuple(row))
        waits.append(sum(chance.expovariate(1 / 4) for _ in range(int(row[AHEAD]))))
    return rows, waits


@pytest.fixture(scope="module")
def model() -> Model:
    return learn(*made_up_examples(), SMALL)


minutes = st.floats(0, 200, allow_nan=False)
rows = st.tuples(*[st.floats(-1, 1000, allow_nan=False) for _ in NAMES])


@settings(max_examples=200)
@given(row=rows, more=st.integers(1, 50))
def test_learned_quantiles_are_ordered_and_grow_with_people_ahead(
    model: Model, row: Row, more: int
) -> None:
    """With whatever is worked out from the people ahead rising with them."""
    behind = tuple(each + more * (place in RISING) for place, each in enumerate(row))

    middle, high = model.roots(row)
    later_middle, later_high = model.roots(behind)

    assert 0 <= middle <= high
    assert middle <= later_middle
    assert high <= later_high


def test_learned_quantiles_leave_half_and_a_tenth_above(model: Model) -> None:
    fresh, waits = made_up_examples(seed=2)
    roots = [model.roots(row) for row in fresh]

    share = {
        place: sum(wait <= each[place] ** 2 for each, wait in zip(roots, waits, strict=True))
        / len(waits)
        for place in (0, 1)
    }
    positive = sum(wait > 0 for wait in waits) / len(waits)
    assert share[0] == pytest.approx(1 - positive / 2, abs=0.08)
    assert share[1] == pytest.approx(1 - positive / 10, abs=0.05)


def test_learning_again_gives_the_same_model_and_json_keeps_it(model: Model) -> None:
    again = learn(*made_up_examples(), SMALL)

    assert as_json(again) == as_json(model)
    assert from_json(as_json(model)) == model


def test_model_of_other_features_is_refused(model: Model) -> None:
    with pytest.raises(ValueError, match="other features"):
        from_json({**as_json(model), "features": ["ahead"]})


def test_too_few_waits_are_refused() -> None:
    rows, waits = made_up_examples(count=FEWEST_ROWS - 1)

    with pytest.raises(ValueError, match="299 waits are too few"):
        learn(rows, waits)


@given(ahead=st.integers(0, 300), headway=st.floats(0, 60), variation=st.floats(0.1, 4))
def test_analytic_quantiles_are_ordered_and_grow_with_people_ahead(
    ahead: int, headway: float, variation: float
) -> None:
    here = gamma_estimate(ahead, headway, variation=variation)
    behind = gamma_estimate(ahead + 1, headway, variation=variation)

    assert 0 <= here.p50 <= here.p90
    assert here.p50 <= behind.p50
    assert here.p90 <= behind.p90


def test_nobody_ahead_and_a_free_counter_is_no_wait() -> None:
    assert gamma_estimate(0, 5, counter_free=True).p90 == 0


@pytest.mark.parametrize(
    ("shape", "level", "quantile"),
    # Half of χ² quantiles with 2, 4, 10 and 100 degrees of freedom, and shape ½.
    [
        (1, 0.5, 0.693147),
        (2, 0.9, 3.889720),
        (5, 0.9, 7.993590),
        (50, 0.5, 49.667063),
        (0.5, 0.9, 1.352772),
    ],
)
def test_gamma_quantiles_are_those_of_tables(shape: float, level: float, quantile: float) -> None:
    assert gamma_quantile(shape, level) == pytest.approx(quantile, abs=2e-6)
    assert gamma_share(shape, quantile) == pytest.approx(level, abs=1e-6)


def test_service_time_moves_from_plan_to_counter_as_facts_come() -> None:
    centre, service, counter = Mean(), Mean(), Mean()
    assert service_minutes((centre, service, counter), planned=10) == 10
    for _ in range(1000):
        centre.add(6)
    assert service_minutes((centre, service, counter), planned=10) == pytest.approx(6, abs=0.1)
    for _ in range(10):
        counter.add(12)
    assert service_minutes((centre, service, counter), planned=10) == pytest.approx(9, abs=0.1)


def issue_some(estimator: Estimator, until: float, seed: int = 5) -> list[Estimate]:
    """A made-up morning: somebody comes about every three minutes, somebody is called as often."""
    chance = random.Random(seed)
    said: list[Estimate] = []
    waiting: list[float] = []
    at = 480.0
    while (at := at + chance.expovariate(1 / 1.5)) < until:
        if waiting and chance.random() < 0.5:
            estimator.called(waiting.pop(0), "North", "1", at=at)
        else:
            waiting.append(at)
            said.append(estimator.issued(at, "North", "1", at=at, planned_minutes=5))
    return said


def test_estimates_without_a_model_are_ranges_from_the_first_ticket_on() -> None:
    said = issue_some(Estimator(), until=700)

    assert all(0 <= each.p50 <= each.p90 for each in said)
    low, high = said[-1].rounded_outward()
    assert low <= said[-1].p50 <= said[-1].p90 <= high


def test_what_comes_later_changes_nothing_said_before(model: Model) -> None:
    short = issue_some(Estimator(replace(model)), until=600)
    long = issue_some(Estimator(replace(model)), until=700)

    assert len(long) > len(short) > 20
    assert long[: len(short)] == short


def test_whoever_leaves_is_ahead_of_nobody_and_teaches_nothing() -> None:
    estimator = Estimator()
    for ticket in ("A001", "A002"):
        estimator.issued(ticket, "North", "1", at=480, planned_minutes=5)
    estimator.left("A001", "North", "1", at=480)

    said = estimator.issued("A003", "North", "1", at=900, planned_minutes=5)

    assert said.ahead == 1
    assert estimator.halls.office("North").waiting == 2
    assert estimator.coverage.queues == {("North", "1"): pytest.approx(0.05 * 0.9)}
    assert estimator.halls.office("North").line("1").past.waits.count == 0


def test_a_new_day_keeps_the_pace_and_forgets_who_waits() -> None:
    estimator = Estimator()
    issue_some(estimator, until=700)
    estimator.begin_day()

    line = estimator.halls.office("North").line("1")
    assert not line.waiting
    assert not line.calls
    assert line.past.headways.count > 10
    assert estimator.halls.office("North").waiting == 0


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_correction_grows_with_broken_promises_and_shrinks_with_kept(kept: list[bool]) -> None:
    coverage = Coverage()
    for at, keep in enumerate(kept):
        before = coverage.addition("North", "1")
        coverage.announced(at, "North", "1", until=at + 0.5)
        if keep:
            coverage.called(at)
        coverage.passed(at + 1)
        after = coverage.addition("North", "1")
        assert after < before if keep else after > before
    assert coverage.addition("South", "1") == 0


def test_promise_is_broken_once_its_time_has_passed_though_nobody_was_called() -> None:
    coverage = Coverage()
    coverage.announced("A001", "North", "1", until=500)
    coverage.passed(500)
    assert coverage.addition("North", "1") == 0
    coverage.passed(501)
    raised = coverage.addition("North", "1")
    assert raised > 0
    coverage.called("A001")
    assert coverage.addition("North", "1") == raised


def test_correction_comes_to_rest_where_nine_of_ten_are_kept() -> None:
    chance = random.Random(6)
    coverage = Coverage()
    kept = 0
    for ticket in range(6000):
        promised = max(0.0, 1.0 + coverage.addition("North", "1"))
        wait = chance.expovariate(1.0)
        coverage.announced(ticket, "North", "1", until=promised)
        coverage.passed(wait)
        coverage.called(ticket)
        coverage.begin_day()
        kept += ticket >= 1000 and wait <= promised
    assert kept / 5000 == pytest.approx(0.9, abs=0.02)
