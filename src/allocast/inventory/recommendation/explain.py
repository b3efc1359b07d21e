"""From what was decided to the rows of the table: what holds, why, what is at stake."""

from dataclasses import asdict

import numpy as np
import pandas as pd

from allocast.inventory.order_lines import OrderLines
from allocast.inventory.recommendation.lineage import Lineage
from allocast.inventory.recommendation.outlook import outlook
from allocast.inventory.recommendation.reasons import reasons_of, with_notes
from allocast.inventory.recommendation.stakes import stakes_of
from allocast.inventory.recommendation.status import Status, status_of
from allocast.inventory.recommendation.table import OWN_FIELDS
from allocast.inventory.recommendation.warnings import warnings_of
from allocast.inventory.situation import OrderDecision, Situation
from allocast.numerics.arrays import FloatArray, IntArray

__all__ = ["explain", "without_order"]


def explain(
    situation: Situation,
    decision: OrderDecision,
    lines: OrderLines,
    lineage: Lineage,
    *,
    transfer_units: FloatArray | None = None,
) -> pd.DataFrame:
    """The rows of one situation, one a series and supplier.

    Parameters
    ----------
    situation : Situation
    decision : OrderDecision
        What the policy wanted.
    lines : OrderLines
        What it became, and from whom.
    lineage : Lineage
    transfer_units : array of shape (n_series,), in units, optional
        That transfers bring to each series, below 0 where they take some; by default there are none.
    """
    of_series = _about_series(situation, decision, lines)
    of_series["transfer_units"] = 0.0 if transfer_units is None else transfer_units
    of_series = of_series.take(lines.series)
    reasons = with_notes(list(of_series["reason"]), tuple(lines.note))
    of_lines: dict[str, object] = {
        "reason": np.array(reasons, dtype=object),
        "supplier_id": lines.sourcing.supplier_id,
        "order_units": lines.units.astype(np.int64),
        "binding_constraint": lines.binding,
        "lead_time_p50": lines.lead_time.quantile(0.5).astype(np.float64),
        "lead_time_p90": lines.lead_time.quantile(0.9).astype(np.float64),
        "order_value": lines.units * np.nan_to_num(lines.sourcing.unit_cost),
        "co2e_grams": 1000 * lines.units * lines.sourcing.co2e_kg_per_unit,
        **stakes_of(situation, lines).of_lines(lines),
    }
    return of_series.reset_index(drop=True).assign(**of_lines, **_lineage_of(decision, lines, lineage))


def _about_series(situation: Situation, decision: OrderDecision, lines: OrderLines) -> pd.DataFrame:
    """What holds for a series, whomever it is ordered from."""
    position, ahead = situation.position, outlook(situation)
    demand = situation.lead_time_demand()
    waiting, arriving = _next_arrival(position.expected_arrivals())
    ordered, late = lines.total(len(position.on_hand)), situation.late_units()
    approved = situation.approved_units
    status = status_of(decision, ordered, demand.mean, position.units - late)
    low, middle, high = demand.quantiles((0.1, 0.5, 0.9))
    columns: dict[str, object] = {
        "item_id": situation.panel.series["item_id"].to_numpy(),
        "location_id": situation.panel.series["location_id"].to_numpy(),
        "status": status,
        "reason": reasons_of(status, situation, decision, ordered),
        "on_hand": position.on_hand,
        "on_order": position.on_order,
        "backordered": position.backordered,
        "position": position.units,
        "approved_units": np.zeros_like(late) if approved is None else approved,
        "late_units": late,
        "trigger": decision.trigger,
        "level": decision.level,
        "next_arrival": _date_after(situation, waiting),
        "next_arrival_units": arriving,
        "demand_p10": low,
        "demand_p50": middle,
        "demand_p90": high,
        "demand_reason": "",
        "deadline": _review_day(situation, ahead.latest_review),
        "stockout_probability": ahead.stockout_probability,
        "first_shortage": _date_after(situation, ahead.first_shortage),
        "warning": warnings_of(situation, ahead),
    }
    return pd.DataFrame(columns)


def _lineage_of(decision: OrderDecision, lines: OrderLines, lineage: Lineage) -> dict[str, object]:
    """The lineage of each line, which names the policy that decided its series."""
    told: dict[str, object] = asdict(lineage)
    if decision.decided_by:
        told["policy"] = np.array(decision.decided_by, dtype=object)[lines.series]
    return told


def without_order(series: pd.DataFrame, status: Status, reason: str, lineage: Lineage) -> pd.DataFrame:
    """Rows for series that could not even be considered: they say why not."""
    empty = {field.name: field.default for field in OWN_FIELDS} | {"status": str(status), "reason": reason}
    own = series[["item_id", "location_id"]].reset_index(drop=True)
    return own.assign(**{name: value for name, value in empty.items() if name not in own}, **asdict(lineage))


def _next_arrival(expected: FloatArray) -> tuple[IntArray, FloatArray]:
    """The first coming period with an expected arrival (−1 if none), and the units expected there."""
    some = expected > 0
    first = np.where(some.any(axis=1), some.argmax(axis=1), -1)
    return first, np.where(first >= 0, expected[np.arange(len(expected)), first], 0.0)


def _date_after(situation: Situation, periods: IntArray) -> pd.Series:
    panel = situation.panel
    return pd.Series(panel.frequency.shifted(panel.as_of, periods + 1)).where(periods >= 0)


def _review_day(situation: Situation, reviews: IntArray) -> pd.Series:
    """The day of the decision that comes so many reviews after this one; none where below 0."""
    panel = situation.panel
    following = panel.frequency.shifted(panel.as_of, reviews * situation.review_periods + 1)
    return pd.Series(following - np.timedelta64(1, "D")).where(reviews >= 0)
