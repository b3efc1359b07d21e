"""Safety stock: what is kept beyond the expected demand, from the whole distribution or from its moments alone.

The distribution is the default everywhere else in Allocast. The formula with z and σ is here to be compared with it:
it promises a service level that it does not keep where lead times are skewed.
"""

import numpy as np
from scipy.special import ndtri

from allocast.errors import DataError
from allocast.inventory.formulas.compound_demand import Moments
from allocast.inventory.formulas.losses import normal_loss_inverse
from allocast.inventory.formulas.newsvendor import quantile_of_rows
from allocast.inventory.lead_time_demand import LeadTimeDemand
from allocast.numerics.arrays import FloatArray
from allocast.numerics.discrete import DiscreteDistribution

__all__ = [
    "KnownDemand",
    "cycle_service_reached",
    "normal_safety_stock",
    "normal_safety_stock_for_fill_rate",
    "require_service",
    "safety_stock",
]

KnownDemand = DiscreteDistribution | LeadTimeDemand
"""Demand over the protection interval: its distribution, or samples of it."""


def safety_stock(demand: KnownDemand, cycle_service_level: FloatArray) -> FloatArray:
    """What it takes beyond the mean so that demand is covered with this probability, shape (n_series,), in units.

    Parameters
    ----------
    demand : DiscreteDistribution or LeadTimeDemand of n_series rows
        Over the protection interval.
    cycle_service_level : array of shape (n_series,), in (0, 1)

    Raises
    ------
    DataError
        A service level is not within 0 and 1.

    References
    ----------
    Snyder and Shen, *Fundamentals of Supply Chain Theory*, 2nd ed., section 4.3; the smallest level that serves.

    Examples
    --------
    >>> die = DiscreteDistribution(probability=np.array([[0, 1/6, 1/6, 1/6, 1/6, 1/6, 1/6]]))
    >>> safety_stock(die, np.array([0.9]))
    array([2.5])
    """
    service = require_service("cycle_service_level", cycle_service_level)
    covering = (
        demand.quantile(service) if isinstance(demand, LeadTimeDemand) else quantile_of_rows(demand, service)
    )
    return np.asarray(covering - demand.mean)


def normal_safety_stock(demand: Moments, cycle_service_level: FloatArray) -> FloatArray:
    """The textbook's z σ, shape (n_series,), in units.

    Parameters
    ----------
    demand : Moments
        Over the protection interval: with ``moments_over`` this is z sqrt(L σ_d² + μ_d² σ_L²).
    cycle_service_level : array of shape (n_series,), in (0, 1)

    Raises
    ------
    DataError
        A service level is not within 0 and 1.

    References
    ----------
    Silver, Pyke and Thomas, *Inventory and Production Management in Supply Chains*, 4th ed., sections 6.7 and 6.10.

    Examples
    --------
    >>> over = Moments(mean=np.array([40.0]), deviation=np.array([11.662]))
    >>> normal_safety_stock(over, np.array([0.95])).round(2)
    array([19.18])
    """
    z = ndtri(require_service("cycle_service_level", cycle_service_level))
    return np.asarray(z * demand.deviation)


def normal_safety_stock_for_fill_rate(
    demand: Moments, fill_rate: FloatArray, *, batch: FloatArray
) -> FloatArray:
    """The safety stock k σ whose shortage per batch leaves this share of demand: σ G(k) = (1 − β) Q.

    Parameters
    ----------
    demand : Moments
        Over the protection interval.
    fill_rate : array of shape (n_series,), in (0, 1)
    batch : array of shape (n_series,), in units, > 0
        What an order brings; for an order-up-to policy the demand of a review period.

    Returns
    -------
    safety_stock : array of shape (n_series,), in units
        Negative where batches are so large that their first part alone serves enough.

    Raises
    ------
    DataError
        A fill rate is not within 0 and 1, or a deviation or a batch is not above 0.

    References
    ----------
    Silver, Pyke and Thomas, *Inventory and Production Management in Supply Chains*, 4th ed., section 6.7 (the P2
    measure); Axsäter, *Inventory Control*, 3rd ed., section 5.3.

    Examples
    --------
    >>> over = Moments(mean=np.array([40.0]), deviation=np.array([10.0]))
    >>> normal_safety_stock_for_fill_rate(over, np.array([0.98]), batch=np.array([41.65])).round(1)
    array([10.])
    """
    beta = require_service("fill_rate", fill_rate)
    if not ((np.asarray(batch) > 0).all() and (demand.deviation > 0).all()):
        raise DataError(
            "batch and deviation must be > 0 units; without either there is no shortage to share out."
        )
    return np.asarray(normal_loss_inverse((1 - beta) * batch / demand.deviation) * demand.deviation)


def cycle_service_reached(demand: KnownDemand, level: FloatArray) -> FloatArray:
    """The probability that demand does not exceed a level, shape (n_series,): what a formula really gives.

    Parameters
    ----------
    demand : DiscreteDistribution or LeadTimeDemand of n_series rows
    level : array of shape (n_series,), in units

    Examples
    --------
    >>> die = DiscreteDistribution(probability=np.array([[0, 1/6, 1/6, 1/6, 1/6, 1/6, 1/6]]))
    >>> cycle_service_reached(die, np.array([4.9])).round(4)
    array([0.6667])
    """
    if isinstance(demand, LeadTimeDemand):
        return np.asarray((demand.units <= np.asarray(level)[:, None]).mean(axis=1))
    whole = np.floor(np.asarray(level) + 1e-9).astype(np.int64)
    last = demand.probability.shape[1] - 1
    within = np.take_along_axis(demand.cumulative, np.clip(whole, 0, last)[:, None], axis=1)[:, 0]
    return np.where(whole < 0, 0.0, within)


def require_service(name: str, level: FloatArray) -> FloatArray:
    """Service levels as an array, refused where one is not within 0 and 1.

    Raises
    ------
    DataError
        The message shows the first that is not.
    """
    levels = np.asarray(level, dtype=np.float64)
    wrong = ~((levels > 0) & (levels < 1))
    if wrong.any():
        raise DataError(
            f"{name} must lie between 0 and 1; one is {levels[wrong].ravel()[0]:g} "
            f"({int(wrong.sum())} of {levels.size} affected). 95 % is 0.95."
        )
    return levels
