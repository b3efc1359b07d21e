"""What a tree on features and clocks says leaf by leaf: its periods by the clocks' splits, its side by the others."""

from typing import Any, NamedTuple

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray
from allocast.numerics.tree_text import Fields, integers, numbers
from allocast.supply.survival.clocks import Clocks

__all__ = ["MOST_LEAVES", "Leaves", "Splits", "feature_splits", "leaves_of", "not_above", "table_of"]

MOST_LEAVES = 64  # bits of a number
DEFAULT_LEFT, MISSING_SHIFT, MISSING_MASK = 2, 2, 3  # bits of LightGBM's decision_type
MISSING_IS_ZERO, MISSING_IS_NAN = 1, 2


class Leaves(NamedTuple):
    """The leaves of one tree, in the order of the model text; arrays of shape (n_leaves,).

    Parameters
    ----------
    value : array of float
        What a leaf adds.
    begin, end : arrays of int
        Periods [begin, end) that the splits on the first clock leave it.
    after, until : arrays of float
        Interval (after, until] that the splits on the second clock leave it.
    if_missing : array of bool
        Whether the splits on the second clock lead to it where that clock is missing.
    """

    value: FloatArray
    begin: IntArray
    end: IntArray
    after: FloatArray
    until: FloatArray
    if_missing: BoolArray


class Splits(NamedTuple):
    """The splits of one tree on features; arrays of shape (n_splits, …).

    Parameters
    ----------
    kind : array of shape (n_splits, 3)
        Feature, missing type, and whether a missing value goes left.
    threshold : array of float
    if_left, if_right : arrays of uint64
        Leaves of the tree that remain, as bits, when a row goes left, and when it goes right.
    """

    kind: IntArray
    threshold: FloatArray
    if_left: IntArray
    if_right: IntArray


def leaves_of(tree: Fields, place: int, n_features: int, clocks: Clocks) -> Leaves:
    """Leaves of a tree whose columns from ``n_features`` on are clocks.

    Parameters
    ----------
    tree : mapping
        As `read_model` gives it.
    place : int
        Of the tree in its model, for messages.

    Raises
    ------
    DataError
        It has more than 64 leaves, or takes zeros of a clock for missing values.
    """
    leaves = _unbounded(numbers(tree, "leaf_value"), place, clocks.n_periods)
    feature, kind = integers(tree, "split_feature"), integers(tree, "decision_type")
    threshold, below = numbers(tree, "threshold"), _leaves_below(tree)
    for split in np.flatnonzero(feature >= n_features):
        if kind[split] >> MISSING_SHIFT & MISSING_MASK == MISSING_IS_ZERO:
            raise DataError(
                f"zeros of a clock must not be missing values; in tree {place} they are. "
                "Train without zero_as_missing, or predict with LightGBM itself."
            )
        if feature[split] == n_features:
            _cut_periods(leaves, int((clocks.ends <= threshold[split]).sum()), *below[split])
        else:
            _cut_announced(leaves, float(threshold[split]), int(kind[split]), *below[split])
    return leaves


def feature_splits(tree: Fields, n_features: int) -> Splits:
    """Splits of a tree on its first ``n_features`` columns."""
    feature, kind = integers(tree, "split_feature"), integers(tree, "decision_type")
    missing = kind >> MISSING_SHIFT & MISSING_MASK
    goes_left = (kind & DEFAULT_LEFT > 0) & (missing > 0)  # without missing values there is no direction
    own, below = np.flatnonzero(feature < n_features), _leaves_below(tree)
    every = (1 << len(numbers(tree, "leaf_value"))) - 1
    if_left, if_right = ([every ^ _bits(below[split][away]) for split in own] for away in (1, 0))
    return Splits(
        np.stack([feature, missing, goes_left], axis=1)[own],
        numbers(tree, "threshold")[own],
        np.array(if_left, np.uint64),
        np.array(if_right, np.uint64),
    )


def not_above(threshold: FloatArray) -> FloatArray:
    """The largest float32 numbers that are not above some doubles: float32 numbers compare with both alike."""
    with np.errstate(over="ignore"):
        near = threshold.astype(np.float32)
        return np.where(near > threshold, np.nextafter(near, np.float32(-np.inf)), near)


def table_of(rows: list[Any], width: int, dtype: type[np.generic]) -> np.ndarray:
    """Rows of different lengths as a table filled up with zeros."""
    table = np.zeros((len(rows), width), dtype)
    for row, values in zip(table, rows, strict=True):
        row[: len(values)] = values
    return table


def _unbounded(value: FloatArray, place: int, n_periods: int) -> Leaves:
    n = len(value)
    if n > MOST_LEAVES:
        raise DataError(
            f"a tree may have {MOST_LEAVES} leaves; tree {place} has {n}. Predict with LightGBM itself."
        )
    return Leaves(
        value=value,
        begin=np.zeros(n, np.int64),
        end=np.full(n, n_periods),
        after=np.full(n, -np.inf),
        until=np.full(n, np.inf),
        if_missing=np.ones(n, np.bool_),
    )


def _cut_periods(leaves: Leaves, turn: int, left: list[int], right: list[int]) -> None:
    """A split on the first clock: periods before ``turn`` go left."""
    leaves.end[left] = np.minimum(leaves.end[left], turn)
    leaves.begin[right] = np.maximum(leaves.begin[right], turn)


def _cut_announced(leaves: Leaves, threshold: float, kind: int, left: list[int], right: list[int]) -> None:
    """A split on the second clock; where that is missing the row goes one way, and the other leaves are lost."""
    leaves.until[left] = np.minimum(leaves.until[left], threshold)
    leaves.after[right] = np.maximum(leaves.after[right], threshold)
    has_direction = kind >> MISSING_SHIFT & MISSING_MASK == MISSING_IS_NAN
    goes_left = kind & DEFAULT_LEFT > 0 if has_direction else threshold >= 0  # else LightGBM reads 0
    leaves.if_missing[right if goes_left else left] = False


def _leaves_below(tree: Fields) -> list[tuple[list[int], list[int]]]:
    """Leaves on the left and on the right of each split."""
    pairs = zip(integers(tree, "left_child").tolist(), integers(tree, "right_child").tolist(), strict=True)
    children = list(pairs)
    found: list[tuple[list[int], list[int]]] = [([], [])] * len(children)

    def below(node: int) -> list[int]:
        if node < 0:
            return [~node]
        left, right = children[node]
        found[node] = below(left), below(right)
        return found[node][0] + found[node][1]

    below(0 if children else -1)
    return found


def _bits(places: list[int]) -> int:
    return sum(1 << place for place in places)
