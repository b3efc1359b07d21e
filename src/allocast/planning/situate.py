"""What a policy may look at: forecast, open orders, lead times and scenarios of the series that can be ordered."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.forecast.demand_forecast import DemandForecast
from allocast.inventory.costs import Costs
from allocast.inventory.offers import Offers, SourcingRules, line_costs, main_lines
from allocast.inventory.position import StockPosition
from allocast.inventory.situation import Scenarios, Situation
from allocast.numerics.arrays import FloatArray, IntArray, TextArray
from allocast.planning.evidence import doubts_of
from allocast.planning.offers import offers_within
from allocast.planning.stock_lots import StockLots
from allocast.supply.arrivals import OpenOrderArrivals, ShareReceived
from allocast.supply.order_fates import sample_shares, series_keys
from allocast.supply.orders.order_features import OrderLines
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.sourcing import Sourcing
from allocast.supply.supply_model import SupplyModel

__all__ = ["Sourced", "Stock", "delivered_shares", "open_orders_of", "preferred_lines", "situate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """Counted stock of each series of a panel, at the end of its last period.

    Parameters
    ----------
    on_hand, backordered : arrays of shape (n_series,), in units
        NaN in ``on_hand`` where no figure is known.
    lots : StockLots, optional
        What of it expires when, where that is counted.
    """

    on_hand: FloatArray
    backordered: FloatArray
    lots: StockLots | None = None

    def by_life(self, today: np.datetime64, frequency: Frequency, longest: int) -> FloatArray | None:
        """Units on hand by periods of life, as `StockLots` has them; None where no lots are counted."""
        if self.lots is None:
            return None
        return self.lots.by_life(self.on_hand, today=today, frequency=frequency, longest=longest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sourced:
    """A situation whose sourcing is the main line of each series, and what all suppliers offer beside it.

    Parameters
    ----------
    situation : Situation
    offers : Offers
    cost : array of shape (n_lines,), money a period
        What each offer costs in all, as `line_costs` has it.
    seed : int
        Of the lead times of the other lines.
    """

    situation: Situation
    offers: Offers
    cost: FloatArray
    seed: int


def situate(
    panel: DemandPanel,
    able: IntArray,
    sourcing: Sourcing,
    *,
    orders: PurchaseOrders,
    stock: Stock,
    costs: Costs,
    predicted: DemandForecast,
    supply: SupplyModel,
    share: ShareReceived | None,
    n_paths: int,
    rng: np.random.Generator,
    rules: SourcingRules | None = None,
) -> Sourced:
    """All that is known about the series that can be ordered, and which line of each is its main one.

    Parameters
    ----------
    panel : DemandPanel
    able : array of int, shape (n_able,)
        Rows of the panel that can be ordered.
    sourcing : Sourcing
        Any number of lines a series, at least one of those that can be ordered.
    orders, stock, costs, supply, share, n_paths, rng
        As `plan` has them, of the whole panel.
    predicted : DemandForecast
        Of the whole panel.
    rules : SourcingRules, optional
    """
    rules = rules or SourcingRules()
    horizon, today = predicted.horizon, panel.frequency.end_of(panel.as_of)
    window: dict[str, Any] = {"as_of": today, "period_days": panel.frequency.days_ahead(today, horizon)}
    chosen, seed = panel.take(able), int(rng.spawn(1)[0].integers(2**31))
    offers = offers_within(
        horizon, chosen.series, sourcing, supply=supply, history=orders, share=share, **window
    )
    demand = predicted.sample_paths(n_paths, rng)[able]
    cost = line_costs(
        offers, demand, costs.take(able), seed=seed, holding_on_the_way=rules.holding_on_the_way
    )
    main = main_lines(offers, cost)
    lead_time = offers.lead_time.take(main)
    waiting, row = open_orders_of(orders, chosen.series)
    coming = OpenOrderArrivals.predict(supply, orders, n_periods=horizon, share=share, only=waiting, **window)
    by_life = stock.by_life(today, panel.frequency, horizon + 1)
    position = StockPosition(
        on_hand=stock.on_hand[able],
        backordered=stock.backordered[able],
        open_series=row,
        open_units=coming.expected_in_the_end,
        arrival=coming.arrival_of_what_comes,
        on_hand_by_life=None if by_life is None else by_life[able],
    )
    luck = int(rng.integers(2**31))
    lines = offers.sourcing.take(main)
    scenarios = Scenarios(
        demand=demand,
        arrivals=coming.sample_inflow(row, len(able), n_paths, luck),
        lead_time=lead_time.periods.spread(n_paths, rng),
        delivered_share=None
        if share is None
        else delivered_shares(share, lines, chosen.series, today, n_paths, luck + 2),
    )
    situation = Situation(
        panel=chosen,
        position=position,
        costs=costs.take(able),
        sourcing=lines,
        lead_time=lead_time,
        scenarios=scenarios,
        doubts=doubts_of(chosen, lines, orders, supply),
    )
    return Sourced(situation=situation, offers=offers, cost=cost, seed=seed)


def delivered_shares(
    model: ShareReceived, lines: Sourcing, series: pd.DataFrame, today: np.datetime64, n_paths: int, seed: int
) -> FloatArray:
    """Which share of a new order of each series is delivered, shape (n_series, n_paths)."""
    new = [OrderLines.of_sourcing(lines, today)]
    drawn = sample_shares(model, new, series_keys(series), n_paths=n_paths, n_periods=1, seed=seed)
    return drawn[:, :, 0, 0]


def preferred_lines(series: pd.DataFrame, sourcing: Sourcing) -> IntArray:
    """Place of the cheapest sourcing line of each series, shape (n_series,); −1 where there is none.

    A line without a price comes after all that have one.
    """
    price = np.where(np.isnan(sourcing.unit_cost), np.inf, sourcing.unit_cost)
    order = np.argsort(price, kind="stable")
    wanted, offered = _numbered(
        (series["item_id"].to_numpy(object), series["location_id"].to_numpy(object)),
        (sourcing.item_id[order], sourcing.location_id[order]),
    )
    offers, first = np.unique(offered, return_index=True)
    if not len(offers):
        return np.full(len(series), -1, dtype=np.int64)
    place = np.minimum(np.searchsorted(offers, wanted), len(offers) - 1)
    return np.where(offers[place] == wanted, order[first[place]], -1).astype(np.int64)


def _numbered(*keys: tuple[TextArray, TextArray]) -> list[IntArray]:
    """A number for each pair of texts, the same for equal pairs."""
    codes, widths = [], []
    for column in zip(*keys, strict=True):
        code, names = pd.factorize(np.concatenate(column))
        codes.append(code)
        widths.append(len(names))
    number = codes[0].astype(np.int64) * widths[1] + codes[1]
    return np.split(number, np.cumsum([len(key[0]) for key in keys])[:-1])


def open_orders_of(orders: PurchaseOrders, series: pd.DataFrame) -> tuple[PurchaseOrders, IntArray]:
    """Open orders for these series, and the row of each one's series."""
    known, asked = _numbered(
        (series["item_id"].to_numpy(object), series["location_id"].to_numpy(object)),
        (orders.item_id, orders.location_id),
    )
    row = pd.Index(known).get_indexer(pd.Index(asked))
    wanted = np.flatnonzero(orders.is_open & (row >= 0))
    return orders.take(wanted), row[wanted].astype(np.int64)
