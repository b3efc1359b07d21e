"""Open orders that are worth paying for to come earlier: what waiting costs, and up to which price."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from allocast.inventory.offers.kernels import savings_by_expediting
from allocast.inventory.situation import Situation
from allocast.numerics.arrays import FloatArray, IntArray, TextArray
from allocast.numerics.checks import require_same_length, require_shape

__all__ = ["OpenOrders", "expediting_table"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOrders:
    """Orders on their way, with their scenarios and what it costs to hurry them.

    Parameters
    ----------
    order_line_id, supplier_id : arrays of text, shape (n_orders,)
    series : array of int, shape (n_orders,)
        Row of the situation.
    outstanding_units : array of shape (n_orders,), in units
        What was ordered and has not come.
    periods : array of int, shape (n_orders, n_paths)
        In which coming period each can be used; the number of periods of the scenarios, or more, for later or never.
    units : array of shape (n_orders, n_paths), in units
        What comes of it; nothing on a path on which it is cancelled, which expediting does not prevent.
    expedited_period : array of int, shape (n_orders,), >= 0
        In which coming period it could be used if it were expedited; one that would come earlier stays as it is.
    cost_per_unit : array of shape (n_orders,), money per outstanding unit
        Of expediting; NaN where it is not known.
    """

    order_line_id: TextArray
    supplier_id: TextArray
    series: IntArray
    outstanding_units: FloatArray
    periods: IntArray
    units: FloatArray
    expedited_period: IntArray
    cost_per_unit: FloatArray

    def __post_init__(self) -> None:
        require_same_length(
            order_line_id=self.order_line_id,
            supplier_id=self.supplier_id,
            series=self.series,
            outstanding_units=self.outstanding_units,
            periods=self.periods,
            expedited_period=self.expedited_period,
            cost_per_unit=self.cost_per_unit,
        )
        require_shape("units", self.units, self.periods.shape)

    def __len__(self) -> int:
        return len(self.series)


def expediting_table(situation: Situation, orders: OpenOrders) -> pd.DataFrame:
    """Every open order that would save something by coming earlier, what saves most first.

    Each order by itself is moved to its expedited period on the paths on which it would come later; the others come
    as they come. What is saved is shortage, less what it costs to hold what comes sooner, in the periods that an order
    placed now cannot serve; so an order that would only be missed later saves nothing. Two orders for one series do
    not both save what is shown of each: after one has been expedited, look again.

    Parameters
    ----------
    situation : Situation
        Its scenarios' arrivals are not looked at, but those of the orders.
    orders : OpenOrders
        All of the series looked at.

    Returns
    -------
    table : DataFrame
        ``order_line_id``, ``supplier_id``, ``item_id``, ``location_id``, ``outstanding_units``, ``expected_period``
        (the median, the coming period being 1; missing beyond the scenarios) and ``expedited_period`` alike,
        ``cost_of_waiting`` in money, ``break_even_per_unit`` (the price up to which expediting pays),
        ``expedite_cost_per_unit``, ``saving`` in money after that price (missing where it is not known), ``expedite``
        (``yes``, ``no``, ``ask the price``), ``reason``.
    """
    scenarios, position, costs = situation.scenarios, situation.position, situation.costs
    order = np.argsort(orders.series, kind="stable")
    first = np.searchsorted(orders.series[order], np.arange(situation.panel.n_series + 1))
    saved = np.zeros(len(orders))
    saved[order] = savings_by_expediting(
        first, scenarios.demand, position.on_hand - position.backordered, costs.backorders, scenarios.lead_time,
        orders.periods[order], np.ascontiguousarray(orders.units[order]), orders.expedited_period[order],
        costs.holding_cost, costs.shortage_cost,
    )  # fmt: skip
    rows = np.flatnonzero((saved > 1e-9) & (orders.outstanding_units > 0))
    rows = rows[np.lexsort((orders.order_line_id[rows].astype(str), -saved[rows]))]
    return _table(situation, orders, rows, saved[rows])


def _table(situation: Situation, orders: OpenOrders, rows: IntArray, saved: FloatArray) -> pd.DataFrame:
    units, price = orders.outstanding_units[rows], orders.cost_per_unit[rows]
    n_periods = situation.scenarios.demand.shape[2]
    median = np.sort(orders.periods[rows], axis=1)[:, (orders.periods.shape[1] - 1) // 2] + 1.0
    break_even, series = saved / units, situation.panel.series.iloc[orders.series[rows]]
    worth = np.select([np.isnan(price), break_even > price], ["ask the price", "yes"], "no").astype(object)
    table = pd.DataFrame(
        {
            "order_line_id": orders.order_line_id[rows],
            "supplier_id": orders.supplier_id[rows],
            "item_id": series["item_id"].to_numpy(),
            "location_id": series["location_id"].to_numpy(),
            "outstanding_units": units,
            "expected_period": np.where(median > n_periods, np.nan, median),
            "expedited_period": orders.expedited_period[rows] + 1,
            "cost_of_waiting": saved,
            "break_even_per_unit": break_even,
            "expedite_cost_per_unit": price,
            "saving": saved - price * units,
            "expedite": worth,
        }
    )
    return table.assign(reason=_reasons(table, situation.panel.frequency.unit))


def _reasons(table: pd.DataFrame, unit: str) -> list[str]:
    told = {
        "yes": "Expedite: {saves}; it costs {price:.2f}.",
        "no": "Let it come: {saves}, but it costs {price:.2f}.",
        "ask the price": "Ask for the price: {saves}.",
    }
    reasons = []
    for row in table.itertuples(index=False):
        when = f"{unit} {row.expected_period:.0f}"
        if np.isnan(row.expected_period):
            when = "beyond the forecast, if at all"
        saves = (
            f"in {unit} {row.expedited_period} instead of {when} it saves {row.break_even_per_unit:.2f} a unit "
            "of expected shortage"
        )
        reasons.append(told[row.expedite].format(saves=saves, price=row.expedite_cost_per_unit))
    return reasons
