"""Scorecards: on time, in full, how long it takes, what is at stake, with the orders each figure rests on."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from allocast.errors import DataError
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray
from allocast.numerics.checks import require_same_length
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.suppliers.line_verdicts import LineVerdicts, ScorecardRules
from allocast.supply.suppliers.shrinkage import shrunken_days, shrunken_rates
from allocast.supply.survival.kaplan_meier import KaplanMeier

__all__ = ["scorecard"]


def scorecard(
    orders: PurchaseOrders,
    *,
    as_of: np.datetime64,
    rules: ScorecardRules | None = None,
    unit_cost: FloatArray | None = None,
    drift: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """How reliable each supplier was, as known at the end of a day, from the orders of a window before it.

    A line counts as *due* once its promise plus the tolerance has passed. Of these, and only these, the share received
    by then is on time: an overdue open line is late, and one that came early does not count before its day, for the
    open lines it competes with cannot count either. Lead times are Kaplan–Meier estimates, so open orders lengthen
    them as they should.

    Parameters
    ----------
    orders : PurchaseOrders
    as_of : day
    rules : ScorecardRules, optional
        Window, tolerance and which promise; by default a year, to the day, the first.
    unit_cost : array of shape (n_orders,), money per unit, optional
        NaN where it is not known: such an order is counted, its money is not.
    drift : DataFrame, optional
        Suppliers that have changed, a row each, with ``supplier_id`` and what there is to say of the change.

    Returns
    -------
    table : DataFrame, one row per supplier, most orders first
        * ``supplier_id``; ``orders`` placed in the window; ``open_orders`` and ``overdue_orders`` of any age;
          ``cancelled_orders``.
        * ``due_orders``, and of these ``on_time_rate``, ``on_time_in_full_rate`` and, by units, ``units_on_time_rate``.
        * ``received_orders``: of these the lead times are known; ``ended_orders``, the cancelled among them, and of
          these ``in_full_rate``.
        * ``lead_time_mean_days`` (restricted to the longest wait seen), ``lead_time_p50_days``, ``lead_time_p90_days``
          (NaN where not reached) and ``lead_time_variation``, deviation ÷ mean, over all ``orders``.
        * Shrunk towards all suppliers, each with ``_low`` and ``_high`` (90 % interval): ``on_time_estimate`` and
          ``on_time_in_full_estimate``, resting on ``due_orders``; ``in_full_estimate``, on ``ended_orders``;
          ``lead_time_estimate_days``, on ``received_orders``. NaN where no supplier has any.
        * With ``unit_cost``: ``open_money``, ``overdue_money``, and ``unpriced_orders`` that are open.
        * With ``drift``: its columns.

    Raises
    ------
    DataError
        ``unit_cost`` has another length, or ``drift`` names a supplier twice.
    """
    rules = rules or ScorecardRules()
    cost = np.full(len(orders), np.nan) if unit_cost is None else unit_cost
    require_same_length(orders=orders.ordered_on, unit_cost=cost)
    placed = orders.ordered_on <= as_of
    known, cost = orders.known_at(as_of), cost[placed]
    verdicts = LineVerdicts.of(known, as_of=as_of, rules=rules)
    wanted = verdicts.recent | known.is_open
    names, code = np.unique(known.supplier_id[wanted].astype(str), return_inverse=True)
    columns: dict[str, FloatArray | IntArray] = {}
    owner = np.full(len(known), -1)
    owner[wanted] = code
    columns |= _counts(known, verdicts, owner, len(names))
    columns |= _rates(known, verdicts, owner, columns)
    columns |= _lead_times(known, verdicts.recent, owner, len(names), as_of)
    columns |= _estimates(columns)
    if unit_cost is not None:
        columns |= _money(known, verdicts.overdue, owner, len(names), cost)
    table = pd.DataFrame({"supplier_id": names.astype(object)} | columns)
    table = table.drop(columns=[name for name in table if str(name).startswith("n_")])
    table = table if drift is None else _with_drift(table, drift)
    return table.sort_values("orders", ascending=False, kind="stable", ignore_index=True)


def _counts(
    known: PurchaseOrders, verdicts: LineVerdicts, owner: IntArray, n_suppliers: int
) -> dict[str, IntArray]:
    received = verdicts.recent & known.is_closed
    chosen: Mapping[str, BoolArray] = {
        "orders": verdicts.recent,
        "open_orders": known.is_open,
        "overdue_orders": verdicts.overdue,
        "cancelled_orders": verdicts.recent & known.is_cancelled,
        "due_orders": verdicts.due,
        "received_orders": received,
        "ended_orders": verdicts.ended,
        "n_on_time": verdicts.on_time,
        "n_on_time_in_full": verdicts.on_time_in_full,
        "n_in_full": verdicts.in_full,
    }
    return {name: np.bincount(owner[rows], minlength=n_suppliers) for name, rows in chosen.items()}


def _rates(
    known: PurchaseOrders,
    verdicts: LineVerdicts,
    owner: IntArray,
    counts: Mapping[str, FloatArray | IntArray],
) -> dict[str, FloatArray]:
    due = verdicts.due
    units, ordered = (
        np.bincount(owner[due], amount[due], minlength=len(counts["orders"]))
        for amount in (verdicts.units_on_time, known.units_ordered)
    )
    return {
        "on_time_rate": _share(counts["n_on_time"], counts["due_orders"]),
        "on_time_in_full_rate": _share(counts["n_on_time_in_full"], counts["due_orders"]),
        "units_on_time_rate": _share(units, ordered),
        "in_full_rate": _share(counts["n_in_full"], counts["ended_orders"]),
    }


def _share(part: FloatArray | IntArray, whole: FloatArray | IntArray) -> FloatArray:
    share: FloatArray = np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)
    return share


def _lead_times(
    known: PurchaseOrders, recent: BoolArray, owner: IntArray, n_suppliers: int, as_of: np.datetime64
) -> dict[str, FloatArray]:
    """Kaplan–Meier figures of each supplier's recent orders; cancelled ones are censored then."""
    waited = known.durations(as_of)
    figures = np.full((n_suppliers, 4), np.nan)
    rows = np.flatnonzero(recent)
    rows = rows[np.argsort(owner[rows], kind="stable")]
    starts = np.searchsorted(owner[rows], np.arange(n_suppliers + 1))
    for place in range(n_suppliers):
        own = rows[starts[place] : starts[place + 1]]
        if len(own):
            figures[place] = _curve_figures(waited.days[own], waited.received[own])
    names = ["lead_time_mean_days", "lead_time_p50_days", "lead_time_p90_days", "lead_time_variation"]
    return dict(zip(names, figures.T, strict=True))


def _curve_figures(days: FloatArray, received: BoolArray) -> tuple[float, float, float, float]:
    curve = KaplanMeier.fit(days, received)
    return curve.mean, curve.quantile(0.5), curve.quantile(0.9), _variation(curve)


def _variation(curve: KaplanMeier) -> float:
    """Deviation ÷ mean up to the longest wait seen: E[T] = ∫S, E[T²] = 2∫tS; NaN where the mean is 0."""
    edges = np.concatenate([[0.0], curve.times, [max(curve.longest, curve.times.max(initial=0.0))]])
    levels = np.append(1.0, curve.levels)
    mean, square = levels @ np.diff(edges), levels @ np.diff(edges**2)
    return float(np.sqrt(max(square - mean**2, 0.0)) / mean) if mean > 0 else np.nan


def _estimates(columns: Mapping[str, FloatArray | IntArray]) -> dict[str, FloatArray]:
    """What few orders leave open, filled in from all suppliers."""
    result: dict[str, FloatArray] = {}
    for name, base in (("on_time", "due"), ("on_time_in_full", "due"), ("in_full", "ended")):
        trials = columns[f"{base}_orders"].astype(np.float64)
        found = shrunken_rates(columns[f"n_{name}"].astype(np.float64), trials)
        result |= _named(name, found)
    days = shrunken_days(
        np.asarray(columns["lead_time_mean_days"]),
        np.asarray(columns["lead_time_variation"]),
        columns["received_orders"].astype(np.float64),
    )
    return result | _named("lead_time", days, unit="_days")


def _named(name: str, found: FloatArray, unit: str = "") -> dict[str, FloatArray]:
    return {f"{name}_{part}{unit}": found[:, place] for place, part in enumerate(("estimate", "low", "high"))}


def _money(
    known: PurchaseOrders, overdue: BoolArray, owner: IntArray, n_suppliers: int, cost: FloatArray
) -> dict[str, FloatArray | IntArray]:
    """What is still to come, at cost: units outstanding × unit cost."""
    money = known.outstanding_units * np.nan_to_num(cost)
    return {
        "open_money": np.bincount(owner[known.is_open], money[known.is_open], minlength=n_suppliers),
        "overdue_money": np.bincount(owner[overdue], money[overdue], minlength=n_suppliers),
        "unpriced_orders": np.bincount(owner[known.is_open & np.isnan(cost)], minlength=n_suppliers),
    }


def _with_drift(table: pd.DataFrame, drift: pd.DataFrame) -> pd.DataFrame:
    twice = drift["supplier_id"].duplicated()
    if twice.any():
        raise DataError(
            f"drift must have one row a supplier; {drift['supplier_id'][twice].iloc[0]!r} has several "
            f"({int(twice.sum())} rows too many)."
        )
    own = drift.assign(supplier_id=drift["supplier_id"].astype(str).astype(object))
    return table.merge(own, on="supplier_id", how="left")
