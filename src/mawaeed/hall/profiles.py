"""Profiles brought to one counter: whom it may call, before the score decides.

Conditions are those of `hall.conditions`, by the ids of one hall. No database, no clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from mawaeed.hall.conditions import Conditions, HallKinds, Selection, When
from mawaeed.hall.rules import CLASSES


@dataclass(frozen=True, slots=True)
class Kinds:
    """A selection brought to a hall: offerings (None: all) and classes of tickets."""

    offerings: frozenset[int] | None = None
    classes: frozenset[str] = frozenset(CLASSES)

    def covers(self, offering_id: int, priority_class: str) -> bool:
        """Whether a ticket for this offering and of this class is meant."""
        if priority_class not in self.classes:
            return False
        return self.offerings is None or offering_id in self.offerings


@dataclass(frozen=True, slots=True)
class KindsRatio:
    """`Ratio`, brought to a hall."""

    first: Kinds
    first_count: int
    second: Kinds
    second_count: int

    @property
    def memory(self) -> int:
        """How many of the last calls decide whose turn it is."""
        return max(self.first_count, self.second_count)


@dataclass(frozen=True, slots=True)
class AlsoPool:
    """`Also`, brought to a hall."""

    pool_id: int
    when: When = "always"
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class CounterRules:
    """What one counter may call: its pool and its profile's conditions, by id.

    `flexibility` counts the kinds of ticket (service × class) it may be given; a counter without
    conditions has those of its whole pool.
    """

    pool_id: int
    only: Kinds = field(default_factory=Kinds)
    ratio: KindsRatio | None = None
    oldest_first_minutes: int | None = None
    also: tuple[AlsoPool, ...] = ()
    flexibility: int = 0

    @property
    def pool_ids(self) -> tuple[int, ...]:
        """Every pool it may call from, its own first."""
        return (self.pool_id, *(other.pool_id for other in self.also))

    def may_ever_serve(self, pool_id: int, offering_id: int, priority_class: str) -> bool:
        """Whether such a ticket may be called here at some time."""
        return pool_id in self.pool_ids and self.only.covers(offering_id, priority_class)

    def of_pool(self, pool_id: int) -> AlsoPool | None:
        """The condition under which another pool's tickets may be called, if any."""
        return next((other for other in self.also if other.pool_id == pool_id), None)

    @property
    def tells_services_apart(self) -> bool:
        """Whether the first of each class of a pool is not enough to choose from."""
        parts = [self.only, *((self.ratio.first, self.ratio.second) if self.ratio else ())]
        return any(part.offerings is not None for part in parts)


def brought_to(conditions: Conditions, pool_id: int, hall: HallKinds) -> CounterRules:
    """The conditions for a counter that feeds `pool_id`; what is gone since is passed over."""
    also = tuple(
        AlsoPool(hall.pools[other.pool], other.when, other.minutes)
        for other in conditions.also
        if hall.pools.get(other.pool, pool_id) != pool_id
    )
    only = kinds_of(conditions.only, hall) if conditions.only else Kinds()
    pools = {pool_id, *(other.pool_id for other in also)}
    offered = [item for item in hall.offered if item.pool_id in pools]
    count = sum(only.covers(item.offering_id, name) for item in offered for name in CLASSES)
    ratio = conditions.ratio
    return CounterRules(
        pool_id=pool_id,
        only=only,
        ratio=KindsRatio(
            kinds_of(ratio.first, hall),
            ratio.first_count,
            kinds_of(ratio.second, hall),
            ratio.second_count,
        )
        if ratio
        else None,
        oldest_first_minutes=conditions.oldest_first_minutes,
        also=also,
        flexibility=count,
    )


def kinds_of(selection: Selection, hall: HallKinds) -> Kinds:
    """Which offerings and classes a selection means at this centre."""
    return Kinds(hall.meant_by(selection), selection.classes or frozenset(CLASSES))


def turn_of(ratio: KindsRatio, last_calls: Sequence[tuple[int, str]]) -> Literal["first", "then"]:
    """Whose turn it is after this counter's last calls (offering, class), the newest first.

    The first side until it had its count in a row, then the second until it had its own. Calls
    of neither side count for nothing.
    """
    sides: Iterable[bool] = (
        ratio.first.covers(*call)
        for call in last_calls
        if ratio.first.covers(*call) or ratio.second.covers(*call)
    )
    run, newest = 0, None
    for side in sides:
        if newest is None:
            newest = side
        if side is not newest:
            break
        run += 1
    if newest is None:
        return "first"
    if newest:
        return "first" if run < ratio.first_count else "then"
    return "then" if run < ratio.second_count else "first"
