"""How far what was announced was from what came true. All in minutes."""

from __future__ import annotations

from dataclasses import dataclass, field

from mawaeed.hall.estimates.estimator import Estimate

BASELINES = ("les", "hol", "mean_of_five", "position")
MANY_AHEAD = 3


def pinball(level: float, estimate: float, wait: float) -> float:
    """The loss that is least, on average, at the true quantile (Koenker and Bassett 1978)."""
    error = wait - estimate
    return level * error if error >= 0 else (level - 1) * error


@dataclass(slots=True)
class Errors:
    """Sums over waits of one estimator; the same number stands for P50 and P90 of a baseline."""

    count: int = 0
    waits: float = 0.0
    absolute: float = 0.0
    pinball_50: float = 0.0
    pinball_90: float = 0.0
    kept: int = 0
    width: float = 0.0

    def add(self, p50: float, p90: float, wait: float) -> None:
        """Count one wait."""
        self.count += 1
        self.waits += wait
        self.absolute += abs(wait - p50)
        self.pinball_50 += pinball(0.5, p50, wait)
        self.pinball_90 += pinball(0.9, p90, wait)
        self.kept += wait <= p90
        self.width += p90 - p50

    def as_json(self) -> dict[str, float | int | None]:
        """Means; None where nothing was counted."""
        return {
            "tickets": self.count,
            "mean_wait": self._mean(self.waits),
            "mae": self._mean(self.absolute),
            "pinball_50": self._mean(self.pinball_50),
            "pinball_90": self._mean(self.pinball_90),
            "coverage_90": self._mean(self.kept),
            "mean_range": self._mean(self.width),
        }

    def _mean(self, total: float) -> float | None:
        return round(total / self.count, 4) if self.count else None


@dataclass(slots=True)
class Accuracy:
    """Errors of the announced range and of the baselines, of all and with three or more ahead."""

    announced: Errors = field(default_factory=Errors)
    announced_many: Errors = field(default_factory=Errors)
    baselines: dict[str, Errors] = field(
        default_factory=lambda: {name: Errors() for name in BASELINES}
    )
    baselines_many: dict[str, Errors] = field(
        default_factory=lambda: {name: Errors() for name in BASELINES}
    )

    def add(self, estimate: Estimate, wait: float) -> None:
        """Count one ticket."""
        many = estimate.ahead >= MANY_AHEAD
        self.announced.add(estimate.p50, estimate.p90, wait)
        if many:
            self.announced_many.add(estimate.p50, estimate.p90, wait)
        for name in BASELINES:
            value = float(getattr(estimate.baselines, name))
            self.baselines[name].add(value, value, wait)
            if many:
                self.baselines_many[name].add(value, value, wait)

    def as_json(self) -> dict[str, object]:
        """The means, the baselines beside them."""
        return {
            **self.announced.as_json(),
            "three_or_more_ahead": self.announced_many.as_json(),
            "baselines": {
                name: {
                    **self.baselines[name].as_json(),
                    "three_or_more_ahead": self.baselines_many[name].as_json(),
                }
                for name in BASELINES
            },
        }
