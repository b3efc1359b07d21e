"""Demand until a new order has been followed by the next: both demand and lead time are random."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray, IntArray, freeze
from allocast.numerics.checks import require_at_least
from allocast.numerics.compiled import compiled

__all__ = ["LeadTimeDemand", "lead_time_demand", "projected_need", "sample_quantile"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadTimeDemand:
    """Sampled demand over the protection interval of each series.

    Parameters
    ----------
    units : array of shape (n_series, n_paths), in units, >= 0

    Examples
    --------
    >>> demand = LeadTimeDemand(units=np.array([[4.0, 6.0, 8.0, 10.0]]))
    >>> demand.quantile(np.array([0.6]))
    array([8.])
    """

    units: FloatArray

    def __post_init__(self) -> None:
        units = np.asarray(self.units, dtype=np.float64)
        if units.ndim != 2 or units.shape[1] == 0:
            raise DataError(f"lead-time demand must have shape (n_series, n_paths); it has {units.shape}.")
        require_at_least("lead-time demand", units)
        object.__setattr__(self, "units", freeze(units))

    def quantile(self, level: FloatArray) -> FloatArray:
        """The smallest sampled demand that covers a further one with this probability, shape (n_series,).

        Parameters
        ----------
        level : array of shape (n_series,), in [0, 1]
        """
        return sample_quantile(self.units, level)

    def quantiles(self, levels: Sequence[float]) -> FloatArray:
        """The same quantiles of every series, shape (n_levels, n_series); see ``quantile``."""
        places = [_place(level, self.units.shape[1]) for level in levels]
        return np.ascontiguousarray(np.partition(self.units, places, axis=1)[:, places].T)

    @property
    def mean(self) -> FloatArray:
        """Expected demand, shape (n_series,)."""
        mean: FloatArray = self.units.mean(axis=1)
        return mean

    def expected_shortage(self, level: FloatArray) -> FloatArray:
        """Expected demand beyond a level of stock, shape (n_series,), in units."""
        shortage: FloatArray = np.maximum(self.units - level[:, None], 0.0).mean(axis=1)
        return shortage


def lead_time_demand(demand: FloatArray, lead_time: IntArray, *, review_periods: int = 1) -> LeadTimeDemand:
    """Demand over the protection interval, review period + lead time, path by path.

    Parameters
    ----------
    demand : array of shape (n_series, n_paths, n_periods), in units
        Sampled demand of the coming periods.
    lead_time : array of int, shape (n_series, n_paths), in periods
        Sampled lead time on each path.
    review_periods : int, >= 1

    Raises
    ------
    DataError
        The demand paths are shorter than the longest protection interval.
    """
    interval = np.asarray(lead_time) + review_periods
    _require_length(demand, interval)
    return LeadTimeDemand(units=_sum_of_first(freeze(demand), interval))


def projected_need(
    demand: FloatArray,
    arrivals: FloatArray,
    on_hand: FloatArray,
    lead_time: IntArray,
    *,
    backordered: FloatArray,
    backorders: bool,
    review_periods: int = 1,
) -> FloatArray:
    """Units an order placed now should bring, path by path, to serve the periods between its arrival and the next.

    On each path the stock is carried forward period by period, with what is on order arriving in its time and
    unmet demand lost (or owed, with backorders), to the period in which the new order arrives. The need is the
    demand from then until the next order can arrive, less the stock and arrivals of that time. With lost sales
    this is less than order-up-to minus position: demand that was lost meanwhile needs no replacement.

    Parameters
    ----------
    demand, arrivals : arrays of shape (n_series, n_paths, n_periods), in units
    on_hand, backordered : arrays of shape (n_series,), in units
    lead_time : array of int, shape (n_series, n_paths), in periods
    backorders : bool
    review_periods : int, >= 1

    Returns
    -------
    need : array of shape (n_series, n_paths), in units
        Negative where stock will be left over even without an order.

    Raises
    ------
    DataError
        The paths are shorter than the longest protection interval.
    """
    end = np.asarray(lead_time) + review_periods
    _require_length(demand, end)
    start = np.asarray(on_hand - backordered, dtype=np.float64)
    return _need(freeze(demand), freeze(arrivals), start, np.asarray(lead_time), end, backorders)


@compiled
def _sum_of_first(demand: FloatArray, periods: IntArray) -> FloatArray:
    """Demand of the first periods of each path, as many as given."""
    total = np.zeros(periods.shape)
    for i in range(periods.shape[0]):
        for p in range(periods.shape[1]):
            units = 0.0
            for period in range(periods[i, p]):
                units += demand[i, p, period]
            total[i, p] = units
    return total


@compiled
def _need(
    demand: FloatArray,
    arrivals: FloatArray,
    start: FloatArray,
    lead_time: IntArray,
    end: IntArray,
    backorders: bool,
) -> FloatArray:
    """What each path is short of before the next order can arrive."""
    need = np.zeros(end.shape)
    for i in range(end.shape[0]):
        for p in range(end.shape[1]):
            stock = start[i]
            for period in range(end[i, p]):
                stock = stock + arrivals[i, p, period] - demand[i, p, period]
                lost = (
                    not backorders and period < lead_time[i, p]
                )  # once the order is there, it adds to the need
                if lost and stock < 0.0:
                    stock = 0.0
            need[i, p] = -stock
    return need


def sample_quantile(samples: FloatArray, level: FloatArray) -> FloatArray:
    """The smallest sample of each row that covers a further draw with this probability.

    Of n samples and one more that is drawn like them, each place of the new one among the others is equally likely:
    the k-th smallest covers it with probability k ÷ (n + 1). The smallest that covers a share of the samples would
    cover less of what comes, half a point at 200 paths. Where even the largest covers less, it is taken.

    Parameters
    ----------
    samples : array of shape (n_rows, n_samples)
    level : array of shape (n_rows,), in [0, 1]

    Returns
    -------
    quantile : array of shape (n_rows,)

    References
    ----------
    Vovk, V., Gammerman, A. and Shafer, G. (2005), Algorithmic Learning in a Random World, Springer, section 2.2.

    Examples
    --------
    Nine of ten places lie below the largest of nine:

    >>> sample_quantile(np.arange(1.0, 10)[None, :], np.array([0.9]))
    array([9.])
    """
    place = _place(level, samples.shape[1])
    return np.take_along_axis(np.sort(samples, axis=1), place[:, None], axis=1)[:, 0]


def _place(level: float | FloatArray, n: int) -> IntArray:
    """Place among n sorted samples of the smallest that covers a further one with this probability."""
    return np.clip(np.ceil(np.asarray(level) * (n + 1) - 1e-9).astype(np.int64) - 1, 0, n - 1)


def _require_length(demand: FloatArray, interval: IntArray) -> None:
    if interval.max(initial=0) > demand.shape[2]:
        raise DataError(
            f"demand paths must cover the longest protection interval of {interval.max()} periods; "
            f"they have {demand.shape[2]}. Forecast further ahead."
        )
