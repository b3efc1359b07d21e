"""One past day looked at closely: what a supplier model trained then said of the orders placed after it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from allocast.numerics.arrays import FloatArray
from allocast.supply.orders.order_features import OrderLines
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.supply_model import CurveModel
from allocast.supply.survival.kaplan_meier import KaplanMeier

__all__ = ["HeldOut", "held_out", "suppliers_off"]

LONGEST_DAYS = 365
ERRORS = 2.0  # fewer standard errors than this are no reason to distrust a supplier's figure
TOLERANCE = 0.05  # nor is a smaller difference


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """Orders placed after a day, and what a model of that day said of them.

    Parameters
    ----------
    cutoff : day
    days : array of shape (n_days,)
    said, seen : arrays of shape (n_days,)
        Share still to come: the mean of the model's curves, and Kaplan–Meier of what happened.
    due : DataFrame
        Lines whose promise has passed: ``supplier_id``, ``said`` P(received by the promise) and ``on_time``.
    n_orders : int
    """

    cutoff: np.datetime64
    days: FloatArray
    said: FloatArray
    seen: FloatArray
    due: pd.DataFrame
    n_orders: int

    @property
    def curve_error(self) -> float:
        """Mean absolute difference of the two curves, over the days until the last event."""
        return float(np.abs(self.said - self.seen).mean())


def held_out(
    model: CurveModel, orders: PurchaseOrders, *, cutoff: np.datetime64, known_until: np.datetime64
) -> HeldOut | None:
    """What a model trained at a day says of the orders placed after it, beside what came; None if there are none.

    Parameters
    ----------
    model : CurveModel
        Trained on what was known at ``cutoff``.
    orders : PurchaseOrders
        With all that is known until ``known_until``.
    cutoff, known_until : days
    """
    outcome = orders.known_at(known_until)
    later = outcome.take(outcome.ordered_on > cutoff)
    came = later.durations(known_until)
    if not came.received.any():
        return None
    # What was cancelled is still to come, as the curves have it: watched to the end, not to its cancellation.
    watched = (known_until - later.ordered_on).astype(np.float64)
    curve = KaplanMeier.fit(np.where(later.is_cancelled, watched, came.days), came.received)
    days = np.arange(min(int(curve.times[-1]), LONGEST_DAYS) + 1, dtype=np.float64)
    lines, known = OrderLines.of_orders(later), orders.known_at(cutoff)
    promised = (later.promised_on - later.ordered_on).astype(np.float64)
    asked = np.column_stack([np.broadcast_to(days, (len(later), len(days))), np.nan_to_num(promised)])
    to_come = model.survival(lines, days=asked, given=np.zeros(len(later)), history=known, as_of=cutoff)
    due = later.promised_on <= known_until  # NaT compares as False
    table = pd.DataFrame(
        {
            "supplier_id": later.supplier_id,
            "said": 1 - to_come[:, -1],
            "on_time": (later.received_on <= later.promised_on).astype(np.float64),
        }
    )
    return HeldOut(
        cutoff=cutoff,
        days=days,
        said=to_come[:, :-1].mean(axis=0),
        seen=curve.survival(days),
        due=table[due].reset_index(drop=True),
        n_orders=len(later),
    )


def suppliers_off(found: HeldOut) -> pd.DataFrame:
    """Suppliers who were on time more or less often than was said, by more than chance; the farthest first.

    Returns
    -------
    table : DataFrame
        ``supplier_id``, ``due_orders``, ``said``, ``on_time``; of several dozens of suppliers a few are named by
        chance.
    """
    own = found.due.groupby("supplier_id").agg(
        due_orders=("said", "size"), said=("said", "mean"), on_time=("on_time", "mean")
    )
    variance = (found.due["said"] * (1 - found.due["said"])).groupby(found.due["supplier_id"]).sum()
    error = np.sqrt(variance) / own["due_orders"]
    off = (own["said"] - own["on_time"]).abs()
    named = own[(off > TOLERANCE) & (off > ERRORS * error)]
    order = off[named.index].sort_values(ascending=False, kind="stable").index
    return named.loc[order].reset_index()
