"""The level of hazards: what has to be added to them so that rows not learned from end as often as is said."""

from collections.abc import Sequence

import lightgbm as lgb
import numpy as np

from allocast.numerics.arrays import BoolArray, FloatArray, IntArray
from allocast.supply.survival.clocks import Clocks
from allocast.supply.survival.durations import Durations
from allocast.supply.survival.interval_trees import IntervalTrees
from allocast.supply.survival.piecewise import PiecewiseExponential

__all__ = ["level_of", "level_of_members"]

COMPARED_ROWS = 20_000  # that the level is taken from
BLOCK_ROWS = 4_000  # of them at once: bounds memory
LARGEST = 2.0  # of the level, up or down
STEPS = 40  # of halving the interval


def level_of_members(
    members: Sequence[lgb.Booster],
    rows: Durations,
    left_out: IntArray,
    clocks: Clocks,
    rng: np.random.Generator,
) -> float:
    """What is to be added to the log hazards of boosters, each judged on the rows that it did not learn from.

    Trees fit some of the noise of their rows; those with a high hazard by chance are at risk for less long than others
    like them, so that new rows see fewer events than expected, a few in a hundred.

    Parameters
    ----------
    members : sequence of Booster
    rows : Durations of n_rows
    left_out : array of shape (n_rows,)
        The member that has not learned from each row.
    clocks : Clocks
        The last columns of what the members were trained on.
    rng : Generator
        Draws the rows compared.
    """
    some = np.sort(rng.permutation(len(rows))[:COMPARED_ROWS])
    trees = [IntervalTrees.from_text(each.model_to_string(), clocks) for each in members]
    expected = np.empty(len(some))
    for start in range(0, len(some), BLOCK_ROWS):
        block = slice(start, start + BLOCK_ROWS)
        expected[block] = _expected(trees, rows, left_out, some[block])
    return level_of(expected, rows.event[some], rows.weight[some])


def level_of(expected: FloatArray, event: BoolArray, weight: FloatArray) -> float:
    """Logarithm of the factor on hazards at which rows end as often as their curves say.

    The curve of a row falls from 1 to s while it is watched, and must fall as much, on average, as rows that end
    stood when they did: the sum of s (1 + event) - 1 is 0. That is the sum of events less those expected, each
    counted by the curve at its time. Counted alike, the few with most hazard by chance, whose curves are at 0 by then,
    would lower all others; and this way the mean place of durations in their own distributions is one half.

    Parameters
    ----------
    expected : array of shape (n,), >= 0
        Cumulative hazard of each row while it was watched.
    event : array of bool, shape (n,)
    weight : array of shape (n,), >= 0

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> days = rng.exponential(size=10_000)
    >>> float(level_of(2 * days, np.ones(10_000, dtype=bool), np.ones(10_000)).__round__(1))
    -0.7
    """
    low, high = -LARGEST, LARGEST
    for _ in range(STEPS):
        middle = (low + high) / 2
        left = np.exp(-np.exp(middle) * expected)
        if weight @ (left * (1.0 + event) - 1.0) > 0:
            low = middle  # curves stay too high: more hazard
        else:
            high = middle
    return (low + high) / 2


def _expected(trees: list[IntervalTrees], rows: Durations, left_out: IntArray, some: IntArray) -> FloatArray:
    """Cumulative hazard of some rows, from entry to end, by the member without them.

    The mean of the logarithms of hazards expects less than their mean: by so much it is lowered.
    """
    entry = rows.entry[some]
    edges = trees[0].clocks.edges
    begun = np.searchsorted(edges[1:-1], entry, side="left")
    logs = np.stack([each.log_rates(np.ascontiguousarray(rows.x[some]), begun) for each in trees])

    def gathered(rates: FloatArray) -> FloatArray:
        curves = PiecewiseExponential(edges=edges, rates=rates)
        return curves.cumulative(rows.duration[some, None], entry)[:, 0]

    each = np.stack([gathered(np.exp(own)) for own in logs])
    mean = each.mean(axis=0)
    ratio = np.divide(gathered(np.exp(logs.mean(axis=0))), mean, out=np.ones_like(mean), where=mean > 0)
    expected: FloatArray = each[left_out[some], np.arange(len(some))] * ratio
    return expected
