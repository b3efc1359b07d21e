"""On how little a forecast or a lead time rests, in words."""

import numpy as np
import pandas as pd

from allocast.demand.panel import DemandPanel
from allocast.numerics.arrays import IntArray
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.sourcing import Sourcing
from allocast.supply.supply_model import ContractLeadTimes, SupplyModel

__all__ = ["doubts_of"]

FEW_PERIODS = 13  # a quarter of a year of weeks: below, a forecast rests mostly on other series
FEW_ORDERS = 10  # below, a supplier's lead time rests mostly on other suppliers


def doubts_of(
    panel: DemandPanel, lines: Sourcing, orders: PurchaseOrders, supply: SupplyModel
) -> tuple[str, ...]:
    """A sentence or two on each series that is new or comes from a supplier with few orders; empty for the others.

    Parameters
    ----------
    panel : DemandPanel
    lines : Sourcing of n_series rows
    orders : PurchaseOrders
        As known then.
    supply : SupplyModel
        Of contracts nothing is learned, so few orders do not matter.
    """
    doubts = np.full(panel.n_series, "", dtype=object)
    known, unit = panel.observed.sum(axis=1), panel.frequency.unit
    for row in np.flatnonzero(known < FEW_PERIODS).tolist():
        doubts[row] = f"The forecast rests on {_counted(int(known[row]), unit)} of its own demand."
    if not isinstance(supply, ContractLeadTimes):
        received = _received(lines, orders)
        for row in np.flatnonzero(received < FEW_ORDERS).tolist():
            count = _counted(int(received[row]), "order")
            doubts[row] = (
                f"{doubts[row]} The lead time rests on {count} received from this supplier.".lstrip()
            )
    return tuple(doubts.tolist())


def _received(lines: Sourcing, orders: PurchaseOrders) -> IntArray:
    """Closed order lines of each line's supplier."""
    counts = pd.Series(orders.supplier_id[orders.is_closed]).value_counts()
    received: IntArray = pd.Series(lines.supplier_id).map(counts).fillna(0).to_numpy(np.int64)
    return received


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
