"""Grows the trees of `forest`: gradient boosting of the quantile loss on binned numbers.

Friedman (2001), leaves re-fitted to the quantile of their residuals; best split first, as in
LightGBM (Ke et al. 2017). Estimates never fall when more people are ahead, all else equal: no
split says otherwise, and the leaves on either side are kept apart. Deterministic for a seed.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mawaeed.hall.estimates.features import RISING
from mawaeed.hall.estimates.forest import Forest, Model, Tree

Floats = NDArray[np.float64]
Codes = NDArray[np.int32]
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Growth:
    """How much is grown, and how carefully."""

    trees: int = 160
    leaves: int = 31
    rate: float = 0.06
    bins: int = 128
    smallest_leaf: int = 30
    row_share: float = 0.4
    feature_share: float = 0.4
    seed: int = 1


DEFAULT_GROWTH = Growth()
FEWEST_ROWS = 300


def learn(
    rows: Sequence[Sequence[float]],
    waits: Sequence[float],
    growth: Growth = DEFAULT_GROWTH,
    say: Callable[[str], None] | None = None,
) -> Model:
    """P50 and P90 of the waits (minutes) given the rows; ValueError below `FEWEST_ROWS`.

    `say` is told of the progress.
    """
    if len(rows) < FEWEST_ROWS:
        raise ValueError(f"{len(rows)} waits are too few to learn from")
    table = np.asarray(rows, dtype=np.float64)
    targets = np.sqrt(np.maximum(0.0, np.asarray(waits, dtype=np.float64)))
    edges = [_edges(table[:, column], growth.bins) for column in range(table.shape[1])]
    codes = np.stack(
        [np.searchsorted(edge, table[:, column]) for column, edge in enumerate(edges)], axis=1
    ).astype(np.int32)
    forests = []
    for level in (0.5, 0.9):
        forests.append(_forest(codes, edges, targets, level, growth))
        if say:
            say(f"P{level * 100:.0f} learned: {growth.trees} trees")
    middle, high = forests
    return Model(middle, high, learned_from=len(rows))


def _edges(values: Floats, bins: int) -> Floats:
    """Upper edges of bins of about equal content, between values that occur."""
    distinct = np.unique(values)
    if len(distinct) > bins:
        return np.unique(np.quantile(values, np.linspace(0, 1, bins + 1)[1:-1]))
    return (distinct[1:] + distinct[:-1]) / 2


def _forest(
    codes: Codes, edges: list[Floats], targets: Floats, level: float, growth: Growth
) -> Forest:
    chance = np.random.default_rng(growth.seed)
    base = float(np.quantile(targets, level))
    estimate = np.full(len(targets), base)
    trees = []
    for _ in range(growth.trees):
        rows = chance.permutation(len(targets))[: max(1, int(growth.row_share * len(targets)))]
        wanted = max(1, int(growth.feature_share * codes.shape[1]))
        columns = np.sort(chance.permutation(codes.shape[1])[:wanted])
        below = estimate < targets
        tree = _Growing(codes, below, level, columns, np.sort(rows), growth).grown()
        trees.append(tree.fitted(targets - estimate, estimate, edges))
    return Forest(level, base, tuple(trees))


@dataclass(slots=True)
class _Node:
    """A node while its tree grows: all rows in it, and those that may decide about splits."""

    rows: Rows
    deciding: Rows
    counts: NDArray[np.int64]
    feature: int = -1
    code: int = 0
    left: int = -1
    right: int = -1


@dataclass(slots=True)
class _Growing:
    """One tree. The loss of a row counts only by the side its estimate errs on.

    `chosen` are the rows that decide about splits; a node's `deciding` are places in it.
    """

    codes: Codes
    below: NDArray[np.bool_]
    level: float
    columns: Rows
    chosen: Rows
    growth: Growth
    nodes: list[_Node] = field(default_factory=list)
    merged: Codes = field(init=False)
    rising: Rows = field(init=False)

    def __post_init__(self) -> None:
        width = 2 * self.growth.bins
        offset = (np.arange(len(self.columns)) * width).astype(np.int32)
        seen = self.codes[self.chosen][:, self.columns]
        self.merged = seen * 2 + self.below[self.chosen, None] + offset
        self.rising = np.flatnonzero(np.isin(self.columns, RISING))

    def counted(self, deciding: Rows) -> NDArray[np.int64]:
        """Rows per column, bin and side: an array (columns, bins, 2)."""
        size = len(self.columns) * 2 * self.growth.bins
        flat = np.bincount(self.merged[deciding].ravel(), minlength=size)
        return flat.reshape(len(self.columns), self.growth.bins, 2)

    def grown(self) -> _Growing:
        """Split the leaf that gains most until there are enough leaves."""
        deciding = np.arange(len(self.chosen))
        self.nodes = [_Node(np.arange(len(self.codes)), deciding, self.counted(deciding))]
        waiting: list[tuple[float, int, int, int]] = []
        self._propose(0, waiting)
        leaves = 1
        while waiting and leaves < self.growth.leaves:
            _, node, column, code = heapq.heappop(waiting)
            for child in self._split(node, column, code):
                self._propose(child, waiting)
            leaves += 1
        return self

    def _propose(self, index: int, waiting: list[tuple[float, int, int, int]]) -> None:
        node = self.nodes[index]
        smallest = self.growth.smallest_leaf
        if len(node.deciding) < 2 * smallest:
            return
        left = np.cumsum(node.counts, axis=1)[:, :-1, :]
        whole = node.counts[0].sum(axis=0)
        here, there = left.sum(axis=2), whole.sum() - left.sum(axis=2)
        total = self.level * whole[1] - (1 - self.level) * whole[0]
        pull = self.level * left[:, :, 1] - (1 - self.level) * left[:, :, 0]
        gain = pull**2 / np.maximum(here, 1) + (total - pull) ** 2 / np.maximum(there, 1)
        gain[(here < smallest) | (there < smallest)] = -1.0
        for place in self.rising:
            falls = pull[place] / np.maximum(here[place], 1) > (total - pull[place]) / np.maximum(
                there[place], 1
            )
            gain[place, falls] = -1.0
        best = int(np.argmax(gain))
        column, code = divmod(best, gain.shape[1])
        gained = float(gain[column, code] - total**2 / whole.sum())
        if gained > 1e-9:
            heapq.heappush(waiting, (-gained, index, column, code))

    def _split(self, index: int, column: int, code: int) -> tuple[int, int]:
        node = self.nodes[index]
        feature = int(self.columns[column])
        node.feature, node.code = feature, code
        low = self.codes[node.rows, feature] <= code
        low_deciding = self.codes[self.chosen[node.deciding], feature] <= code
        left, right = node.deciding[low_deciding], node.deciding[~low_deciding]
        if len(left) <= len(right):
            left_counts = self.counted(left)
            right_counts = node.counts - left_counts
        else:
            right_counts = self.counted(right)
            left_counts = node.counts - right_counts
        node.left, node.right = len(self.nodes), len(self.nodes) + 1
        self.nodes.append(_Node(node.rows[low], left, left_counts))
        self.nodes.append(_Node(node.rows[~low], right, right_counts))
        return node.left, node.right

    def fitted(self, residuals: Floats, estimate: Floats, edges: list[Floats]) -> Tree:
        """The finished tree; adds its answers to `estimate`."""
        values = [0.0] * len(self.nodes)
        self._fit(0, residuals, values)
        for node, value in zip(self.nodes, values, strict=True):
            if node.feature < 0:
                estimate[node.rows] += value
        return Tree(
            feature=tuple(node.feature for node in self.nodes),
            threshold=tuple(
                float(edges[node.feature][node.code]) if node.feature >= 0 else 0.0
                for node in self.nodes
            ),
            left=tuple(node.left for node in self.nodes),
            right=tuple(node.right for node in self.nodes),
            value=tuple(round(value, 6) for value in values),
        )

    def _fit(self, index: int, residuals: Floats, values: list[float]) -> list[int]:
        """Give each leaf below a node its quantile; returns the leaves."""
        node = self.nodes[index]
        if node.feature < 0:
            here = residuals[node.rows]
            values[index] = self.growth.rate * float(np.quantile(here, self.level))
            return [index]
        low = self._fit(node.left, residuals, values)
        high = self._fit(node.right, residuals, values)
        if node.feature in RISING:
            _keep_apart(low, high, values)
        return low + high


def _keep_apart(low: Sequence[int], high: Sequence[int], values: list[float]) -> None:
    """Let no low leaf stand above a high one. Clipping keeps whatever order there was inside."""
    top, bottom = max(values[leaf] for leaf in low), min(values[leaf] for leaf in high)
    if top <= bottom:
        return
    between = (top + bottom) / 2
    for leaf in low:
        values[leaf] = min(values[leaf], between)
    for leaf in high:
        values[leaf] = max(values[leaf], between)
