"""The compiled part of scoring all periods of a row at once: splits on features as bits, leaves as intervals."""

import numpy as np

from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.compiled import compiled
from allocast.supply.survival.leaf_intervals import MISSING_IS_NAN, MISSING_IS_ZERO

__all__ = ["score_intervals"]

LANES = 64  # rows that meet a split together; with 32 scoring took a fifth longer, with 128 no less
TINY = float(np.float32(1e-35))  # LightGBM reads anything nearer to 0 as 0
DE_BRUIJN = 0x03F79D71B4CB0A89  # 64 bits in which each run of six is another number
BIT = np.zeros(
    64, np.uint8
)  # which bit the product of DE_BRUIJN and a power of 2 comes from, by its first six
BIT[[(DE_BRUIJN << bit & 2**64 - 1) >> 58 for bit in range(64)]] = range(64)


@compiled
def score_intervals(
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
