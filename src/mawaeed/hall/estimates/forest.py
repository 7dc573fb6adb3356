"""Learned quantiles: sums of small trees over a row of numbers.

Plain Python, so that every process can answer; only `growing` needs numpy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

from mawaeed.hall.estimates.features import NAMES, Row


@dataclass(frozen=True, slots=True)
class Tree:
    """Node i asks whether row[feature[i]] <= threshold[i]; a leaf has feature -1 and a value."""

    feature: tuple[int, ...]
    threshold: tuple[float, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]
    value: tuple[float, ...]

    def answer(self, row: Row) -> float:
        """The value of the leaf this row falls into."""
        node, feature, threshold = 0, self.feature, self.threshold
        while (asked := feature[node]) >= 0:
            node = self.left[node] if row[asked] <= threshold[node] else self.right[node]
        return self.value[node]


@dataclass(frozen=True, slots=True)
class Forest:
    """One quantile of the root of the wait; the root keeps long waits from drowning short ones."""

    level: float
    base: float
    trees: Sequence[Tree]

    def root(self, row: Row) -> float:
        """Square root of the estimated wait, never negative."""
        return max(0.0, self.base + sum([tree.answer(row) for tree in self.trees]))

    def minutes(self, row: Row) -> float:
        """The estimated quantile of the wait in minutes, never negative."""
        return self.root(row) ** 2


@dataclass(frozen=True, slots=True)
class Model:
    """The two quantiles announced, and how many waits they were learned from."""

    middle: Forest
    high: Forest
    learned_from: int = 0

    def roots(self, row: Row) -> tuple[float, float]:
        """Roots of P50 and P90 in order."""
        middle = self.middle.root(row)
        return middle, max(middle, self.high.root(row))


def to_root(minutes: float) -> float:
    """The scale on which quantiles are learned and corrected."""
    return sqrt(max(0.0, minutes))


def as_json(model: Model) -> dict[str, Any]:
    """A model as plain lists, to keep in a file or a row."""
    return {
        "features": list(NAMES),
        "learned_from": model.learned_from,
        "forests": [
            {
                "level": forest.level,
                "base": forest.base,
                "trees": [
                    [
                        list(tree.feature),
                        list(tree.threshold),
                        list(tree.left),
                        list(tree.right),
                        list(tree.value),
                    ]
                    for tree in forest.trees
                ],
            }
            for forest in (model.middle, model.high)
        ],
    }


def from_json(kept: Mapping[str, Any]) -> Model:
    """A model kept by `as_json`; ValueError when it was made for other features."""
    if tuple(kept["features"]) != NAMES:
        raise ValueError("the model was learned from other features")
    middle, high = (
        Forest(
            level=float(each["level"]),
            base=float(each["base"]),
            trees=tuple(Tree(*(tuple(part) for part in tree)) for tree in each["trees"]),
        )
        for each in kept["forests"]
    )
    return Model(middle, high, int(kept["learned_from"]))
