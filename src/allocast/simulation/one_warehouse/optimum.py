"""The exact optimum of the smallest systems: three locations that are alike, all lead times 1, unmet demand lost."""

from itertools import combinations_with_replacement, permutations

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray
from allocast.simulation.one_warehouse.system import OneWarehouse

__all__ = ["optimal_cost_bounds"]

_MOST_STEPS = 500


def optimal_cost_bounds(
    system: OneWarehouse,
    *,
    largest_stock: int = 12,
    largest_centre: int = 20,
    largest_shipment: int = 8,
    tolerance: float = 1e-4,
) -> tuple[float, float]:
    """Bounds of the least average cost of a period, over all ways to order and to ship, by value iteration.

    The state is what the warehouse can ship and what each location can sell. States and shipments are cut off at the
    given units: what is above them is thrown away. As locations are alike, shipments are tried in one order only.

    Parameters
    ----------
    system : OneWarehouse
    largest_stock, largest_centre, largest_shipment : int, in units
    tolerance : float, money a period
        How far the bounds may be apart.

    Returns
    -------
    low, high : float, money a period

    Raises
    ------
    DataError
        The system is not of that kind, or the bounds do not come together.

    References
    ----------
    Bounds: Odoni (1969), On finding the maximal gain for Markov decision processes, Operations Research 17(5), 857-860.
    """
    laws = system.demand.probability
    if system.unmet != "lost" or (system.lead_time, *system.location_lead_times) != (1, 1, 1, 1):
        raise DataError(
            f"only three locations, lead times of 1 and lost sales can be solved, not {system.name}."
        )
    if (laws != laws[0]).any():
        raise DataError(f"only locations that are alike can be solved; those of {system.name} are not.")
    sale, cost = _one_location(system, largest_stock)
    costs = cost[:, None, None] + cost[None, :, None] + cost[None, None, :]
    value = np.zeros((largest_centre + 1, *costs.shape))
    for _ in range(_MOST_STEPS):
        after = costs + _best(value, sale, system.warehouse_holding_cost, largest_shipment)
        change = after - value
        low, high = float(change.min()), float(change.max())
        if high - low <= tolerance:
            return low, high
        value = after - after.min()
    raise DataError(f"the bounds of the optimum of {system.name} are still {low} and {high}.")


def _one_location(system: OneWarehouse, largest: int) -> tuple[FloatArray, FloatArray]:
    """What is left after a period, as probabilities by what there was, and the expected cost of the period."""
    law = system.demand.probability[0]
    stock, units = np.arange(largest + 1)[:, None], np.arange(len(law))
    left, missed = np.maximum(stock - units, 0), np.maximum(units - stock, 0)
    sale = (left[..., None] == np.arange(largest + 1)).transpose(0, 2, 1) @ law
    return sale, (system.holding_cost * left + system.shortage_cost * missed) @ law


def _best(value: FloatArray, sale: FloatArray, holding_cost: float, largest_shipment: int) -> FloatArray:
    """Least holding cost and expected value over all orders and shipments, by state."""
    best, room = np.full_like(value, np.inf), len(value)
    for shipped in combinations_with_replacement(range(largest_shipment + 1), 3):
        total = sum(shipped)
        if total >= room:
            continue
        coming = _expected(value, sale, shipped)
        left_at_least = np.minimum.accumulate(coming[::-1], axis=0)[::-1]  # an order of any size
        cost = left_at_least[: room - total] + holding_cost * np.arange(room - total)[:, None, None, None]
        for axes in permutations((1, 2, 3)):
            np.minimum(best[total:], cost.transpose(0, *axes), out=best[total:])
    return best


def _expected(value: FloatArray, sale: FloatArray, shipped: tuple[int, ...]) -> FloatArray:
    """Value of what is left at each location and what is shipped to it, expected over demand."""
    top = value.shape[1] - 1
    for units in shipped:
        then = np.minimum(np.arange(top + 1) + units, top)
        value = np.moveaxis(np.take(value, then, axis=1), 1, 3) @ sale.T
    return value
