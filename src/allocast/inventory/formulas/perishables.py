"""What perishes: how much an order will really serve, when some stock expires first and some of the order may, too."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.checks import require_at_least, require_shape

__all__ = [
    "FifoPeriod",
    "expected_expiry",
    "perishable_order",
    "serve_first_in_first_out",
    "usable_order",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class FifoPeriod:
    """What came of one period on each path; all arrays have shape (n_series, n_paths), in units.

    Parameters
    ----------
    unmet : demand that stock did not serve
    expired : units whose last period this was
    left : units that can still be sold in later periods
    """

    unmet: FloatArray
    expired: FloatArray
    left: FloatArray


def serve_first_in_first_out(
    stock_by_life: FloatArray, arrivals: FloatArray, demand: FloatArray
) -> Iterator[FifoPeriod]:
    """Go through the coming periods, serving from the oldest units first and throwing away what expires.

    What is not served is lost to the stock: it takes nothing of later arrivals.

    Parameters
    ----------
    stock_by_life : array of shape (n_series, shelf_life), in units
        Column ``k`` can still be sold in ``k + 1`` periods.
    arrivals : array of shape (n_series, n_paths, n_periods), in units
        With the whole shelf life before them, the period in which they arrive included.
    demand : array of shape (n_series, n_paths, n_periods), in units

    Examples
    --------
    Three old units and two fresh ones meet a demand of 1 and 4:

    >>> periods = serve_first_in_first_out(np.array([[3.0, 2.0]]), np.zeros((1, 1, 2)), np.array([[[1.0, 4.0]]]))
    >>> [(float(p.unmet[0, 0]), float(p.expired[0, 0]), float(p.left[0, 0])) for p in periods]
    [(0.0, 2.0, 2.0), (2.0, 0.0, 0.0)]
    """
    require_at_least("stock_by_life", stock_by_life)
    require_shape("arrivals", arrivals, demand.shape)
    n, n_paths, n_periods = demand.shape
    by_life = [np.repeat(stock_by_life[:, k, None], n_paths, axis=1) for k in range(stock_by_life.shape[1])]
    for period in range(n_periods):
        by_life[-1] = by_life[-1] + arrivals[:, :, period]
        waiting = demand[:, :, period]
        for k, units in enumerate(by_life):
            sold = np.minimum(units, waiting)
            by_life[k], waiting = units - sold, waiting - sold
        expired = by_life.pop(0)
        by_life.append(np.zeros((n, n_paths)))
        yield FifoPeriod(unmet=waiting, expired=expired, left=sum(by_life, np.zeros((n, n_paths))))


def usable_order(
    stock_by_life: FloatArray,
    arrivals: FloatArray,
    demand: FloatArray,
    lead_time: IntArray,
    *,
    review_periods: int = 1,
    waits: bool = False,
) -> tuple[FloatArray, FloatArray]:
    """How much of an order placed now is needed, and how much can be sold at all, path by path.

    Parameters
    ----------
    stock_by_life, arrivals, demand
        As for ``serve_first_in_first_out``.
    lead_time : array of int, shape (n_series, n_paths), in periods
    review_periods : int, >= 1
    waits : bool
        Whether demand that is missed before the order arrives waits for it (True) or is lost.

    Returns
    -------
    need : array of shape (n_series, n_paths), in units
        What demand asks for between the order's arrival and the next one's, beyond stock that has not expired by then;
        negative where such stock is left over.
    room : array of shape (n_series, n_paths), in units
        What demand asks for before the order expires, older stock served first; infinite where that is beyond the
        paths.

    Raises
    ------
    DataError
        The paths are shorter than the longest protection interval.

    Examples
    --------
    Five units, three of them in their last period; 2 are asked for in each period; an order comes after one:

    >>> need, room = usable_order(np.array([[3.0, 2.0]]), np.zeros((1, 1, 4)), np.full((1, 1, 4), 2.0),
    ...                           np.array([[1]]), review_periods=2)
    >>> need, room
    (array([[2.]]), array([[2.]]))
    """
    end = lead_time + review_periods
    if end.max(initial=0) > demand.shape[2]:
        raise DataError(
            f"demand paths must cover the longest protection interval of {end.max()} periods; they have "
            f"{demand.shape[2]}. Forecast further ahead."
        )
    first = np.zeros_like(lead_time) if waits else lead_time  # whose demand the order can serve
    need = np.zeros(lead_time.shape)
    for period, outcome in enumerate(serve_first_in_first_out(stock_by_life, arrivals, demand)):
        need += np.where((period >= first) & (period < end), outcome.unmet, 0.0)
        need = np.where(period == end - 1, need - outcome.left, need)
    # what arrives later is fresher, and is sold later
    earlier = np.where(np.arange(demand.shape[2]) <= lead_time[:, :, None], arrivals, 0.0)
    expiry = lead_time + stock_by_life.shape[1]
    room = np.where(expiry > demand.shape[2], np.inf, 0.0)
    for period, outcome in enumerate(serve_first_in_first_out(stock_by_life, earlier, demand)):
        room += np.where((period >= first) & (period < expiry), outcome.unmet, 0.0)
    return need, room


def expected_expiry(
    stock_by_life: FloatArray, arrivals: FloatArray, demand: FloatArray, until: IntArray
) -> FloatArray:
    """Units of what is on hand and on order that are expected to expire before a period, shape (n_series,).

    Parameters
    ----------
    stock_by_life, arrivals, demand
        As for ``serve_first_in_first_out``.
    until : array of int, shape (n_series, n_paths), in periods
        Expiry in earlier periods counts.

    Examples
    --------
    >>> expected_expiry(np.array([[3.0, 2.0]]), np.zeros((1, 1, 1)), np.ones((1, 1, 1)), np.array([[1]]))
    array([2.])
    """
    expired = np.zeros(until.shape)
    for period, outcome in enumerate(serve_first_in_first_out(stock_by_life, arrivals, demand)):
        expired += np.where(period < until, outcome.expired, 0.0)
    return np.asarray(expired.mean(axis=1))


def perishable_order(
    need: FloatArray,
    room: FloatArray,
    *,
    holding_cost: FloatArray,
    shortage_cost: FloatArray,
    waste_cost: FloatArray,
) -> FloatArray:
    """The largest order whose last unit is worth it, shape (n_series,), in whole units.

    A unit is worth it while p P(need >= q) > h P(need < q) + w P(room < q): it saves a shortage, or it is held, and
    if it cannot be sold in its life it is thrown away. Without waste this is the newsvendor's quantile of the need.

    Parameters
    ----------
    need, room : arrays of shape (n_series, n_paths), in units
        From ``usable_order``.
    holding_cost, shortage_cost, waste_cost : arrays of shape (n_series,), money per unit, >= 0
        Where sales are lost, a shortage costs the margin: what was not bought was not paid for, either. Waste costs
        what the unit was bought for and what it takes to get rid of it.

    References
    ----------
    The marginal argument of the newsvendor (Snyder and Shen, *Fundamentals of Supply Chain Theory*, 2nd ed., section
    4.3) with a cost of outdating; correcting the stock for what will expire is the idea of Broekmeulen and van
    Donselaar (2009), A heuristic to manage perishable inventory with batch ordering, positive lead-times, and
    time-varying demand, Computers & Operations Research 36(11), 3013-3018.

    Examples
    --------
    >>> need, room = np.arange(1.0, 101)[None, :], np.full((1, 100), 60.0)
    >>> rates = {"holding_cost": np.ones(1), "shortage_cost": np.array([4.0])}
    >>> perishable_order(need, room, waste_cost=np.zeros(1), **rates)
    array([80.])
    >>> perishable_order(need, room, waste_cost=np.array([9.0]), **rates)
    array([60.])
    """
    low, high = np.zeros(len(need)), np.maximum(np.ceil(need.max(axis=1)), 0.0) + 1  # worth it; not worth it
    while (high - low > 1).any():
        middle = np.floor((low + high) / 2)
        needed = (need >= middle[:, None] - 1e-9).mean(axis=1)
        wasted = (room < middle[:, None] - 1e-9).mean(axis=1)
        worth = shortage_cost * needed > holding_cost * (1 - needed) + waste_cost * wasted + 1e-12
        low = np.where(worth & (high - low > 1), middle, low)
        high = np.where(~worth & (high - low > 1), middle, high)
    return low
