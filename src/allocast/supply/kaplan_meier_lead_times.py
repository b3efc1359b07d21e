"""Lead times from Kaplan–Meier curves: the baseline."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from allocast.numerics.arrays import BoolArray, FloatArray
from allocast.supply.orders.order_features import OrderLines
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.orders.waiting import WaitingTimes, waiting_times
from allocast.supply.supply_model import CurveModel
from allocast.supply.survival.kaplan_meier import KaplanMeier

__all__ = ["KaplanMeierLeadTimes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KaplanMeierLeadTimes(CurveModel):
    """The baseline: one Kaplan–Meier curve for all orders, and one per supplier with enough of them.

    What was cancelled counts as still waiting when it was, as if it were to come like the others.
    An open order older than anything its curve has seen is expected on the next day.

    Parameters
    ----------
    pooled : KaplanMeier
    by_supplier : mapping of supplier to KaplanMeier
    """

    pooled: KaplanMeier
    by_supplier: Mapping[str, KaplanMeier]

    @classmethod
    def train(
        cls, orders: PurchaseOrders, *, as_of: np.datetime64, minimum_orders: float
    ) -> "KaplanMeierLeadTimes":
        """Fit to what was known at the end of a day; ``minimum_orders`` of infinity pools all suppliers."""
        known = orders.known_at(as_of)
        waited = waiting_times(known, as_of)
        counts = pd.Series(known.supplier_id).value_counts()
        by_supplier = {}
        for name in counts.index[counts >= minimum_orders]:
            by_supplier[str(name)] = _curve(waited, known.supplier_id[waited.line] == name)
        return cls(pooled=_curve(waited, np.ones(len(waited), dtype=bool)), by_supplier=by_supplier)

    def survival(
        self,
        lines: OrderLines,
        *,
        days: FloatArray,
        given: FloatArray,
        history: PurchaseOrders,  # noqa: ARG002 - the curves are those of the training day
        as_of: np.datetime64,  # noqa: ARG002
    ) -> FloatArray:
        """See `CurveModel.survival`."""
        result = np.empty(days.shape)
        for name in pd.unique(lines.supplier_id):
            rows = lines.supplier_id == name
            curve = self.by_supplier.get(name, self.pooled)
            result[rows] = curve.survival(days[rows], given[rows, None])
        return result


def _curve(waited: WaitingTimes, rows: BoolArray) -> KaplanMeier:
    return KaplanMeier.fit(
        waited.days[rows], waited.received[rows], entry=waited.entry[rows], weight=waited.weight[rows]
    )
