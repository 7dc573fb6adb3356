"""The wait without history: a gamma law of the people ahead over the effective counters.

Each call comes after a headway, the service time over the counters at work; with n people ahead
the wait is a sum of about n headways. A sum of n independent times with mean h and squared
variation c is nearly gamma with shape n / c and scale c × h (exactly so for gamma service).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import exp, lgamma, log, sqrt
from statistics import NormalDist

from mawaeed.hall.estimates.line import Mean

# Squared coefficient of variation of a headway: of most service times between 0.5 and 1.5.
VARIATION = 1.0
# With nobody ahead one still waits for a counter to come free: a part of one headway.
FIRST_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Quantiles:
    """P50 and P90 in minutes, in order, never negative."""

    p50: float
    p90: float


def service_minutes(levels: Sequence[Mean], planned: float, weight: float = 10.0) -> float:
    """Mean service time drawn from the widest level to the narrowest.

    `levels` are centre, service, counter; each counts against `weight` times the level above it,
    the first against the planned minutes (empirical Bayes, James and Stein 1961).
    """
    minutes = planned
    for level in levels:
        minutes = level.shrunk(minutes, weight)
    return minutes


def gamma_estimate(
    ahead: int, headway: float, *, counter_free: bool = False, variation: float = VARIATION
) -> Quantiles:
    """P50 and P90 with so many ahead, `headway` minutes per call (service over counters)."""
    if counter_free and not ahead:
        return Quantiles(0.0, 0.0)
    shape = (ahead + FIRST_SHARE) / variation
    scale = variation * max(0.0, headway)
    return Quantiles(scale * gamma_quantile(shape, 0.5), scale * gamma_quantile(shape, 0.9))


@lru_cache(maxsize=4096)
def gamma_quantile(shape: float, level: float) -> float:
    """Quantile of the gamma law with this shape and scale 1, to 1e-9 of its size.

    Newton's steps from the cube root's normal law (Wilson and Hilferty 1931), kept in a bracket.
    """
    if shape <= 0:
        return 0.0
    low, high = 0.0, shape + 10 * sqrt(shape) + 10
    part = 1 / (9 * shape)
    value = shape * max(0.0, 1 - part + NormalDist().inv_cdf(level) * sqrt(part)) ** 3
    while high - low > 1e-9 * (1 + high):
        if not low < value < high:
            value = (low + high) / 2
        off = gamma_share(shape, value) - level
        low, high = (value, high) if off < 0 else (low, value)
        density = exp((shape - 1) * log(value) - value - lgamma(shape))
        step = off / density if density > 0 else 0.0
        if density > 0 and abs(step) < 1e-10 * (1 + value):
            return value - step
        value -= step
    return (low + high) / 2


def gamma_share(shape: float, value: float) -> float:
    """The regularised incomplete gamma function P(shape, value); DLMF 8.7.1 and 8.9.2."""
    if value <= 0:
        return 0.0
    front = exp(shape * log(value) - value - lgamma(shape))
    return front * _series(shape, value) if value < shape + 1 else 1 - front * _tail(shape, value)


def _series(shape: float, value: float) -> float:
    term = total = 1 / shape
    step = shape
    while term > total * 1e-15:
        step += 1
        term *= value / step
        total += term
    return total


def _tail(shape: float, value: float) -> float:
    """Lentz's evaluation of the continued fraction of the upper function."""
    tiny = 1e-300
    odd = value + 1 - shape
    ratio, inverse = 1 / tiny, 1 / odd
    found = inverse
    for step in range(1, 500):
        factor = -step * (step - shape)
        odd += 2
        inverse = 1 / _not_zero(factor * inverse + odd, tiny)
        ratio = _not_zero(odd + factor / ratio, tiny)
        change = inverse * ratio
        found *= change
        if abs(change - 1) < 1e-14:
            break
    return found


def _not_zero(value: float, tiny: float) -> float:
    return value if abs(value) > tiny else tiny
