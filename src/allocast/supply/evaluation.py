"""Rolling judgement of supply models: trained on what was known, judged on what came after."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray
from allocast.supply.kaplan_meier_lead_times import KaplanMeierLeadTimes
from allocast.supply.orders.order_features import OrderLines
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.supplier_model import SupplierModel, SupplierModelSettings
from allocast.supply.supply_model import CurveModel
from allocast.supply.survival.judging.brier import administrative_crps

__all__ = ["Trainer", "default_trainers", "rolling_evaluation"]

Trainer = Callable[[PurchaseOrders, np.datetime64], CurveModel]


def default_trainers(settings: SupplierModelSettings, seed: int) -> dict[str, Trainer]:
    """The supplier model and, beside it, Kaplan–Meier pooled and by supplier."""

    def trees(orders: PurchaseOrders, as_of: np.datetime64) -> CurveModel:
        return SupplierModel.train(orders, as_of=as_of, settings=settings, seed=seed)

    def pooled(orders: PurchaseOrders, as_of: np.datetime64) -> CurveModel:
        return KaplanMeierLeadTimes.train(orders, as_of=as_of, minimum_orders=np.inf)

    def by_supplier(orders: PurchaseOrders, as_of: np.datetime64) -> CurveModel:
        return KaplanMeierLeadTimes.train(orders, as_of=as_of, minimum_orders=30)

    return {"supplier_model": trees, "kaplan_meier": pooled, "kaplan_meier_by_supplier": by_supplier}


def rolling_evaluation(
    orders: PurchaseOrders,
    *,
    cutoffs: Sequence[np.datetime64],
    known_until: np.datetime64,
    trainers: Mapping[str, Trainer],
    following_days: int = 120,
    within_days: int = 30,
    longest_days: int = 365,
) -> pd.DataFrame:
    """Each model at each cutoff, on the orders placed after it and on the orders open at it.

    Future orders: the administrative CRPS of their lead times. Open orders: Brier score and bias
    (mean probability − share received; above 0 is optimistic) of "received within so many days", given
    their ages. A model sees the order book as known at the cutoff and nothing else.

    Parameters
    ----------
    orders : PurchaseOrders
        With all that is known now: the outcomes.
    cutoffs : days
    known_until : day
        The last day of which receipts are known; an order not received by then is censored.
    trainers : mapping of name to trainer
    following_days : int, >= 1
        Orders placed in so many days after a cutoff are its future orders.
    within_days : int, >= 1
    longest_days : int, >= 1
        How far curves are judged.

    Returns
    -------
    table : DataFrame
        ``cutoff, model, orders_judged`` ("future" or "open"), ``metric, value, n_orders``; a figure with no
        order to judge is absent.

    Raises
    ------
    DataError
        A cutoff does not leave ``within_days`` until ``known_until``.
    """
    late = [cutoff for cutoff in cutoffs if cutoff + np.timedelta64(within_days, "D") > known_until]
    if late:
        raise DataError(
            f"each cutoff must leave {within_days} days until {known_until} to judge open orders by; "
            f"{late[0]} does not ({len(late)} of {len(cutoffs)} cutoffs)."
        )
    outcome = orders.known_at(known_until)
    tables = []
    for cutoff in cutoffs:
        known = orders.known_at(cutoff)
        after = outcome.ordered_on - cutoff
        future = outcome.take(
            (after > np.timedelta64(0, "D")) & (after <= np.timedelta64(following_days, "D"))
        )
        still_open = np.flatnonzero(outcome.ordered_on <= cutoff)[known.is_open]
        for name, train in trainers.items():
            model = train(known, cutoff)
            scores = _on_future(model, future, known, cutoff, known_until, longest_days)
            scores += _on_open(model, outcome.take(still_open), known, cutoff, within_days)
            table = pd.DataFrame(scores, columns=["orders_judged", "metric", "value", "n_orders"])
            tables.append(table.assign(cutoff=cutoff, model=name))
    columns = ["cutoff", "model", "orders_judged", "metric", "value", "n_orders"]
    if not tables:
        return pd.DataFrame(columns=columns)
    return pd.concat(tables, ignore_index=True)[columns]


def _on_future(
    model: CurveModel,
    future: PurchaseOrders,
    known: PurchaseOrders,
    cutoff: np.datetime64,
    known_until: np.datetime64,
    longest_days: int,
) -> list[tuple[str, str, float, int]]:
    if not len(future):
        return []
    watched = _days(known_until - future.ordered_on)
    # one that was cancelled is never received, whenever that was decided
    duration = np.where(future.is_closed, future.durations(known_until).days, watched + 1)
    times = np.arange(longest_days + 1, dtype=np.float64)
    survival = model.survival(
        OrderLines.of_orders(future),
        days=np.broadcast_to(times, (len(future), len(times))),
        given=np.zeros(len(future)),
        history=known,
        as_of=cutoff,
    )
    return [("future", "crps_days", administrative_crps(survival, times, duration, watched), len(future))]


def _on_open(
    model: CurveModel,
    outcome: PurchaseOrders,
    known: PurchaseOrders,
    cutoff: np.datetime64,
    within_days: int,
) -> list[tuple[str, str, float, int]]:
    if not len(outcome):
        return []
    by = cutoff + np.timedelta64(within_days, "D")
    probability = model.probability_received_by(
        known.take(known.is_open), history=known, as_of=cutoff, day=by
    )
    error = probability - (outcome.received_on <= by)
    brier, bias = float((error**2).mean()), float(error.mean())
    metric = f"within_{within_days}_days"
    return [("open", f"brier_{metric}", brier, len(error)), ("open", f"bias_{metric}", bias, len(error))]


def _days(span: np.ndarray) -> FloatArray:
    return span.astype("timedelta64[D]").astype(np.float64)
