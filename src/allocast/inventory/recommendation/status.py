"""Why a series has an order, or has none, in one word."""

from enum import StrEnum

import numpy as np

from allocast.inventory.situation import OrderDecision
from allocast.numerics.arrays import FloatArray, TextArray

__all__ = ["Status", "status_of"]


class Status(StrEnum):
    """Why a series has an order, or has none."""

    ORDER = "order"
    ENOUGH = "enough"
    NO_DEMAND = "no_demand"
    BELOW_MINIMUM = "below_minimum"
    LIMITED = "limited"
    NOT_DUE = "not_due"
    NO_SUPPLIER = "no_supplier"
    NO_STOCK_FIGURE = "no_stock_figure"
    NO_HISTORY = "no_history"


def status_of(
    decision: OrderDecision, order_units: FloatArray, mean: FloatArray, position: FloatArray
) -> TextArray:
    """The status of each series that was decided, shape (n_series,)."""
    late = (position < decision.trigger) & (decision.next_review > 0)
    return np.select(
        [order_units > 0, decision.wanted_units > 0, late, mean < 0.01],
        [str(Status.ORDER), str(Status.BELOW_MINIMUM), str(Status.NOT_DUE), str(Status.NO_DEMAND)],
        str(Status.ENOUGH),
    ).astype(object)
