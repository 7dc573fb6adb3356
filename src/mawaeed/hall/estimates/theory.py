"""What queueing theory says of mean waits, to prove the dispatcher and the simulation against.

All times are in the unit of the service time; arrivals are Poisson. Utilisation must be below 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import factorial


def erlang_c(servers: int, load: float) -> float:
    """The probability of waiting at all in M/M/c, load = λ/μ (Erlang 1917)."""
    term = load**servers / factorial(servers) * servers / (servers - load)
    return term / (sum(load**k / factorial(k) for k in range(servers)) + term)


def mean_wait_mmc(servers: int, arrivals: float, rate: float) -> float:
    """First come, first served, exponential service at `rate`, so many servers."""
    return erlang_c(servers, arrivals / rate) / (servers * rate - arrivals)


def mean_wait_mg1(arrivals: float, mean: float, second_moment: float) -> float:
    """One server, any service law (Pollaczek and Khinchine)."""
    return arrivals * second_moment / (2 * (1 - arrivals * mean))


def mean_waits_priority(servers: int, arrivals: Sequence[float], rate: float) -> list[float]:
    """Non-preemptive priority, highest class first (Cobham 1954); one service law for all."""
    rest = erlang_c(servers, sum(arrivals) / rate) / (servers * rate)
    waits, before = [], 0.0
    for share in arrivals:
        after = before + share / (servers * rate)
        waits.append(rest / ((1 - before) * (1 - after)))
        before = after
    return waits


def mean_waits_accumulating(
    servers: int, arrivals: Sequence[float], rate: float, slopes: Sequence[float]
) -> list[float]:
    """Priority that grows with the wait at a slope per class, highest slope first.

    Kleinrock (1964), his formula for one server with the wait of M/M/c in place of M/M/1
    (Stanford, Taylor and Ziedins 2014). Worked from the lowest class upwards.
    """
    shares = [each / (servers * rate) for each in arrivals]
    fifo = mean_wait_mmc(servers, sum(arrivals), rate)
    waits = [0.0] * len(shares)
    for place in reversed(range(len(shares))):
        below = sum(
            shares[other] * waits[other] * (1 - slopes[other] / slopes[place])
            for other in range(place + 1, len(shares))
        )
        above = sum(shares[other] * (1 - slopes[place] / slopes[other]) for other in range(place))
        waits[place] = (fifo - below) / (1 - above)
    return waits
