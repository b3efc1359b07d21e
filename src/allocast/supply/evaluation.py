"""Rolling judgement of supply models: trained on what was known, judged on what came after."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from allocast.errors import DataError
from allocast.supply.judged_orders import JudgedOrders
from allocast.supply.kaplan_meier_lead_times import KaplanMeierLeadTimes
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.supplier_model import SupplierModel, SupplierModelSettings
from allocast.supply.supply_model import CurveModel
from allocast.supply.survival.judging.reliability import reliability

__all__ = ["Trainer", "default_trainers", "due_day_reliability", "rolling_evaluation"]

Trainer = Callable[[PurchaseOrders, np.datetime64], CurveModel]
Score = tuple[str, float, int]


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
    their ages. Both: how unevenly receipts fall over the tenths of their distributions, and Brier score,
    bias and reliability of "received by the day first promised" where there was a promise. A model sees
    the order book as known at the cutoff and nothing else. The lines of one shipment arrive together: in CRPS,
    Brier scores and biases they count as one, and those of one that has lines on both sides of a cutoff are
    not judged as future orders.

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
    rows = []
    for name, future, still_open in _judged(orders, cutoffs, known_until, trainers, following_days):
        scores = {"future": [*_lead_times(future, longest_days), *_due_day(future)]}
        scores["open"] = [*_within(still_open, within_days), *_due_day(still_open)]
        rows += [(future.as_of, name, kind, *score) for kind, found in scores.items() for score in found]
    return pd.DataFrame(rows, columns=["cutoff", "model", "orders_judged", "metric", "value", "n_orders"])


def due_day_reliability(
    orders: PurchaseOrders,
    *,
    cutoffs: Sequence[np.datetime64],
    known_until: np.datetime64,
    trainers: Mapping[str, Trainer],
    following_days: int = 120,
    n_bins: int = 10,
) -> pd.DataFrame:
    """What each model said of "received by the day first promised" beside how often it was, by level.

    Parameters are those of `rolling_evaluation`; all cutoffs count together.

    Returns
    -------
    table : DataFrame
        ``model, orders_judged`` ("future" or "open"), ``lowest`` (the probability from which a bin begins),
        ``predicted, realised`` (mean probability, share that came true), ``realised_low, realised_high`` (90 %
        interval by Jeffreys's prior, where a line counts as its share of a shipment), ``n_orders``.
    """
    said: dict[tuple[str, str], list[tuple[np.ndarray, np.ndarray, np.ndarray]]] = {}
    for name, future, still_open in _judged(orders, cutoffs, known_until, trainers, following_days):
        for kind, judged in (("future", future), ("open", still_open)):
            if len(judged):
                said.setdefault((name, kind), []).append((*judged.on_due_day(), judged.weight[judged.due]))
    rows = []
    for (name, kind), parts in said.items():
        probability, came, weight = (np.concatenate(part) for part in zip(*parts, strict=True))
        if len(probability):
            found = reliability(probability, came, n_bins=n_bins)
            worth = found.count * weight.mean()
            of_them = stats.beta(found.realised * worth + 0.5, (1 - found.realised) * worth + 0.5)
            ends = of_them.ppf(0.05), of_them.ppf(0.95)
            bins = zip(found.lowest, found.predicted, found.realised, *ends, found.count, strict=True)
            rows += [(name, kind, *each) for each in bins]
    columns = ["model", "orders_judged", "lowest", "predicted", "realised", "realised_low", "realised_high"]
    return pd.DataFrame(rows, columns=[*columns, "n_orders"])


def _judged(
    orders: PurchaseOrders,
    cutoffs: Sequence[np.datetime64],
    known_until: np.datetime64,
    trainers: Mapping[str, Trainer],
    following_days: int,
) -> Iterator[tuple[str, JudgedOrders, JudgedOrders]]:
    """Name of each model trained at each cutoff, the orders that followed and the orders then open."""
    outcome = orders.known_at(known_until)
    for cutoff in cutoffs:
        known = orders.known_at(cutoff)
        after = (outcome.ordered_on - cutoff).astype(np.int64)
        parted = np.isin(outcome.shipment_id.astype(str), outcome.shipment_id[after <= 0].astype(str))
        parts = (
            outcome.take((after > 0) & (after <= following_days) & ~parted),
            outcome.take(np.flatnonzero(after <= 0)[known.is_open]),
        )
        for name, train in trainers.items():
            model = train(known, cutoff)
            future, still_open = (
                JudgedOrders(orders=part, model=model, history=known, as_of=cutoff, known_until=known_until)
                for part in parts
            )
            yield name, future, still_open


def _lead_times(judged: JudgedOrders, longest_days: int) -> list[Score]:
    if not len(judged):
        return []
    return [
        ("crps_days", judged.crps_days(longest_days), len(judged)),
        ("uneven_tenths", judged.uneven_tenths(), len(judged)),
    ]


def _within(judged: JudgedOrders, days: int) -> list[Score]:
    if not len(judged):
        return []
    uneven = ("uneven_tenths", judged.uneven_tenths(), len(judged))
    return [*_scores(*judged.within(days), judged.weight, f"within_{days}_days"), uneven]


def _due_day(judged: JudgedOrders) -> list[Score]:
    probability, came = judged.on_due_day() if len(judged) else (np.empty(0), np.empty(0, dtype=bool))
    if not len(probability):
        return []
    unreliable = ("unreliability_on_due_day", reliability(probability, came).distance, len(came))
    return [*_scores(probability, came, judged.weight[judged.due], "on_due_day"), unreliable]


def _scores(probability: np.ndarray, came: np.ndarray, weight: np.ndarray, metric: str) -> list[Score]:
    error = probability - came
    brier, bias = (float(np.average(values, weights=weight)) for values in (error**2, error))
    return [(f"brier_{metric}", brier, len(error)), (f"bias_{metric}", bias, len(error))]
