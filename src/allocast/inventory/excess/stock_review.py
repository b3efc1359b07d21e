"""The review of all stock: its state, days of supply, what is too much, and the way out that pays best."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from allocast.inventory.excess.states import (
    StockRules,
    StockState,
    last_sale,
    needed_units,
    stock_out_probability,
    stock_states,
)
from allocast.inventory.excess.stock_view import StockView
from allocast.inventory.excess.ways_out import WAYS, WaysOut, way_values
from allocast.inventory.rebalancing.transfers import Transfers
from allocast.numerics.arrays import FloatArray, TextArray

__all__ = ["REVIEW", "StockReview", "review_stock"]

REVIEW = [
    "item_id", "location_id", "state", "why", "on_hand", "on_order", "days_of_supply", "days_with_orders",
    "stock_out_probability", "needed_units", "excess_units", "surplus_on_order", "stock_money", "excess_money",
    "last_sale", "transfer_units", "transfer_gain", "way_out", "way_out_units", "way_out_gain",
    *[f"{way}_value" for way in WAYS],
]  # fmt: skip
_HELD = {
    StockState.STOCKED_OUT: "Nothing on hand, {on_order:.0f} on order.",
    StockState.POTENTIAL_STOCK_OUT: (
        "{on_hand:.0f} on hand and what is on order run out before an order placed now could be there, "
        "with probability {chance:.0%}."
    ),
    StockState.DEAD: "{on_hand:.0f} on hand, and not one sold within {dead:.0f} days.",
    StockState.SLOW: "{on_hand:.0f} on hand, of which {slow:.0f} days sell at most {share:.0%}.",
    StockState.EXCESS: "{on_hand:.0f} on hand, {excess:.0f} more than the {needed:.0f} that may be asked for.",
    StockState.SURPLUS_ORDERS: (
        "{on_order:.0f} on order, {surplus:.0f} more than the {needed:.0f} that may be asked for leave room for."
    ),
    StockState.OK: "{on_hand:.0f} on hand; up to {needed:.0f} may be asked for.",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StockReview:
    """One row a series.

    Parameters
    ----------
    table : DataFrame, columns ``REVIEW``
        ``state`` and ``why``; ``days_of_supply`` of what is on hand and ``days_with_orders`` of that and what is on
        order, at the expected demand, infinite without any; ``needed_units`` until the next order can come, and the
        cover; ``excess_units`` on hand beyond, ``excess_money`` at cost; ``surplus_on_order``, on order beyond;
        ``last_sale``, first day of the period. ``transfer_units`` go to other places, which is expected to save
        ``transfer_gain``. Of the excess that stays, ``way_out`` is best for ``way_out_units``, by ``way_out_gain`` more
        than keeping them: ``keep_value`` and so on are money per unit, empty where a way is not open or money not
        known.
    """

    table: pd.DataFrame

    def summary(self) -> pd.DataFrame:
        """Series, stock and excess in money and units by state, all states in their order."""
        counts = self.table.groupby("state", sort=False).agg(
            series=("state", "size"),
            stock_money=("stock_money", "sum"),
            excess_units=("excess_units", "sum"),
            excess_money=("excess_money", "sum"),
        )
        return counts.reindex([str(state) for state in StockState], fill_value=0).reset_index()


def review_stock(
    view: StockView,
    rules: StockRules | None = None,
    ways: WaysOut | None = None,
    transfers: Transfers | None = None,
) -> StockReview:
    """Say how each series stands, what it has too much of, and what to do with it.

    Parameters
    ----------
    view : StockView
    rules : StockRules, optional
    ways : WaysOut, optional
        By default there is none but to keep.
    transfers : Transfers, optional
        Rows as in the view: what other places need goes there, before any way out is looked for.

    Returns
    -------
    StockReview
    """
    rules, ways = rules or StockRules(), ways or WaysOut()
    position, days, n = view.position, view.panel.frequency.days, view.panel.n_series
    needed, chance = needed_units(view, rules), stock_out_probability(view)
    free = position.on_hand - position.backordered
    excess = np.maximum(np.floor(free - needed + 1e-9), 0.0)
    surplus = np.minimum(
        np.floor(np.maximum(position.units - np.maximum(needed, free), 0.0)), position.on_order
    )
    given = np.zeros(n) if transfers is None else transfers.taken(n)
    sale = last_sale(view)
    columns = {
        "item_id": view.panel.series["item_id"].to_numpy(),
        "location_id": view.panel.series["location_id"].to_numpy(),
        "state": stock_states(view, rules, needed=needed, chance=chance),
        "on_hand": position.on_hand,
        "on_order": position.on_order,
        "days_of_supply": days * view.periods_of_supply(np.maximum(free, 0.0)),
        "days_with_orders": days * view.periods_of_supply(np.maximum(position.units, 0.0)),
        "stock_out_probability": chance,
        "needed_units": needed,
        "excess_units": excess,
        "surplus_on_order": surplus,
        "stock_money": position.on_hand * view.unit_cost,
        "excess_money": excess * view.unit_cost,
        "last_sale": pd.Series(view.panel.frequency.shifted(view.panel.as_of, -sale)).where(sale >= 0),
        "transfer_units": given,
        "transfer_gain": _gains(transfers, n),
        **_ways_out(view, ways, on_hand=position.on_hand - given, excess=np.maximum(excess - given, 0.0)),
    }
    table = pd.DataFrame(columns)
    return StockReview(table=table.assign(why=_reasons(table, rules))[REVIEW])


def _ways_out(
    view: StockView, ways: WaysOut, *, on_hand: FloatArray, excess: FloatArray
) -> dict[str, object]:
    """The way that is worth most for what is too much, and what each is worth."""
    values = np.where(excess[:, None] > 0, way_values(view, ways, on_hand=on_hand, excess=excess), np.nan)
    keep = values[:, 0]
    best = np.where(np.isnan(values), -np.inf, values).argmax(axis=1)
    known = (excess > 0) & ~np.isnan(keep)
    better = known & (values[np.arange(len(best)), best] > keep + 1e-9)
    chosen: TextArray = np.select([better, known], [np.array(WAYS, dtype=object)[best], "keep"], "").astype(
        object
    )
    gain = np.where(better, values[np.arange(len(best)), best] - keep, 0.0) * excess
    money = {f"{way}_value": values[:, place] for place, way in enumerate(WAYS)}
    return {"way_out": chosen, "way_out_units": np.where(better, excess, 0.0), "way_out_gain": gain, **money}


def _gains(transfers: Transfers | None, n_series: int) -> FloatArray:
    if transfers is None:
        return np.zeros(n_series)
    return np.bincount(transfers.giver, weights=transfers.gain, minlength=n_series).astype(np.float64)


def _reasons(table: pd.DataFrame, rules: StockRules) -> list[str]:
    rows = zip(
        table["state"], table["on_hand"], table["on_order"], table["stock_out_probability"], table["excess_units"],
        table["surplus_on_order"], table["needed_units"],
        strict=True,
    )  # fmt: skip
    return [
        _HELD[StockState(state)].format(
            on_hand=on_hand, on_order=on_order, chance=chance, excess=excess, surplus=surplus, needed=needed,
            dead=rules.dead_days, slow=rules.slow_days, share=rules.slow_share,
        )
        for state, on_hand, on_order, chance, excess, surplus, needed in rows
    ]  # fmt: skip
