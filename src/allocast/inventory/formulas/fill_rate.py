"""The fill rate of a level: the share of demand that is met from stock at once, and the level that reaches one.

Of what is asked for between one order's arrival and the next, short is what the level lacks at the end beyond what it
lacked at the beginning: E(D₂ − S)⁺ − E(D₁ − S)⁺, where D₁ is the demand until an order arrives and D₂ until the next
one does. What is missed waits; where it is lost, the fill rate is a little higher than computed here.
"""

import numpy as np

from allocast.errors import DataError
from allocast.inventory.formulas.compound_demand import Moments
from allocast.inventory.formulas.losses import expected_shortage, normal_loss
from allocast.inventory.formulas.safety_stock import require_service
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.checks import require_shape
from allocast.numerics.discrete import DiscreteDistribution

__all__ = [
    "fill_rate_of_batches",
    "fill_rate_of_level",
    "level_for_fill_rate",
    "normal_fill_rate",
    "reorder_point_for_fill_rate",
]


def fill_rate_of_level(before: FloatArray, through: FloatArray, level: FloatArray) -> FloatArray:
    """The fill rate of an order-up-to level, from samples, shape (n_series,).

    Parameters
    ----------
    before : array of shape (n_series, n_paths), in units
        Demand of each path until an order arrives: over the lead time.
    through : array of shape (n_series, n_paths), in units
        Of the same path until the next order can: over the protection interval. Never below ``before``.
    level : array of shape (n_series,), in units

    Returns
    -------
    fill_rate : array of shape (n_series,), in [0, 1]
        1 where no path asks for anything.

    References
    ----------
    Silver, Pyke and Thomas, *Inventory and Production Management in Supply Chains*, 4th ed., section 6.9; Sobel (2004),
    Fill rates of single-stage and multistage supply systems, Manufacturing & Service Operations Management 6(1), 41-52.

    Examples
    --------
    Lead time 0, demand of 2 or 6, stock of 4: of eight units six are met.

    >>> fill_rate_of_level(np.zeros((1, 2)), np.array([[2.0, 6.0]]), np.array([4.0]))
    array([0.75])
    """
    before, through = _coupled(before, through)
    at = np.asarray(level, dtype=np.float64)[:, None]
    short = (np.maximum(through - at, 0.0) - np.maximum(before - at, 0.0)).mean(axis=1)
    asked = (through - before).mean(axis=1)
    return np.asarray(1 - np.divide(short, asked, out=np.zeros_like(short), where=asked > 0))


def level_for_fill_rate(before: FloatArray, through: FloatArray, fill_rate: FloatArray) -> FloatArray:
    """The smallest whole level whose fill rate is at least this, from samples, shape (n_series,), in units.

    Parameters
    ----------
    before, through : arrays of shape (n_series, n_paths), in units
        As in ``fill_rate_of_level``, whose reference it shares.
    fill_rate : array of shape (n_series,), in (0, 1)

    Raises
    ------
    DataError
        A fill rate is not within 0 and 1, or a path asks for less by the next arrival than by the one before.

    Examples
    --------
    >>> level_for_fill_rate(np.zeros((1, 2)), np.array([[2.0, 6.0]]), np.array([0.8]))
    array([5.])
    """
    target = require_service("fill_rate", fill_rate)
    before, through = _coupled(before, through)
    low = np.full(len(through), -1.0)  # too little
    high: FloatArray = np.ceil(through.max(axis=1))  # enough: nothing is ever short
    while (high - low > 1).any():
        middle = np.ceil((low + high) / 2)
        enough = fill_rate_of_level(before, through, middle) >= target - 1e-12
        open_ = high - low > 1
        low, high = np.where(open_ & ~enough, middle, low), np.where(open_ & enough, middle, high)
    return high


def fill_rate_of_batches(
    before: DiscreteDistribution, through: DiscreteDistribution, reorder_point: IntArray, batch: IntArray
) -> FloatArray:
    """The fill rate of an (R, nQ) policy, exactly, shape (n_series,).

    Ordering whole batches whenever the position is at or below the reorder point keeps it at each of R + 1, …, R + Q
    for an equal share of the time; each is a level with a fill rate of its own.

    Parameters
    ----------
    before, through : DiscreteDistributions of n_series rows
        Demand over the lead time, and over the protection interval.
    reorder_point : array of int, shape (n_series,), in units
        An order is placed where the position is at or below it.
    batch : array of int, shape (n_series,), whole units, >= 1

    References
    ----------
    Hadley and Whitin (1963), *Analysis of Inventory Systems*, section 5-3, for the uniform position; Axsäter,
    *Inventory Control*, 3rd ed., sections 5.3.1 and 5.3.2.

    Examples
    --------
    Positions 2 and 3, each for half of the time, and a demand of 0 to 4 with lead time 0:

    >>> demand = DiscreteDistribution(probability=np.full((1, 5), 0.2))
    >>> nothing = DiscreteDistribution.certain(np.zeros(1, dtype=int))
    >>> fill_rate_of_batches(nothing, demand, np.array([1]), np.array([2]))
    array([0.8])
    """
    smallest, most = np.asarray(reorder_point), np.asarray(batch)
    if (most < 1).any():
        raise DataError(f"batch must be >= 1 unit; the smallest is {most.min()}.")
    step = np.arange(int(most.max()))
    positions = smallest[:, None] + 1 + step
    new = expected_shortage(through, positions) - expected_shortage(before, positions)
    short = np.where(step < most[:, None], new, 0.0).sum(axis=1) / most
    asked = through.mean - before.mean
    return np.asarray(1 - np.divide(short, asked, out=np.zeros_like(short), where=asked > 0))


def normal_fill_rate(demand: Moments, reorder_point: FloatArray, batch: FloatArray) -> FloatArray:
    """The fill rate of an (R, Q) policy for normal lead-time demand, shape (n_series,).

    1 − σ / Q [G((R − μ) / σ) − G((R + Q − μ) / σ)], where each order is placed as soon as the position is at R. Its
    second term is what the shorter formula of ``normal_safety_stock_for_fill_rate`` leaves out.

    Parameters
    ----------
    demand : Moments
        Over the lead time; deviations > 0.
    reorder_point, batch : arrays of shape (n_series,), in units

    References
    ----------
    Axsäter, *Inventory Control*, 3rd ed., section 5.3.4.

    Examples
    --------
    >>> over = Moments(mean=np.array([40.0]), deviation=np.array([10.0]))
    >>> normal_fill_rate(over, np.array([50.0]), np.array([41.65])).round(4)
    array([0.98])
    """
    k = (reorder_point - demand.mean) / demand.deviation
    short = normal_loss(k) - normal_loss(k + batch / demand.deviation)
    return np.asarray(1 - demand.deviation / batch * short)


def reorder_point_for_fill_rate(demand: Moments, batch: FloatArray, fill_rate: FloatArray) -> FloatArray:
    """The reorder point R whose (R, Q) policy has this fill rate, for normal demand, shape (n_series,), in units.

    Parameters
    ----------
    demand : Moments
        Over the lead time; deviations > 0.
    batch : array of shape (n_series,), in units, > 0
    fill_rate : array of shape (n_series,), in (0, 1)

    Raises
    ------
    DataError
        A fill rate is not within 0 and 1, or a deviation or a batch is not above 0.

    References
    ----------
    Axsäter, *Inventory Control*, 3rd ed., section 5.3.4.

    Examples
    --------
    >>> over = Moments(mean=np.array([40.0]), deviation=np.array([10.0]))
    >>> reorder_point_for_fill_rate(over, np.array([5.0]), np.array([0.9])).round(2)
    array([50.45])
    """
    target = require_service("fill_rate", fill_rate)
    batch = np.asarray(batch, dtype=np.float64)
    if not ((batch > 0).all() and (demand.deviation > 0).all()):
        raise DataError(
            "batch and deviation must be > 0 units; without either there is no shortage to share out."
        )
    low = demand.mean - batch - 40 * demand.deviation  # serves nothing
    high = demand.mean + 40 * demand.deviation  # serves all
    for _ in range(80):
        middle = (low + high) / 2
        enough = normal_fill_rate(demand, middle, batch) >= target
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return high


def _coupled(before: FloatArray, through: FloatArray) -> tuple[FloatArray, FloatArray]:
    require_shape("before", before, through.shape)
    fewer = before > through + 1e-9
    if fewer.any():
        row, path = np.argwhere(fewer)[0]
        raise DataError(
            f"demand only adds up: before must never be above through; series {row}, path {path} has "
            f"{before[row, path]:g} and {through[row, path]:g}."
        )
    return before, through
