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
from allocast.numerics.tree_text import read_model
from allocast.supply.survival.clocks import Clocks
from allocast.supply.survival.interval_scoring import score_intervals
from allocast.supply.survival.leaf_intervals import (
    Leaves,
    feature_splits,
    leaves_of,
    not_above,
    table_of,
)

__all__ = ["IntervalTrees"]


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
        score_intervals(log_rates, *arrays)
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
