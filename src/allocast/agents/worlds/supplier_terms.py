"""What is known of a supplier of each series, free of scale."""

import numpy as np

from allocast.inventory.costs import Costs
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.supply.lead_time import LeadTimeDistribution, whole_periods
from allocast.supply.sourcing import Sourcing

__all__ = ["promised_periods", "stake_per_unit", "supplier_terms"]


def supplier_terms(
    costs: Costs,
    sourcing: Sourcing,
    *,
    lead_time_mean: FloatArray,
    lead_time_p90: FloatArray,
    on_time: FloatArray,
    delivered_share: FloatArray | float,
    order_cost: FloatArray,
    premium: FloatArray | float,
    review_periods: int,
) -> FloatArray:
    """What is known of one supplier of each series, shape (n_series, len(SUPPLIER_NAMES)).

    Columns: order cost ÷ stake per unit, and the smallest order that the supplier takes, both in units; the
    lead time's mean and 90 % quantile, as log(1 + lead time ÷ review period); the chance to come within the
    promised time; the mean share of an order that is delivered; the unit cost above the cheapest supplier's ÷ stake.

    Parameters
    ----------
    costs : Costs
    sourcing : Sourcing
        One line a series.
    lead_time_mean, lead_time_p90 : arrays of shape (n_series,), in periods
    on_time : array of shape (n_series,), in [0, 1]
    delivered_share : array of shape (n_series,), or one number
    order_cost : array of shape (n_series,), money per order
    premium : array of shape (n_series,), or one number, money per unit
        Unit cost above that of the series' cheapest supplier.
    review_periods : int
    """
    packs = np.maximum(np.ceil(sourcing.minimum_order_units / sourcing.pack_units), 1)
    stake = stake_per_unit(costs)
    return np.column_stack(
        [
            order_cost / stake,
            packs * sourcing.pack_units,
            np.log1p(lead_time_mean / review_periods),
            np.log1p(lead_time_p90 / review_periods),
            on_time,
            np.broadcast_to(delivered_share, len(stake)),
            np.broadcast_to(premium, len(stake)) / stake,
        ]
    )


def promised_periods(sourcing: Sourcing, lead_time: LeadTimeDistribution) -> IntArray:
    """Whole periods of the contract's lead time; the median where there is no contract, shape (n_series,)."""
    days = sourcing.lead_time_days
    promised = whole_periods(np.nan_to_num(days), lead_time.period_days)
    return np.where(np.isnan(days), lead_time.quantile(0.5), promised)


def stake_per_unit(costs: Costs) -> FloatArray:
    """Money at stake per unit of demand and period, √(holding cost × shortage cost), shape (n_series,).

    Where one of them is 0 it is the other; where both are, 1, so that it can be divided by.

    Examples
    --------
    >>> stake_per_unit(Costs.uniform(1, holding_cost=1.0, shortage_cost=4.0))
    array([2.])
    """
    stake = np.sqrt(costs.holding_cost * costs.shortage_cost)
    stake = np.where(stake > 0, stake, costs.holding_cost + costs.shortage_cost)
    return np.where(stake > 0, stake, 1.0)
