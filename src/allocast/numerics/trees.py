"""Ensembles of decision trees, scored by compiled code: several times as fast as LightGBM's own prediction.

Compiling takes about a second of processor time for each of float32 and float64, once on a machine; from numba's
cache a process is ready after 0.7 seconds, of which its imports are half. The figure ``scoring_speed`` measures both.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np

from allocast.errors import DataError, UnknownNameError
from allocast.numerics.arrays import FloatArray, IntArray, freeze
from allocast.numerics.compiled import compiled
from allocast.numerics.tree_text import Fields, integers, numbers, read_model

__all__ = ["TreeEnsemble"]

LANES = 8  # rows that go down a tree together: their loads overlap; 4 were a third slower, 16 no faster
BLOCK = 64  # rows that are copied and then see all trees: they stay in the first-level cache
TINY = float(np.float32(1e-35))  # LightGBM reads anything nearer to 0 as 0
DEFAULT_LEFT, MISSING_SHIFT, MISSING_MASK = 2, 2, 3  # bits of LightGBM's decision_type
MISSING_IS_ZERO, MISSING_IS_NAN = 1, 2

LINKS: dict[str, Callable[[FloatArray, float], FloatArray]] = {
    "tweedie": lambda score, _: np.exp(score),
    "poisson": lambda score, _: np.exp(score),
    "gamma": lambda score, _: np.exp(score),
    "regression": lambda score, _: score,
    "quantile": lambda score, _: score,
    "binary": lambda score, slope: 1.0 / (1.0 + np.exp(-slope * score)),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TreeEnsemble:
    """Trees as flat arrays, one after the other; make it with ``TreeEnsemble.from_text``.

    A node's children lie side by side, the right one after the left, so that a step down is ``left + not (value
    <= threshold)``, without a branch. A leaf is a node whose left child is itself and whose threshold is infinite: a
    row that has arrived stays. What LightGBM does with a missing value depends on the split; therefore splits read
    *columns*, copies of a feature in which its missing values have been replaced by what such a split makes of them.

    Parameters
    ----------
    feature_names : tuple of str
        In the order of the columns of what is scored.
    n_features : int
    objective : str
        As the model text says it, with its parameters; empty if the text has none.
    averaged : bool
        Whether predictions are means over trees (a random forest) and not sums.
    feature, missing, stand_in : arrays of shape (n_columns,)
        Feature that a column copies; whether zeros (1), NaN (2) or neither (0) are missing in it; what stands for a
        missing value: minus infinity goes left, NaN goes right (an infinite one would not: thresholds may be inf).
    column, threshold, left, value : arrays of shape (n_nodes,)
        Column that a node compares (``n_columns``, always 0, for a leaf), with what, its left child (counted from
        the tree's first node), and what a leaf adds to the score.
    first : array of shape (n_trees + 1,)
        First node of each tree, and the number of nodes.
    """

    feature_names: tuple[str, ...]
    n_features: int
    objective: str
    averaged: bool
    feature: IntArray
    missing: IntArray
    stand_in: FloatArray
    column: IntArray
    threshold: FloatArray
    left: IntArray
    value: FloatArray
    first: IntArray

    def __post_init__(self) -> None:
        for field in fields(self):
            if isinstance(array := getattr(self, field.name), np.ndarray):
                object.__setattr__(self, field.name, freeze(array))

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The trees of a LightGBM model.

        Parameters
        ----------
        text : str
            As ``Booster.model_to_string()`` writes it; the trees in it are the trees used.

        Raises
        ------
        DataError
            It is no such text, or holds several classes, categorical splits or linear leaves.
        """
        header, trees = read_model(text)
        splits = [_splits(tree) for tree in trees]
        columns, place = np.unique(np.concatenate(splits), axis=0, return_inverse=True)
        places = np.split(place.ravel(), np.cumsum([len(part) for part in splits])[:-1])
        nodes = [_breadth_first(*pair, len(columns)) for pair in zip(trees, places, strict=True)]
        column, threshold, left, value = (np.concatenate(parts) for parts in zip(*nodes, strict=True))
        return cls(
            feature_names=tuple(header.get("feature_names", "").split()),
            n_features=int(header["max_feature_idx"]) + 1,
            objective=header.get("objective", ""),
            averaged="average_output" in header,
            feature=columns[:, 0].astype(np.uint32),
            missing=columns[:, 1].astype(np.uint32),
            stand_in=np.where(columns[:, 2] == 1, -np.inf, np.nan),
            column=column.astype(np.uint32),
            threshold=threshold,
            left=left.astype(np.uint32),
            value=value,
            first=np.concatenate([[0], np.cumsum([len(part[0]) for part in nodes])]).astype(np.int64),
        )

    def raw_scores(self, x: FloatArray, *, threads: int = 1) -> FloatArray:
        """Sum of the leaves that each row falls into, added tree after tree as LightGBM does: the same to the last bit.

        A row's score depends on nothing but the row: not on its neighbours, and not on the number of threads.

        Parameters
        ----------
        x : float32 or float64 array of shape (n_rows, n_features)
            NaN is missing. An array that is not in C order is copied.
        threads : int, >= 0
            0 takes all cores.

        Returns
        -------
        scores : array of shape (n_rows,)

        Raises
        ------
        DataError
            Another type or number of features.
        """
        self._check(x)
        x = freeze(
            np.ascontiguousarray(x)
        )  # always read-only, or numba would compile once more for those that are
        scores = np.zeros(len(x))
        parts = min(threads or os.cpu_count() or 1, -(-len(x) // BLOCK))
        if parts <= 1:
            self._add(x, scores)
            return scores
        with ThreadPoolExecutor(parts) as pool:
            list(pool.map(self._add, np.array_split(x, parts), np.array_split(scores, parts)))
        return scores

    def predict(self, x: FloatArray, *, threads: int = 1) -> FloatArray:
        """Predictions on the scale of the target: ``raw_scores`` through the link of the objective.

        Parameters
        ----------
        x : float32 or float64 array of shape (n_rows, n_features)
        threads : int, >= 0
            0 takes all cores.

        Returns
        -------
        predictions : array of shape (n_rows,)
            Probabilities for ``binary``, else in the units of the target.

        Raises
        ------
        UnknownNameError
            The link of this objective is not known here; ``raw_scores`` still are.
        DataError
            Another type or number of features.
        """
        name, _, options = self.objective.partition(" ")
        if name not in LINKS or "sqrt" in options.split():
            raise UnknownNameError("objective to predict with", self.objective, LINKS)
        scores = self.raw_scores(x, threads=threads)
        if self.averaged:
            scores /= len(self.first) - 1
        return LINKS[name](scores, float(options.removeprefix("sigmoid:")) if name == "binary" else 1.0)

    def _check(self, x: FloatArray) -> None:
        if x.ndim != 2 or x.shape[1] != self.n_features:
            raise DataError(f"rows must have {self.n_features} features; the array has shape {x.shape}.")
        if x.dtype not in (np.float32, np.float64):
            raise DataError(f"features must be float32 or float64; they are {x.dtype}. Convert them first.")

    def _add(self, x: FloatArray, scores: FloatArray) -> None:
        nodes = self.column, self.threshold, self.left, self.value, self.first
        _add_leaves(x, scores, self.feature, self.missing, self.stand_in, *nodes)


def _splits(tree: Fields) -> IntArray:
    """Feature, missing type and default direction (1 is left) of each split, shape (n_splits, 3)."""
    kind = integers(tree, "decision_type")
    missing = kind >> MISSING_SHIFT & MISSING_MASK
    goes_left = (kind & DEFAULT_LEFT > 0) & (missing > 0)  # without missing values there is no direction
    return np.stack([integers(tree, "split_feature"), missing, goes_left], axis=1)


def _breadth_first(tree: Fields, column: IntArray, leaf_column: int) -> tuple[Any, ...]:
    """Column, threshold, left child and value of the nodes, level by level, so that siblings are neighbours."""
    children = np.stack([integers(tree, "left_child"), integers(tree, "right_child")], axis=1)
    levels = [
        np.array([0 if len(children) else -1])
    ]  # a split by its place, a leaf by ~place, as in the text
    while (inner := levels[-1][levels[-1] >= 0]).size:
        levels.append(children[inner].ravel())
    order = np.concatenate(levels)
    split, leaf = np.flatnonzero(order >= 0), np.flatnonzero(order < 0)
    columns, thresholds = np.full(len(order), leaf_column), np.full(len(order), np.inf)
    columns[split], thresholds[split] = column[order[split]], numbers(tree, "threshold")[order[split]]
    left, values = np.arange(len(order)), np.zeros(len(order))
    left[split] = 1 + 2 * np.arange(len(split))
    values[leaf] = numbers(tree, "leaf_value")[~order[leaf]]
    return columns, thresholds, left, values


@compiled
def _add_leaves(
    x: FloatArray,
    scores: FloatArray,
    feature: IntArray,
    missing: IntArray,
    stand_in: FloatArray,
    column: IntArray,
    threshold: FloatArray,
    left: IntArray,
    value: FloatArray,
    first: IntArray,
) -> None:
    """Add the leaves of every row to its score: block by block, in a block tree by tree, in a tree lane by lane."""
    row = np.zeros((BLOCK, len(feature) + 1))  # the last column stays 0, for leaves
    node = np.zeros(LANES, np.uint64)  # unsigned: numba would look whether a signed index counts from the end
    for start in range(0, len(x), BLOCK):
        n_rows = min(BLOCK, len(x) - start)
        _copy(x[start : start + n_rows], feature, missing, stand_in, row)
        for tree in range(len(first) - 1):
            nodes = slice(first[tree], first[tree + 1])
            of_column, at, child = column[nodes], threshold[nodes], left[nodes]
            leaf = value[nodes]
            for lane in range(0, n_rows, LANES):  # in a last, shorter group the other lanes walk old rows
                node[:] = 0
                moved = np.uint64(1)
                while moved:
                    moved = np.uint64(0)
                    for k in range(LANES):
                        here = node[k]
                        beyond = not row[lane + k, of_column[here]] <= at[here]
                        node[k] = np.uint64(child[here]) + np.uint64(beyond)
                        moved |= node[k] ^ here
                for k in range(min(LANES, n_rows - lane)):
                    scores[start + lane + k] += leaf[node[k]]


@compiled
def _copy(x: FloatArray, feature: IntArray, missing: IntArray, stand_in: FloatArray, row: FloatArray) -> None:
    """Features as each kind of split sees them, for the first rows of ``row``."""
    for i in range(len(x)):
        for k in range(len(feature)):
            seen = float(x[i, feature[k]])
            if (np.isnan(seen) and missing[k] != MISSING_IS_NAN) or abs(seen) <= TINY:
                seen = 0.0
            lost = (missing[k] == MISSING_IS_NAN and np.isnan(seen)) or (
                missing[k] == MISSING_IS_ZERO and seen == 0.0
            )
            row[i, k] = stand_in[k] if lost else seen
