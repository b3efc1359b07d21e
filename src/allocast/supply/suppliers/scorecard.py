"""Scorecards: on time, in full, how long it takes, what is at stake, with the orders each figure rests on."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from allocast.errors import DataError
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray
from allocast.numerics.checks import require_same_length
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.suppliers.lead_time_figures import LEAD_TIME_FIGURES, lead_time_figures
from allocast.supply.suppliers.line_verdicts import LineVerdicts, ScorecardRules
from allocast.supply.suppliers.shared_luck import effective_number, shared_luck
from allocast.supply.suppliers.shrinkage import shrunken_days, shrunken_rates

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
    them as they should. Figures count lines; intervals count shipments, as far as the lines of one turn out alike:
    that is found from all suppliers together for each figure.

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
        * ``due_orders`` on ``due_shipments``, and of these ``on_time_rate``, ``on_time_in_full_rate`` and, by units,
          ``units_on_time_rate``; ``ended_orders`` on ``ended_shipments``, the cancelled among them, and of these
          ``in_full_rate``. Each shrunk towards all suppliers, with a 90 % interval: ``on_time_estimate``,
          ``on_time_low``, ``on_time_high`` and so on. NaN where no supplier has any.
        * ``received_orders`` on ``received_shipments``: of these the lead times are known.
        * ``lead_time_mean_days`` (restricted to the longest wait seen) over all ``orders``, and shrunk
          ``lead_time_estimate_days`` with ``lead_time_low_days`` and ``lead_time_high_days``.
        * ``lead_time_p50_days``, ``lead_time_p90_days`` (NaN where not reached) and ``lead_time_variation``, deviation
          ÷ mean, each with ``_low`` and ``_high``: 90 % intervals of the supplier by itself, NaN at an end that so few
          orders do not bound. See `lead_time_figures`.
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
    owner = np.full(len(known), -1)
    owner[wanted] = code
    columns = _counts(known, verdicts, owner, len(names))
    lines = _Lines(owner=owner, shipment=_shipments(known), n_suppliers=len(names))
    columns |= _shares(known, verdicts, lines)
    columns |= _lead_times(known, verdicts.recent, lines, as_of)
    if unit_cost is not None:
        columns |= _money(known, verdicts.overdue, owner, len(names), cost)
    table = pd.DataFrame({"supplier_id": names.astype(object)} | columns)
    table = table if drift is None else _with_drift(table, drift)
    return table.sort_values("orders", ascending=False, kind="stable", ignore_index=True)


def _counts(
    known: PurchaseOrders, verdicts: LineVerdicts, owner: IntArray, n_suppliers: int
) -> dict[str, FloatArray | IntArray]:
    chosen: Mapping[str, BoolArray] = {
        "orders": verdicts.recent,
        "open_orders": known.is_open,
        "overdue_orders": verdicts.overdue,
        "cancelled_orders": verdicts.recent & known.is_cancelled,
        "due_orders": verdicts.due,
        "received_orders": verdicts.recent & known.is_closed,
        "ended_orders": verdicts.ended,
    }
    return {name: np.bincount(owner[rows], minlength=n_suppliers) for name, rows in chosen.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lines:
    """Whose each line is, below 0 where it does not count, and what it travels with."""

    owner: IntArray
    shipment: IntArray
    n_suppliers: int

    def sums(self, rows: BoolArray, values: FloatArray) -> FloatArray:
        return np.bincount(self.owner[rows], values[rows], minlength=self.n_suppliers).astype(np.float64)

    def shipments(self, rows: BoolArray) -> IntArray:
        """Shipments that the chosen lines of each supplier are on."""
        first = np.unique(self.shipment[rows], return_index=True)[1]
        return np.bincount(self.owner[rows][first], minlength=self.n_suppliers)

    def worth(self, rows: BoolArray, values: FloatArray, weight: FloatArray | None = None) -> FloatArray:
        """How many independent lines the chosen ones of each supplier are worth."""
        owner, group = self.owner[rows], np.unique(self.shipment[rows], return_inverse=True)[1]
        correlation = shared_luck(values[rows], owner, group)
        own = None if weight is None else weight[rows]
        return effective_number(owner, group, self.n_suppliers, correlation, own)


def _shipments(known: PurchaseOrders) -> IntArray:
    """Number of what each line travels with: a shipment of its supplier, or itself where none is named."""
    alone = known.shipment_id == ""
    names = pd.DataFrame(
        {"of": known.supplier_id, "on": np.where(alone, known.order_line_id, known.shipment_id)}
    )
    number: IntArray = names.groupby(["of", "on", alone], sort=False).ngroup().to_numpy(np.int64)
    return number


def _shares(known: PurchaseOrders, verdicts: LineVerdicts, lines: _Lines) -> dict[str, FloatArray | IntArray]:
    """Each rate by line, or by unit, and what it may be by its shipments and by all suppliers."""
    ordered = known.units_ordered
    units = np.divide(verdicts.units_on_time, ordered, out=np.zeros(len(known)), where=ordered > 0)
    result: dict[str, FloatArray | IntArray] = {
        f"{base}_shipments": lines.shipments(rows)
        for base, rows in (("due", verdicts.due), ("ended", verdicts.ended))
    }
    for name, rows, values, weight in (
        ("on_time", verdicts.due, verdicts.on_time.astype(np.float64), np.ones(len(known))),
        ("on_time_in_full", verdicts.due, verdicts.on_time_in_full.astype(np.float64), np.ones(len(known))),
        ("units_on_time", verdicts.due, units, ordered),
        ("in_full", verdicts.ended, verdicts.in_full.astype(np.float64), np.ones(len(known))),
    ):
        whole = lines.sums(rows, weight)
        rate = np.divide(
            lines.sums(rows, values * weight), whole, out=np.full(len(whole), np.nan), where=whole > 0
        )
        worth = lines.worth(rows, values, weight)
        found = shrunken_rates(np.minimum(np.nan_to_num(rate), 1.0) * worth, worth)
        result |= {f"{name}_rate": rate} | _named(name, found)
    return result


def _lead_times(
    known: PurchaseOrders, recent: BoolArray, lines: _Lines, as_of: np.datetime64
) -> dict[str, FloatArray | IntArray]:
    """Kaplan–Meier figures of each supplier's recent orders; cancelled ones are censored then."""
    waited, received = known.durations(as_of), recent & known.is_closed
    log_days = np.log(np.maximum(waited.days, 0.5))
    receipts = np.bincount(lines.owner[received], minlength=lines.n_suppliers)
    worth = lines.worth(received, log_days)
    share = np.divide(worth, receipts, out=np.ones(lines.n_suppliers), where=receipts > 0)
    figures = np.full((lines.n_suppliers, len(LEAD_TIME_FIGURES)), np.nan)
    rows = np.flatnonzero(recent)
    rows = rows[np.argsort(lines.owner[rows], kind="stable")]
    starts = np.searchsorted(lines.owner[rows], np.arange(lines.n_suppliers + 1))
    for place in range(lines.n_suppliers):
        own = rows[starts[place] : starts[place + 1]]
        if len(own):
            figures[place] = lead_time_figures(waited.days[own], waited.received[own], share[place])
    named = dict(zip(LEAD_TIME_FIGURES, figures.T, strict=True))
    days = shrunken_days(named["lead_time_mean_days"], named["lead_time_variation"], worth)
    return {"received_shipments": lines.shipments(received)} | named | _named("lead_time", days, unit="_days")


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
