"""Stages in a row, each fed by the next: the base stock levels of Clark and Scarf."""

from dataclasses import dataclass

import numpy as np

from allocast.errors import DataError
from allocast.inventory.formulas.losses import expected_after
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.checks import require_shape
from allocast.numerics.discrete import DiscreteDistribution

__all__ = ["SerialSystem", "serial_system"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SerialSystem:
    """The best echelon base stock levels of a serial system, customers' stage first.

    Parameters
    ----------
    echelon_levels : array of int, shape (n_stages,), in units
        Each stage orders so that all stock from there to the customers, less what is owed, reaches its level.
    cost : float, money per period
    """

    echelon_levels: IntArray
    cost: float

    @property
    def local_levels(self) -> IntArray:
        """Base stock of each stage for itself, shape (n_stages,): what its level is beyond the next one's."""
        lowest = np.minimum.accumulate(self.echelon_levels[::-1])[::-1]
        return np.diff(lowest, prepend=0)


def serial_system(
    lead_time_demand: DiscreteDistribution, *, echelon_holding_cost: FloatArray, shortage_cost: float
) -> SerialSystem:
    """The policy that costs least in the long run, exactly, for demand in whole units that waits.

    From the customers upwards each stage is a newsvendor of its own, whose shortage cost is what its shortage does to
    all stages below it.

    Parameters
    ----------
    lead_time_demand : DiscreteDistribution of n_stages rows
        Demand over the lead time from the stage above, the customers' stage first. Stock is watched at all times; where
        it is reviewed once a period, the customers' stage needs the demand of its lead time and that period.
    echelon_holding_cost : array of shape (n_stages,), money per unit and period, > 0
        What holding a unit costs at the stage more than at the stage above it.
    shortage_cost : float, money per unit owed to customers and period, > 0

    Raises
    ------
    DataError
        A cost is not above 0, or there is not one for each stage.

    References
    ----------
    Clark and Scarf (1960), Optimal policies for a multi-echelon inventory problem, Management Science 6(4), 475-490;
    Chen and Zheng (1994), Lower bounds for multi-echelon stochastic inventory systems, Management Science 40(11),
    1426-1443; Snyder and Shen, *Fundamentals of Supply Chain Theory*, 2nd ed., section 6.2, example 6.1.

    Examples
    --------
    Example 6.1 in steps of a hundredth of a unit; the book's levels are 6.49, 12.02 and 22.71, its cost is 47.65:

    >>> from allocast.numerics.discrete_laws import rounded_normal
    >>> lead_times = np.array([1.0, 1, 2])
    >>> demand = rounded_normal(100 * 5 * lead_times, 100 * np.sqrt(lead_times))
    >>> best = serial_system(demand, echelon_holding_cost=np.array([0.03, 0.02, 0.02]), shortage_cost=0.3712)
    >>> best.echelon_levels / 100, round(best.cost, 2)
    (array([ 6.49, 12.02, 22.71]), 47.66)
    """
    rates = np.asarray(echelon_holding_cost, dtype=np.float64)
    n_stages, most = lead_time_demand.probability.shape[0], lead_time_demand.probability.shape[1] - 1
    require_shape("echelon_holding_cost", rates, (n_stages,))
    if not ((rates > 0).all() and 0 < shortage_cost < np.inf):
        raise DataError(
            f"costs must be > 0; those of holding are {rates.tolist()}, that of a shortage is {shortage_cost:g}."
        )
    stock = np.arange(-1, n_stages * most + 1)
    below = (shortage_cost + rates.sum()) * np.maximum(-stock, 0.0)
    levels = np.zeros(n_stages, dtype=np.int64)
    for stage, rate in enumerate(rates):
        cost = expected_after(rate * stock + below, lead_time_demand.probability[stage])
        best = int(np.argmin(cost))
        levels[stage] = stock[best]
        below = cost[np.minimum(np.arange(len(stock)), best)]
    return SerialSystem(echelon_levels=levels, cost=float(below[-1]))
