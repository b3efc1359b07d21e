"""Hazards of all periods at once: each tree is walked once by a row that carries an interval of periods.

A split on a feature sends the row one way; a split on a clock cuts its periods in two, since clocks only rise from
period to period. So a leaf that the features allow holds an interval of periods and adds its value to all of them: a
row's hazards are sums of a few such intervals, not of one walk a period.
"""

from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray, IntArray, freeze
from allocast.numerics.compiled import compiled
from allocast.numerics.tree_text import read_model
from allocast.supply.survival.clocks import Clocks
from allocast.supply.survival.leaf_intervals import (
    MISSING_IS_NAN,
    MISSING_IS_ZERO,
    Leaves,
    feature_splits,
    leaves_of,
    not_above,
    table_of,
)

__all__ = ["IntervalTrees"]

LANES = 64  # rows that meet a split together; with 32 scoring took a fifth longer, with 128 no less
TINY = float(np.float32(1e-35))  # LightGBM reads anything nearer to 0 as 0
DE_BRUIJN = 0x03F79D71B4CB0A89  # 64 bits in which each run of six is another number
BIT = np.zeros(
    64, np.uint8
)  # which bit the product of DE_BRUIJN and a power of 2 comes from, by its first six
BIT[[(DE_BRUIJN << bit & 2**64 - 1) >> 58 for bit in range(64)]] = range(64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class IntervalTrees:
    """Trees on features and clocks, scored for all periods at once; make it with ``IntervalTrees.from_text``.

    The leaves of a tree that a row may still reach are the bits of a number. A split on a feature clears the bits of
    the side not taken, in any order of the splits: there is nothing to branch on, and many rows meet a split in one
    instruction. LightGBM compares doubles; since all values were float32, the largest float32 number that is not
    above a threshold decides the same.

    Parameters
    ----------
    clocks : Clocks
        The last columns of what the trees were trained on.
    n_features : int
        Columns before them.
    feature, missing, stand_in : arrays of shape (n_columns,)
        Feature that a column copies; whether zeros (1), NaN (2) or neither (0) are missing in it; what stands for a
        missing value: minus infinity goes left, NaN goes right.
    column, threshold, if_left, if_right : arrays of shape (n_splits,)
        Splits on features: column, float32 threshold, and the leaves that remain on either side, as bits.
    first_split : array of shape (n_trees + 1,)
        First split of each tree, and the number of splits.
    value, begin, end, after, until : arrays of shape (n_trees, n_leaves)
        What a leaf adds, its periods [begin, end) by the first clock, and which of the turns of the second clock it
        lies after and up to: 0 is the first period, ``n_turns + 1`` the end of the last.
    turns : array of shape (n_turns,), rising
        Thresholds of the second clock.
    alive : array of shape (2, n_periods, n_trees)
        Leaves to begin with, as bits: where a duration was announced and where not, by the first period asked for.

    References
    ----------
    Lucchese, C. et al. (2015), QuickScorer: a fast algorithm to rank documents with additive ensembles of regression
    trees, SIGIR: the leaves as bits.
    """

    clocks: Clocks
    n_features: int
    feature: IntArray
    missing: IntArray
    stand_in: FloatArray
    column: IntArray
    threshold: FloatArray
    if_left: IntArray
    if_right: IntArray
    first_split: IntArray
    value: FloatArray
    begin: IntArray
    end: IntArray
    after: IntArray
    until: IntArray
    turns: FloatArray
    alive: IntArray

    def __post_init__(self) -> None:
        for field in fields(self):
            if isinstance(array := getattr(self, field.name), np.ndarray):
                object.__setattr__(self, field.name, freeze(array))

    @classmethod
    def from_text(cls, text: str, clocks: Clocks) -> Self:
        """The trees of a LightGBM model.

        Parameters
        ----------
        text : str
            As ``Booster.model_to_string()`` writes it.
        clocks : Clocks
            The model's last columns.

        Raises
        ------
        DataError
            It is no such text, a tree has more than 64 leaves, or takes zeros of a clock for missing values.
        """
        header, trees = read_model(text)
        n_features = int(header["max_feature_idx"]) + 1 - len(clocks.names())
        leaves = [leaves_of(tree, place, n_features, clocks) for place, tree in enumerate(trees)]
        splits = [feature_splits(tree, n_features) for tree in trees]
        kinds = np.concatenate([part.kind for part in splits])
        columns, column = np.unique(kinds, axis=0, return_inverse=True)
        turns = _turns(leaves)
        width = max(len(part.value) for part in leaves)
        bits = np.uint32 if width <= 32 else np.uint64
        after = [np.searchsorted(turns, part.after, side="right") for part in leaves]
        until = [np.searchsorted(turns, part.until, side="left") + 1 for part in leaves]
        return cls(
            clocks=clocks,
            n_features=n_features,
            feature=columns[:, 0].astype(np.uint32),
            missing=columns[:, 1].astype(np.uint32),
            stand_in=np.where(columns[:, 2] == 1, -np.inf, np.nan).astype(np.float32),
            column=column.ravel().astype(np.uint32),
            threshold=not_above(np.concatenate([part.threshold for part in splits])),
            if_left=np.concatenate([part.if_left for part in splits]).astype(bits),
            if_right=np.concatenate([part.if_right for part in splits]).astype(bits),
            first_split=np.cumsum([0, *(len(part.threshold) for part in splits)], dtype=np.uint64),
            value=table_of([part.value for part in leaves], width, np.float64),
            begin=table_of([part.begin for part in leaves], width, np.uint16),
            end=table_of([part.end for part in leaves], width, np.uint16),
            after=table_of(after, width, np.uint16),
            until=table_of(until, width, np.uint16),
            turns=not_above(turns),
            alive=np.stack([_alive(part, clocks.n_periods) for part in leaves], axis=2).astype(bits),
        )

    def log_rates(self, x: FloatArray, first: IntArray | None = None) -> FloatArray:
        """Sum of the leaves that each row falls into in each period; a row depends on nothing but itself.

        Parameters
        ----------
        x : float32 array of shape (n, n_features), in C order
        first : array of shape (n,), optional
            First period asked for of each row, 0 where not given: leaves that end before it are not looked at.

        Returns
        -------
        log_rates : array of shape (n, n_periods)
            Minus infinity in periods that were not asked for.

        Raises
        ------
        DataError
            Another type or number of features.
        """
        if x.ndim != 2 or x.shape[1] != self.n_features or x.dtype != np.float32:
            raise DataError(
                f"features must be float32 of shape (n, {self.n_features}); they are {x.dtype} of shape {x.shape}."
            )
        log_rates = np.empty((len(x), self.clocks.n_periods))
        begin = np.zeros(len(x), np.uint16) if first is None else first.astype(np.uint16)
        rows = x, self.clocks.announced_table(x), begin
        columns = self.feature, self.missing, self.stand_in
        splits = self.column, self.threshold, self.if_left, self.if_right, self.first_split
        leaves = self.value, self.begin, self.end, self.after, self.until
        # Always read-only, or numba would compile once more for arrays that are not, as after unpickling.
        arrays: map[Any] = map(freeze, (*rows, *columns, *splits, *leaves, self.turns, self.alive))
        _score(log_rates, *arrays)
        return log_rates


def _turns(leaves: list[Leaves]) -> FloatArray:
    """Thresholds of the second clock that bound a leaf."""
    bounds = np.unique(np.concatenate([np.concatenate([part.after, part.until]) for part in leaves]))
    turns: FloatArray = bounds[np.isfinite(bounds)]
    return turns


def _alive(leaves: Leaves, n_periods: int) -> IntArray:
    """Leaves to begin with, as bits, shape (2, n_periods): where something was announced, and where not."""
    bit = np.uint64(1) << np.arange(len(leaves.value), dtype=np.uint64)
    holds = np.maximum(leaves.begin, np.arange(n_periods)[:, None]) < leaves.end
    possible = np.stack([holds & (leaves.after < leaves.until), holds & leaves.if_missing])
    alive: IntArray = np.where(possible, bit, np.uint64(0)).sum(axis=2)
    return alive


@compiled
def _score(
    log_rates: FloatArray,
    x: FloatArray,
    table: FloatArray,
    first: IntArray,
    feature: IntArray,
    missing: IntArray,
    stand_in: FloatArray,
    column: IntArray,
    threshold: FloatArray,
    if_left: IntArray,
    if_right: IntArray,
    first_split: IntArray,
    value: FloatArray,
    begin: IntArray,
    end: IntArray,
    after: IntArray,
    until: IntArray,
    turns: FloatArray,
    alive: IntArray,
) -> None:
    """Block by block of rows; in a block tree by tree: first the splits on features, then the leaves that are left."""
    n_periods = log_rates.shape[1]
    seen = np.zeros((max(1, len(feature)), LANES), np.float32)
    turn = np.zeros((LANES, len(turns) + 2), np.uint16)
    steps = np.zeros((LANES, n_periods + 1))
    left = np.zeros(LANES, alive.dtype)
    lost = np.zeros(LANES, np.uint64)
    for start in range(0, len(x), LANES):
        n_rows = min(LANES, len(x) - start)
        _copy(x[start : start + n_rows], feature, missing, stand_in, seen)
        for lane in range(n_rows):
            lost[lane] = _find_turns(table[start + lane], turns, turn[lane], n_periods)
        steps[:] = 0.0
        for tree in range(len(value)):
            for lane in range(n_rows):
                left[lane] = alive[lost[lane], first[start + lane], tree]
            for split in range(first_split[tree], first_split[tree + 1]):
                _take_sides(left, seen[column[split]], threshold[split], if_left[split], if_right[split])
            leaves = value[tree], begin[tree], end[tree], after[tree], until[tree]
            for lane in range(n_rows):
                _add_leaves(steps[lane], left[lane], first[start + lane], lost[lane], turn[lane], leaves)
        for lane in range(n_rows):
            _add_up(steps[lane], first[start + lane], log_rates[start + lane])


@compiled
def _take_sides(left: IntArray, seen: FloatArray, threshold: float, if_left: int, if_right: int) -> None:
    """A split on a feature, for all rows of a block."""
    for lane in range(LANES):
        left[lane] &= if_left if seen[lane] <= threshold else if_right


@compiled
def _add_leaves(
    steps: FloatArray,
    left: int,
    first: int,
    lost: int,
    turn: IntArray,
    leaves: tuple[FloatArray, IntArray, IntArray, IntArray, IntArray],
) -> None:
    """Where the log hazard of a row rises and falls because of the leaves of a tree that are left to it."""
    value, begin, end, after, until = leaves
    bits = np.uint64(left)
    while bits:
        leaf = _lowest(bits)
        bits &= bits - np.uint64(1)
        a, b = max(np.uint64(begin[leaf]), np.uint64(first)), np.uint64(end[leaf])
        if not lost:
            a, b = max(a, np.uint64(turn[after[leaf]])), min(b, np.uint64(turn[until[leaf]]))
        b = max(a, b)  # an empty interval adds and takes away: quicker than to ask
        steps[a] += value[leaf]
        steps[b] -= value[leaf]


@compiled
def _lowest(bits: np.uint64) -> np.uint8:
    """Place of the lowest bit that is set."""
    alone = bits & (~bits + np.uint64(1))
    place: np.uint8 = BIT[(alone * np.uint64(DE_BRUIJN)) >> np.uint64(58)]
    return place


@compiled
def _add_up(steps: FloatArray, first: int, log_rates: FloatArray) -> None:
    gathered = 0.0
    for period in range(len(log_rates)):
        gathered += steps[period]
        log_rates[period] = gathered if period >= first else -np.inf


@compiled
def _find_turns(clock: FloatArray, turns: FloatArray, turn: IntArray, n_periods: int) -> int:
    """In which period the second clock of a row passes each of its turns; 1 where the clock is missing, else 0."""
    turn[0], turn[len(turns) + 1] = 0, n_periods
    if len(clock) == 0:
        return 0
    if np.isnan(clock[0]):
        return 1
    period = 0
    for place in range(len(turns)):
        while period < n_periods and clock[period] <= turns[place]:
            period += 1
        turn[place + 1] = period
    return 0


@compiled
def _copy(
    x: FloatArray, feature: IntArray, missing: IntArray, stand_in: FloatArray, seen: FloatArray
) -> None:
    """Features as each kind of split sees them, one column after the other."""
    for k in range(len(feature)):
        for i in range(len(x)):
            number = x[i, feature[k]]
            if (np.isnan(number) and missing[k] != MISSING_IS_NAN) or abs(number) <= TINY:
                number = np.float32(0.0)
            gone = (missing[k] == MISSING_IS_NAN and np.isnan(number)) or (
                missing[k] == MISSING_IS_ZERO and number == 0.0
            )
            seen[k, i] = stand_in[k] if gone else number
