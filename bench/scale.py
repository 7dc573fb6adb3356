"""How much is measured, and for how long."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Scale:
    """One size of the whole; `seconds` is one slice of one kind of work."""

    centres: int
    residents: int
    rounds: int
    seconds: float
    clients: tuple[int, ...]
    crowd: int
    crowd_places: int
    crowd_seconds: float

    def changed(self, *, rounds: int | None, centres: int | None, seconds: float | None) -> Scale:
        """The same with other values, where given."""
        given = {"rounds": rounds, "centres": centres, "seconds": seconds}
        return replace(self, **{name: value for name, value in given.items() if value})

    def as_dict(self) -> dict[str, Any]:
        """For the results."""
        return asdict(self)


FULL = Scale(
    centres=1300,
    residents=200_000,
    rounds=5,
    seconds=1.0,
    clients=(1, 8, 32),
    crowd=5000,
    crowd_places=300,
    crowd_seconds=10.0,
)
QUICK = Scale(
    centres=26,
    residents=20_000,
    rounds=1,
    seconds=0.3,
    clients=(1, 4),
    crowd=60,
    crowd_places=20,
    crowd_seconds=0.5,
)
