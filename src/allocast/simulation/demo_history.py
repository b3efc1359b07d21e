"""The demo world's history: a planner orders by a rule of thumb, stock runs out now and then, sales are censored."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from allocast.numerics.arrays import BoolArray, DateArray, FloatArray, IntArray
from allocast.numerics.streams import stream
from allocast.simulation.demo_fates import Fates, OrderFates
from allocast.simulation.demo_settings import DemoWorldSettings
from allocast.simulation.demo_supply import Deliveries, SupplyLines
from allocast.simulation.dynamics import Rates, Rules, Stock, advance, place

__all__ = ["History", "RuleOfThumb", "simulate_history"]

ORDER_CYCLE_WEEKS = 4
SECOND_SOURCE_USE = 0.25  # of the orders for series that have one


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleOfThumb:
    """Reorder point and order-up-to level of each series, arrays of shape (n_series,), in units."""

    reorder_point: FloatArray
    order_up_to: FloatArray

    @classmethod
    def from_averages(
        cls, settings: DemoWorldSettings, mean_units: FloatArray, lead_time_days: FloatArray
    ) -> "RuleOfThumb":
        """Average demand over the contract's lead time and a period, some safety, and an order cycle on top."""
        interval = np.ceil(lead_time_days / settings.frequency.days) + 1
        reorder_point = mean_units * interval * (1 + settings.safety_share)
        cycle = mean_units * settings.in_periods(ORDER_CYCLE_WEEKS)
        return cls(reorder_point=reorder_point, order_up_to=reorder_point + cycle)

    def wanted(self, position: FloatArray) -> FloatArray:
        """Units to order at this stock position."""
        return np.where(position < self.reorder_point, self.order_up_to - position, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What happened.

    Parameters
    ----------
    sold : array of shape (n_series, n_periods), in units
    in_stock : array of bool, shape (n_series, n_periods)
        Whether anything was left at the end of the period: only then are sales surely demand.
    orders : DataFrame
        Every line placed, with the day and the units of its receipt even where that lies in the future. Of one
        received in two parts, ``first_part_on`` and ``first_part_units`` say what came first; ``promise_changed_on``
        is the day from which ``latest_promised_on`` was known.
    initial_on_hand : array of shape (n_series,), in units
    stock : Stock
        At the end of the last day; what was received by then is on hand.
    """

    sold: FloatArray
    in_stock: BoolArray
    orders: pd.DataFrame
    initial_on_hand: FloatArray
    stock: Stock


def simulate_history(
    settings: DemoWorldSettings,
    demand_units: FloatArray,
    rule: RuleOfThumb,
    lines: tuple[SupplyLines, SupplyLines],
    order_fates: OrderFates,
    seed: int,
) -> History:
    """The history of all series, period by period in the order of events of ``dynamics``.

    It ends before the orders of its last period are placed: those are what a policy is asked for.

    Parameters
    ----------
    demand_units : array of shape (n_series, n_periods), in units
    rule : RuleOfThumb
    lines : main and second line of each series
        A quarter of the orders goes to the second.
    order_fates : OrderFates
    """
    main, second = lines
    n_series, n_periods = demand_units.shape
    rng = stream(seed, "demo_world", "planner")
    to_second = rng.random(demand_units.shape) < SECOND_SOURCE_USE
    to_come = _either(to_second, main.deliveries, second.deliveries)
    lead_time = to_come.lead_time
    quoted = np.where(to_second, second.terms.lead_time_days[:, None], main.terms.lead_time_days[:, None])
    fates = order_fates.draw(quoted, stream(seed, "demo_world", "order_fates"))
    first_lead_time = np.minimum(np.ceil(fates.part_days / settings.frequency.days), lead_time).astype(
        np.int64
    )
    # As long as any lead time of either line, also of the future: replays go on from the last stock.
    longest = max(line.deliveries.lead_time.max() for line in lines)
    initial = np.ceil(rule.reorder_point + rng.random(n_series) * (rule.order_up_to - rule.reorder_point))
    stock = Stock(
        on_hand=initial,
        backordered=np.zeros(n_series),
        pipeline=np.zeros((n_series, longest + 1)),
    )
    rules, free = Rules(), Rates(holding_cost=0.0, shortage_cost=0.0)
    sold, left, ordered, first, rest = (np.zeros(demand_units.shape) for _ in range(5))
    for now in range(n_periods):
        stock, ledger = advance(rules, stock, demand_units[:, now], free)
        sold[:, now], left[:, now] = ledger.sold, ledger.on_hand
        if now == n_periods - 1:
            break  # the orders of the last evening are for others to decide
        wanted = rule.wanted(stock.position)
        ordered[:, now] = np.where(
            to_second[:, now], second.terms.feasible_units(wanted), main.terms.feasible_units(wanted)
        )
        # The supplier confirms what it will deliver, so the position holds that, not what was ordered.
        first[:, now], rest[:, now] = fates.at(slice(None), now).parts(
            ordered[:, now], to_come.delivered(ordered[:, now], now), to_come.days[:, now]
        )
        stock, _ = place(rules, stock, first[:, now], first_lead_time[:, now])
        stock, _ = place(rules, stock, rest[:, now], lead_time[:, now])
    return History(
        sold=sold,
        in_stock=left > 0,
        orders=_order_lines(settings, ordered, (first, rest), to_come.days, fates, to_second, lines),
        initial_on_hand=initial,
        stock=_put_away(stock),
    )


def _either(to_second: BoolArray, main: Deliveries, second: Deliveries) -> Deliveries:
    """What becomes of orders that go to one or the other line."""
    n_periods = to_second.shape[1]
    return Deliveries(
        days=np.where(to_second, second.days[:, :n_periods], main.days[:, :n_periods]),
        share=np.where(to_second, second.share[:, :n_periods], main.share[:, :n_periods]),
        period_days=main.period_days,
    )


def _put_away(stock: Stock) -> Stock:
    """Goods received during the last period stand on hand, as a count after its last day would find them."""
    pipeline = stock.pipeline.copy()
    pipeline[:, 0] = 0.0
    return replace(stock, on_hand=stock.on_hand + stock.pipeline[:, 0], pipeline=pipeline)


def _order_lines(
    settings: DemoWorldSettings,
    ordered: FloatArray,
    parts: tuple[FloatArray, FloatArray],
    days: IntArray,
    fates: Fates,
    to_second: BoolArray,
    lines: tuple[SupplyLines, SupplyLines],
) -> pd.DataFrame:
    """One row for each order placed, by day."""
    period, series = np.nonzero(ordered.T)
    second = to_second[series, period]

    def of(name: str) -> NDArray[Any]:
        main, other = (getattr(line.terms, name)[series] for line in lines)
        chosen: NDArray[Any] = np.where(second, other, main)
        return chosen

    ordered_on, own = settings.last_days[period], fates.at(series, period)
    taken, (first, rest) = days[series, period], (units[series, period] for units in parts)
    cancelled = own.is_cancelled(taken)
    promised_on = ordered_on + of("lead_time_days").astype(np.int64)
    moved = own.promise_days < np.minimum(taken, own.cancelled_days)
    table = pd.DataFrame(
        {
            "order_line_id": [f"PO-{k:07d}" for k in range(1, len(series) + 1)],
            **{name: of(name) for name in ("supplier_id", "item_id", "location_id")},
            "mode": np.where(second, lines[1].mode[series], lines[0].mode[series]),
            "unit_price": of("unit_cost"),
            "ordered_on": ordered_on,
            "promised_on": promised_on,
            "latest_promised_on": promised_on + np.where(moved, own.promise_shift, 0).astype(np.int64),
            "received_on": _after(ordered_on, taken, ~cancelled),
            "cancelled_on": _after(ordered_on, own.cancelled_days, cancelled),
            "units_ordered": ordered[series, period],
            "units_received": first + rest,
            "first_part_on": _after(ordered_on, own.part_days, first > 0),
            "first_part_units": first,
            "promise_changed_on": _after(ordered_on, own.promise_days, moved),
        }
    )
    shipment = (
        table["supplier_id"] + "/" + table["location_id"] + "/" + table["ordered_on"].dt.strftime("%Y%m%d")
    )
    table.insert(1, "shipment_id", shipment)
    return table


def _after(ordered_on: DateArray, days: NDArray[Any], where: BoolArray) -> DateArray:
    """Days after the order, NaT elsewhere."""
    later: DateArray = ordered_on + np.where(where, days, 0).astype(np.int64)
    return np.where(where, later, np.datetime64("NaT", "D"))
