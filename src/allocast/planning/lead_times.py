"""Lead times as far as a forecast reaches."""

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import BoolArray, FloatArray
from allocast.numerics.discrete import DiscreteDistribution
from allocast.supply.lead_time import LeadTimeDistribution, PeriodDays
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.sourcing import Sourcing
from allocast.supply.supply_model import SupplyModel

__all__ = ["LARGEST_TAIL", "lead_times_within", "too_short"]

LARGEST_TAIL = 0.25  # probability of a lead time beyond the horizon that may be cut to it


def lead_times_within(
    horizon: int,
    supply: SupplyModel,
    lines: Sourcing,
    *,
    history: PurchaseOrders,
    as_of: np.datetime64,
    period_days: PeriodDays,
) -> LeadTimeDistribution:
    """Lead times of new orders, all shorter than a forecast horizon.

    A protection interval must lie within the horizon. A small tail beyond it is taken as the longest lead time that
    does; a line for which it is more than a tail is refused.

    Parameters
    ----------
    horizon : int, in periods
    supply : SupplyModel
    lines : Sourcing
    history : PurchaseOrders
    as_of : day
    period_days : int, or tuple of ints

    Raises
    ------
    DataError
        A line's lead time reaches beyond the horizon with a probability above one in four.
    """
    believed = supply.lead_times(
        lines, history=history, as_of=as_of, period_days=period_days, n_periods=horizon
    )
    probability = believed.periods.probability.copy()
    tail = probability[:, horizon:].sum(axis=1)
    late = tail > LARGEST_TAIL
    if late.any():
        raise too_short(horizon, lines, tail, late)
    probability[:, horizon - 1] += tail
    within = DiscreteDistribution(probability=probability[:, :horizon])
    return LeadTimeDistribution(period_days=period_days, periods=within)


def too_short(horizon: int, lines: Sourcing, tail: FloatArray, late: BoolArray) -> DataError:
    """The error for lines that are later than a forecast reaches with these probabilities."""
    row = int(np.argmax(np.where(late, tail, -1.0)))
    return DataError(
        f"a forecast of {horizon} periods is too short for the lead times: supplier {lines.supplier_id[row]}, "
        f"item {lines.item_id[row]}, location {lines.location_id[row]} needs {horizon} or more with probability "
        f"{tail[row]:.2f} ({int(late.sum())} of {len(late)} lines affected). Set demand.horizon higher."
    )
