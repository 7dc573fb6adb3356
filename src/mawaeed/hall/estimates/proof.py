"""Generated halls of which theory knows the mean waits, through the dispatcher, side by side.

Service times are drawn at the call, so that all orders of calling see the same counters come free
at the same moments, and the mean wait of everybody is that of first come, first served. That mean,
which is known, corrects the classes' means for the luck of the draw (a control variate; Lavenberg
and Welch 1981). Standard errors are of batch means.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import inf, sqrt
from statistics import fmean

from mawaeed.hall.estimates.simulation import Arrival, simulate
from mawaeed.hall.estimates.theory import (
    mean_wait_mg1,
    mean_wait_mmc,
    mean_waits_accumulating,
    mean_waits_priority,
)
from mawaeed.hall.rules import Rate, Rates

BATCHES = 40
WARM_UP_SHARE = 0.02
# So much more than any score a wait can reach: strict priority by credit.
STRICT = 1e9

Draw = Callable[[random.Random], float]


@dataclass(frozen=True, slots=True)
class Hall:
    """A hall theory knows: arrivals per minute by class, the rest as in the dispatcher."""

    name: str
    counters: int
    arrivals: dict[str, float]
    rates: Rates
    service: Draw
    everybody: float
    classes: dict[str, float]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One mean wait by theory and by the dispatcher, with its standard error."""

    hall: str
    who: str
    theory: float
    found: float
    error: float

    @property
    def share_off(self) -> float:
        """Difference as a share of what theory says."""
        return abs(self.found - self.theory) / self.theory

    @property
    def errors_off(self) -> float:
        """Difference in standard errors."""
        return abs(self.found - self.theory) / self.error

    def holds(self, share: float = 0.02) -> bool:
        """Whether it lies within three standard errors and within `share`."""
        return self.errors_off <= 3 and self.share_off <= share


def known_halls() -> list[Hall]:
    """First come first served, strict and accumulating priority, on one and more counters."""
    return [
        _fifo("M/M/1", 1, 0.7, _exponential(1), mean_wait_mmc(1, 0.7, 1)),
        _fifo("M/M/3", 3, 2.1, _exponential(1), mean_wait_mmc(3, 2.1, 1)),
        _fifo("M/D/1", 1, 0.7, lambda _: 1.0, mean_wait_mg1(0.7, 1, 1)),
        _fifo(
            "M/G/1, two kinds",
            1,
            0.7,
            lambda chance: 0.5 if chance.random() < 0.75 else 2.5,
            mean_wait_mg1(0.7, 1.0, 0.75 * 0.25 + 0.25 * 6.25),
        ),
        _strict("M/M/1 strict", 1, (0.3, 0.5), 1.0),
        _growing("M/M/1 ratio 2", 1, (0.3, 0.5), 1.0, 2.0),
        _growing("M/M/1 ratio 4", 1, (0.3, 0.5), 1.0, 4.0),
        _growing("M/M/5 ratio 2", 5, (0.1, 0.35), 0.1, 2.0),
    ]


def _exponential(rate: float) -> Draw:
    return lambda chance: chance.expovariate(rate)


def _fifo(name: str, counters: int, arrivals: float, service: Draw, wait: float) -> Hall:
    rates = {"walk_in": Rate(1.0, 0.0, inf)}
    return Hall(name, counters, {"walk_in": arrivals}, rates, service, wait, {})


def _strict(name: str, counters: int, arrivals: Sequence[float], rate: float) -> Hall:
    rates = {"priority": Rate(1.0, STRICT, inf), "walk_in": Rate(1.0, 0.0, inf)}
    waits = mean_waits_priority(counters, arrivals, rate)
    everybody = mean_wait_mmc(counters, sum(arrivals), rate)
    coming, known = _by_class(rates, arrivals), _by_class(rates, waits)
    return Hall(name, counters, coming, rates, _exponential(rate), everybody, known)


def _growing(
    name: str, counters: int, arrivals: Sequence[float], rate: float, ratio: float
) -> Hall:
    rates = {"priority": Rate(ratio, 0.0, inf), "walk_in": Rate(1.0, 0.0, inf)}
    waits = mean_waits_accumulating(counters, arrivals, rate, (ratio, 1.0))
    everybody = mean_wait_mmc(counters, sum(arrivals), rate)
    coming, known = _by_class(rates, arrivals), _by_class(rates, waits)
    return Hall(name, counters, coming, rates, _exponential(rate), everybody, known)


def _by_class(rates: Rates, values: Sequence[float]) -> dict[str, float]:
    return dict(zip(rates, values, strict=True))


def compare(hall: Hall, *, tickets: int, seed: int) -> list[Comparison]:
    """The mean wait of each class, of everybody where there is one class, by theory and found."""
    batches = _batches(hall, tickets, seed)
    means = [fmean(wait for waits in batch.values() for wait in waits) for batch in batches]
    if not hall.classes:
        return [_compared(hall.name, "everybody", hall.everybody, means)]
    found = []
    for who, theory in hall.classes.items():
        classes = [fmean(batch[who]) for batch in batches]
        found.append(_compared(hall.name, who, theory, _corrected(classes, means, hall.everybody)))
    return found


def arrivals_of(hall: Hall, tickets: int, chance: random.Random) -> Iterator[Arrival]:
    """Poisson arrivals of all classes together, each of a class by chance."""
    total, at = sum(hall.arrivals.values()), 0.0
    names, weights = list(hall.arrivals), list(hall.arrivals.values())
    for _ in range(tickets):
        at += chance.expovariate(total)
        yield Arrival(at, chance.choices(names, weights)[0])


def _batches(hall: Hall, tickets: int, seed: int) -> list[dict[str, list[float]]]:
    coming, serving = random.Random(seed), random.Random(seed + 1)  # noqa: S311 (repeatable draws)
    arrivals = arrivals_of(hall, tickets, coming)
    size = tickets * (1 - WARM_UP_SHARE) / BATCHES
    batches: list[dict[str, list[float]]] = [
        {name: [] for name in hall.arrivals} for _ in range(BATCHES)
    ]
    for called in simulate(
        arrivals, lambda _: hall.service(serving), counters=hall.counters, rates=hall.rates
    ):
        batch = int((called.ticket_id - WARM_UP_SHARE * tickets) // size)
        if 0 <= batch < BATCHES:
            batches[batch][called.priority_class].append(called.wait)
    return batches


def _corrected(classes: Sequence[float], means: Sequence[float], expected: float) -> list[float]:
    """Each batch's class mean, less what the luck of everybody's mean explains."""
    middle, centre = fmean(means), fmean(classes)
    spread = sum((mean - middle) ** 2 for mean in means)
    joint = sum((m - middle) * (c - centre) for m, c in zip(means, classes, strict=True))
    slope = joint / spread if spread else 0.0
    return [c - slope * (m - expected) for m, c in zip(means, classes, strict=True)]


def _compared(hall: str, who: str, theory: float, values: Sequence[float]) -> Comparison:
    mean = fmean(values)
    variance = sum((value - mean) ** 2 for value in values) / (len(values) - 1)
    return Comparison(hall, who, theory, mean, sqrt(variance / len(values)))
