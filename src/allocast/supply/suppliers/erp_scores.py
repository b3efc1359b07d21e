"""What Odoo, ERPNext and SAP show for the same orders, by their own rules, beside our figure."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from allocast.errors import DataError
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.suppliers.line_verdicts import LineVerdicts, ScorecardRules

__all__ = ["SapScoring", "compare_scores", "erpnext_scores", "odoo_on_time_rate", "sap_scores"]

DAY = np.timedelta64(1, "D")


@dataclass(frozen=True, slots=True, kw_only=True)
class SapScoring:
    """The part of SAP's vendor evaluation that each company sets for itself; these defaults are ours, not SAP's.

    Parameters
    ----------
    points : tuple of (percent, points)
        Points for a variance up to so many percent, percent rising; the last points are for anything beyond, too.
    smoothing : float in (0, 1]
        Share of the newest score in the running one.
    minimum_delivery_share : float in [0, 1]
        A punctual receipt of a smaller share of the order gets no score for its punctuality.
    standard_days : float, > 0, optional
        Days of delay that are a variance of 100 %; by default those from the order to its promise.

    Raises
    ------
    DataError
        A number is out of its range.
    """

    points: tuple[tuple[float, float], ...] = ((0, 100), (5, 90), (10, 80), (20, 60), (50, 30), (100, 1))
    smoothing: float = 0.1
    minimum_delivery_share: float = 0.0
    standard_days: float | None = None

    def __post_init__(self) -> None:
        percents = [percent for percent, _ in self.points]
        fine = (
            percents == sorted(percents)
            and bool(percents)
            and 0 < self.smoothing <= 1
            and 0 <= self.minimum_delivery_share <= 1
            and (self.standard_days is None or self.standard_days > 0)
        )
        if not fine:
            raise DataError(f"out of range (see SapScoring): {self}.")

    def points_of(self, percent: FloatArray) -> FloatArray:
        """Points of each variance, in percent, >= 0."""
        limits, points = np.array(self.points).T
        found: FloatArray = points[np.minimum(np.searchsorted(limits, percent - 1e-9), len(points) - 1)]
        return found


def odoo_on_time_rate(orders: PurchaseOrders, *, as_of: np.datetime64, days: int = 365) -> "pd.Series[float]":
    """On-time delivery rate of each supplier as Odoo computes it, as a share; NaN where Odoo says "no data".

    Units that came until the planned date ÷ units ordered, over the lines ordered in the last ``days`` *of which
    something came*: a line of which nothing came, however late, is invisible. The planned date is the one now in the
    order, which may have been changed since; lines without one are left out.

    Parameters
    ----------
    orders : PurchaseOrders
    as_of : day
    days : int, >= 1

    References
    ----------
    Odoo, addons/purchase_stock/models/res_partner.py, ``_compute_on_time_rate``.
    """
    known = orders.known_at(as_of)
    seen = _seen_by_odoo(known, as_of, days)
    late = known.receipts.received_on > known.latest_promised_on[known.receipts.line]
    units = known.receipts.where(~late).units_of(len(known))
    sums = pd.DataFrame({"came": units[seen], "ordered": known.units_ordered[seen]})
    sums = sums.groupby(known.supplier_id[seen].astype(str)).sum()
    rate = (sums["came"] / sums["ordered"].where(sums["ordered"] > 0)).rename("odoo_on_time_rate")
    return rate.reindex(_suppliers(known))


def erpnext_scores(orders: PurchaseOrders, *, as_of: np.datetime64, days: int = 365) -> pd.DataFrame:
    """Shipments, on-time shipments and days late of each supplier as ERPNext counts them.

    Lines whose schedule date lies in the period of ``days`` that ends ``as_of`` are the shipments. On time is a line
    with one receipt, by that date, of *exactly* the quantity ordered: what came in two parts, or more than ordered,
    counts as late, like what has not come. Days late are weighted by units; of what is missing they run to the end of
    the period.

    Returns
    -------
    table : DataFrame by supplier
        ``erpnext_shipments``, ``erpnext_on_time_rate``, ``erpnext_unit_days_late``.

    References
    ----------
    ERPNext, erpnext/buying/doctype/supplier_scorecard_variable/supplier_scorecard_variable.py,
    ``get_total_shipments``, ``get_on_time_shipments``, ``get_total_days_late``.
    """
    known = orders.known_at(as_of)
    inside = _seen_by_erpnext(known, as_of, days)
    receipts = known.receipts
    delay = (receipts.received_on - known.latest_promised_on[receipts.line]).astype(np.float64)
    missing = np.maximum(known.units_ordered - known.units_received, 0.0)
    waited = (as_of - known.latest_promised_on).astype(np.float64)
    late_units = receipts.units * np.where(inside[receipts.line], np.maximum(delay, 0.0), 0.0)
    lines = pd.DataFrame(
        {
            "erpnext_shipments": inside,
            "on_time": inside & (_whole_and_punctual(known) > 0),
            "erpnext_unit_days_late": np.bincount(receipts.line, late_units, minlength=len(known))
            + np.where(inside, missing * np.where(inside, waited, 0.0), 0.0),
        }
    )
    sums = lines.groupby(known.supplier_id.astype(str)).sum().reindex(_suppliers(known))
    shipments = sums["erpnext_shipments"]
    rate = (sums.pop("on_time") / shipments.where(shipments > 0)).astype(np.float64)
    return sums.assign(erpnext_on_time_rate=rate)


def sap_scores(
    orders: PurchaseOrders, *, as_of: np.datetime64, days: int = 365, scoring: SapScoring | None = None
) -> pd.DataFrame:
    """Points for punctuality and for quantity of each supplier as SAP's vendor evaluation gives them.

    Each goods receipt is scored against the statistics-relevant date, the first promise, and merged into the running
    score of its material: previous · (1 − smoothing) + new · smoothing. Quantity is scored when a line is closed. A
    supplier has the mean over its materials. What has not come has no score at all.

    Returns
    -------
    table : DataFrame by supplier
        ``sap_on_time_points`` and ``sap_quantity_points``, 1 to 100; NaN where nothing was scored.

    References
    ----------
    SAP Library, MM Vendor Evaluation: On-Time Delivery Performance; Quantity Reliability; Smoothing of Individual
    Scores.
    """
    scoring = scoring or SapScoring()
    known = orders.known_at(as_of)
    receipts, line = known.receipts, known.receipts.line
    first = as_of - days * DAY
    wanted = known.promised_on[line]
    delay = (receipts.received_on - wanted).astype(np.float64)
    planned = (wanted - known.ordered_on[line]).astype(np.float64)
    standard = np.maximum(planned, 1.0) if scoring.standard_days is None else scoring.standard_days
    points = scoring.points_of(100 * np.maximum(np.nan_to_num(delay), 0.0) / np.nan_to_num(standard, nan=1.0))
    scored = ~np.isnat(wanted) & (receipts.received_on > first) & ~_too_little(known, delay, scoring)
    closed = np.flatnonzero(known.received_on > first)
    off = np.abs(known.units_received[closed] - known.units_ordered[closed])
    share = np.divide(off, known.units_ordered[closed], out=np.zeros(len(closed)), where=off > 0)
    punctual = _smoothed(known, line[scored], receipts.received_on[scored], points[scored], scoring.smoothing)
    quantity = _smoothed(
        known, closed, known.received_on[closed], scoring.points_of(100 * share), scoring.smoothing
    )
    table = pd.DataFrame({"sap_on_time_points": punctual, "sap_quantity_points": quantity})
    return table.reindex(_suppliers(known)).astype(np.float64)


def compare_scores(
    card: pd.DataFrame,
    orders: PurchaseOrders,
    *,
    as_of: np.datetime64,
    rules: ScorecardRules | None = None,
    scoring: SapScoring | None = None,
) -> pd.DataFrame:
    """Our punctuality and that of three ERPs side by side, with how many due lines each leaves out.

    Parameters
    ----------
    card : DataFrame
        What `scorecard` says of the same orders by the same rules on the same day.
    orders : PurchaseOrders
    as_of : day
    rules : ScorecardRules, optional
    scoring : SapScoring, optional

    Returns
    -------
    table : DataFrame, one row a supplier, most due orders first
        ``supplier_id``, ``due_orders``, ``on_time_rate``, ``on_time_estimate`` (ours, shrunk);
        ``odoo_on_time_rate``, ``erpnext_on_time_rate``, and as a share of 100 points ``sap_on_time_score``. Of our due
        lines: ``odoo_ignores``, of which nothing came; ``erpnext_ignores``, whose date was moved out of the period or
        which were cancelled, and ``erpnext_miscounts``, on time in full by our rules but late by ERPNext's;
        ``sap_ignores``, without any receipt that is scored.
    """
    rules = rules or ScorecardRules()
    days = rules.window_days
    ours = card.set_index("supplier_id")[["due_orders", "on_time_rate", "on_time_estimate"]]
    table = ours.join(odoo_on_time_rate(orders, as_of=as_of, days=days))
    table = table.join(erpnext_scores(orders, as_of=as_of, days=days)[["erpnext_on_time_rate"]])
    points = sap_scores(orders, as_of=as_of, days=days, scoring=scoring)["sap_on_time_points"]
    table["sap_on_time_score"] = points / 100
    table = table.join(_left_out(orders.known_at(as_of), as_of, rules, scoring or SapScoring()))
    counts = [name for name in table if str(name).endswith(("ignores", "miscounts"))]
    table[counts] = table[counts].fillna(0).astype(np.int64)
    table = table.rename_axis("supplier_id").reset_index()
    return table.sort_values("due_orders", ascending=False, kind="stable", ignore_index=True)


def _left_out(
    known: PurchaseOrders, as_of: np.datetime64, rules: ScorecardRules, scoring: SapScoring
) -> pd.DataFrame:
    verdicts = LineVerdicts.of(known, as_of=as_of, rules=rules)
    odoo, erpnext = (seen(known, as_of, rules.window_days) for seen in (_seen_by_odoo, _seen_by_erpnext))
    line = known.receipts.line
    delay = (known.receipts.received_on - known.promised_on[line]).astype(np.float64)
    scored = np.bincount(line[~_too_little(known, delay, scoring)], minlength=len(known)) > 0
    lines = pd.DataFrame(
        {
            "odoo_ignores": verdicts.due & ~odoo,
            "erpnext_ignores": verdicts.due & ~erpnext,
            "erpnext_miscounts": verdicts.on_time_in_full & erpnext & (_whole_and_punctual(known) == 0),
            "sap_ignores": verdicts.due & ~scored,
        }
    )
    return lines.groupby(known.supplier_id.astype(str)).sum()


def _suppliers(known: PurchaseOrders) -> pd.Index:
    return pd.Index(np.unique(known.supplier_id.astype(str)).astype(object), name="supplier_id")


def _seen_by_odoo(known: PurchaseOrders, as_of: np.datetime64, days: int) -> BoolArray:
    planned = ~np.isnat(known.latest_promised_on)  # Odoo has a planned date on every line
    seen: BoolArray = planned & (known.ordered_on > as_of - days * DAY) & (known.units_received != 0)
    return seen


def _seen_by_erpnext(known: PurchaseOrders, as_of: np.datetime64, days: int) -> BoolArray:
    wanted = known.latest_promised_on
    return (wanted > as_of - days * DAY) & (wanted <= as_of) & ~known.is_cancelled


def _whole_and_punctual(known: PurchaseOrders) -> IntArray:
    """How many receipts of each line came by its date with exactly the quantity ordered."""
    receipts, line = known.receipts, known.receipts.line
    good = (receipts.received_on <= known.latest_promised_on[line]) & (
        receipts.units == known.units_ordered[line]
    )
    return np.bincount(line[good], minlength=len(known))


def _too_little(known: PurchaseOrders, delay: FloatArray, scoring: SapScoring) -> BoolArray:
    """Receipts that are punctual but below the minimum delivery: they get no score."""
    receipts = known.receipts
    smallest = scoring.minimum_delivery_share * known.units_ordered[receipts.line]
    return (delay <= 0) & (receipts.units < smallest)


def _smoothed(
    known: PurchaseOrders, line: IntArray, day: np.ndarray, points: FloatArray, smoothing: float
) -> "pd.Series[float]":
    """Running scores by supplier and item after their last event, then the mean over items by supplier."""
    events = pd.DataFrame(
        {
            "supplier_id": known.supplier_id[line].astype(str),
            "item_id": known.item_id[line].astype(str),
            "day": day,
            "points": points,
        }
    ).sort_values("day", kind="stable")
    materials = events.groupby(["supplier_id", "item_id"])
    later = materials.cumcount(ascending=False)  # scores merged after this one
    weight = np.where(materials.cumcount() == 0, 1.0, smoothing) * (1 - smoothing) ** later
    running = (events["points"] * weight).groupby([events["supplier_id"], events["item_id"]]).sum()
    return running.groupby(level="supplier_id").mean()
