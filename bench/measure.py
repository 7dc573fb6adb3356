"""What a slice of measuring yields, and what several rounds say together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any


@dataclass(slots=True)
class Slice:
    """One kind of work for a short time: what came back, and how long each took (seconds)."""

    clients: int
    seconds: float
    latencies: list[float]
    outcomes: Counter[str] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        """Done per second."""
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """Milliseconds within which `share` of them were done."""
        return percentile(self.latencies, share) * 1000


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of `values` lie; 0 of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def joined(parts: Iterable[Slice]) -> Slice:
    """What several processes did at the same time."""
    found = list(parts)
    outcomes: Counter[str] = Counter()
    for part in found:
        outcomes.update(part.outcomes)
    return Slice(
        clients=sum(part.clients for part in found),
        seconds=max(part.seconds for part in found),
        latencies=[each for part in found for each in part.latencies],
        outcomes=outcomes,
    )


def summary(rounds: Sequence[Slice]) -> dict[str, Any]:
    """Medians of the rounds, and every round's rate, so that noise can be seen."""
    outcomes: Counter[str] = Counter()
    for each in rounds:
        outcomes.update(each.outcomes)
    return {
        "clients": rounds[0].clients,
        "per_second": round(median(each.rate for each in rounds), 1),
        "p50_ms": round(median(each.percentile(0.5) for each in rounds), 2),
        "p99_ms": round(median(each.percentile(0.99) for each in rounds), 2),
        "rounds": [round(each.rate, 1) for each in rounds],
        "outcomes": dict(outcomes),
    }
