"""How much to order at a time, where demand is steady and ordering costs money."""

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray

__all__ = ["economic_order_quantity", "economic_production_quantity", "lot_cost"]


def economic_order_quantity(
    demand: FloatArray, *, order_cost: FloatArray, holding_cost: FloatArray
) -> FloatArray:
    """The batch that balances order cost against holding cost: Q* = sqrt(2 K λ / h).

    Parameters
    ----------
    demand : array of shape (n_series,), units per period
    order_cost : array of shape (n_series,), money per order
    holding_cost : array of shape (n_series,), money per unit per period
        Where it is 0, holding is free and the batch is not defined: it is taken as one period's demand.

    Returns
    -------
    batch : array of shape (n_series,), in units

    References
    ----------
    Snyder and Shen, *Fundamentals of Supply Chain Theory*, 2nd ed., equation (3.4), example 3.1.

    Examples
    --------
    >>> economic_order_quantity(np.array([1300.0]), order_cost=np.array([8.0]),
    ...                         holding_cost=np.array([0.225])).round(3)
    array([304.047])
    """
    ratio = np.divide(2 * order_cost * demand, holding_cost, out=demand**2, where=holding_cost > 0)
    batch: FloatArray = np.sqrt(ratio)
    return batch


def lot_cost(
    demand: FloatArray, *, batch: FloatArray, order_cost: FloatArray, holding_cost: FloatArray
) -> FloatArray:
    """What ordering in batches costs per period: K λ / Q + h Q / 2, shape (n_series,).

    Parameters
    ----------
    demand : array of shape (n_series,), units per period
    batch : array of shape (n_series,), in units, > 0
    order_cost : array of shape (n_series,), money per order
    holding_cost : array of shape (n_series,), money per unit per period

    Raises
    ------
    DataError
        A batch is not above 0.

    References
    ----------
    Snyder and Shen, *Fundamentals of Supply Chain Theory*, 2nd ed., equations (3.3) to (3.5), example 3.1.

    Examples
    --------
    >>> rates = {"order_cost": np.array([8.0]), "holding_cost": np.array([0.225])}
    >>> lot_cost(np.array([1300.0]), batch=np.array([304.047]), **rates).round(4)
    array([68.4105])
    """
    if not (np.asarray(batch) > 0).all():
        raise DataError(f"batch must be > 0 units; the smallest is {np.min(batch)}.")
    return np.asarray(order_cost * demand / batch + holding_cost * batch / 2)


def economic_production_quantity(
    demand: FloatArray, *, order_cost: FloatArray, holding_cost: FloatArray, production_rate: FloatArray
) -> FloatArray:
    """The batch where it is not there at once but made at a finite rate: Q* = sqrt(2 K λ / (h (1 − λ / μ))).

    While a batch is made some of it is used up, so that stock never reaches the whole batch: holding counts for less,
    and batches grow. Its cost is ``lot_cost`` with the holding cost times 1 − λ / μ.

    Parameters
    ----------
    demand : array of shape (n_series,), units per period
    order_cost : array of shape (n_series,), money per set-up
    holding_cost : array of shape (n_series,), money per unit per period
        Where it is 0, the batch is taken as one period's demand.
    production_rate : array of shape (n_series,), units per period, above the demand

    Raises
    ------
    DataError
        A production rate is not above its demand: no batch would ever do.

    References
    ----------
    Snyder and Shen, *Fundamentals of Supply Chain Theory*, 2nd ed., section 3.6, equations (3.31) and (3.32).

    Examples
    --------
    >>> economic_production_quantity(np.array([1300.0]), order_cost=np.array([8.0]),
    ...                              holding_cost=np.array([0.225]),
    ...                              production_rate=np.array([1700.0])).round(3)
    array([626.808])
    """
    too_slow = ~(np.asarray(production_rate) > demand)
    if too_slow.any():
        row = int(np.argmax(too_slow))
        raise DataError(
            f"production_rate must be above the demand; series {row} makes {production_rate[row]:g} for a demand of "
            f"{demand[row]:g} per period ({int(too_slow.sum())} of {len(demand)} series affected)."
        )
    idle = 1 - demand / production_rate
    return economic_order_quantity(demand, order_cost=order_cost, holding_cost=holding_cost * idle)
