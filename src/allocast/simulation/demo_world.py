"""A world made up with known truth: the tables a user would bring, and what only a judge may see."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd

from allocast.demand.panel import DemandPanel
from allocast.numerics.arrays import BoolArray, DateArray, FloatArray, freeze
from allocast.numerics.streams import stream
from allocast.simulation.demo_demand import (
    Assortment,
    DemandTruth,
    event_flags,
    generate_assortment,
    generate_demand,
)
from allocast.simulation.demo_fates import receipts_of_parts
from allocast.simulation.demo_history import History, RuleOfThumb, simulate_history
from allocast.simulation.demo_lanes import emission_factors, generate_lanes
from allocast.simulation.demo_settings import DemoWorldSettings
from allocast.simulation.demo_supply import SupplierTruth, SupplyLines, generate_lines, generate_suppliers
from allocast.simulation.dynamics import Stock

__all__ = ["DemoTruth", "DemoWorld", "generate_demo_world", "orders_known_on"]

ONLY_TRUTH = ["first_part_on", "first_part_units", "promise_changed_on"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoTruth:
    """What only a judge may see. Row ``i`` of every array is series ``i``; columns are history, then future.

    Parameters
    ----------
    periods : array of days, shape (n_all,)
        The beginnings of the periods of history and future.
    demand : DemandTruth
        Uncensored demand, its mean and its exact quantiles.
    suppliers : SupplierTruth
        The exact distribution of lead times.
    main : SupplyLines
        The line that replayed orders go to, the cheapest; its ``deliveries`` are the lead time and the
        delivered share of an order placed at the end of any period: the same for every policy. The first
        order after the history is placed at the end of its last period, column ``n_periods - 1``.
    orders : DataFrame
        The table of purchase orders with all that befalls them, in the future too, and what only a judge may
        see: see `History`.
    initial_on_hand : array of shape (n_series,), in units
    stock : Stock
        At the end of the history, with open orders where they will arrive: replays start here. The orders
        of the last period are still to be decided.
    """

    periods: DateArray
    demand: DemandTruth
    suppliers: SupplierTruth
    main: SupplyLines
    orders: pd.DataFrame
    initial_on_hand: FloatArray
    stock: Stock


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoWorld:
    """The tables a user would bring, and the truth behind them.

    Parameters
    ----------
    settings : DemoWorldSettings
    tables : mapping of name to DataFrame
        ``demand``, ``items``, ``locations``, ``sourcing``, ``suppliers``, ``purchase_orders``, ``receipts`` (of lines
        received in two parts), ``stock``, ``calendar``, ``lanes`` and ``emission_factors``.
        The rows of ``demand`` begin with the launch of a series. Those of the periods after the history have
        no ``units`` and are not ``in_stock``: not observed, they hold what is known ahead, price and promotion.
    panel : DemandPanel
        What the tables say of demand, as a panel of all series, with price and promotion known ahead.
    truth : DemoTruth
    """

    settings: DemoWorldSettings
    tables: Mapping[str, pd.DataFrame]
    panel: DemandPanel
    truth: DemoTruth


def generate_demo_world(settings: DemoWorldSettings, seed: int) -> DemoWorld:
    """A world with these settings: the same seed gives the same bytes.

    Parameters
    ----------
    settings : DemoWorldSettings
    seed : int, >= 0
        Of the named random streams, so that other suppliers do not change what customers ask for.

    Examples
    --------
    >>> world = generate_demo_world(DemoWorldSettings(n_items=8, n_locations=2, n_periods=60), seed=1)
    >>> world.tables["stock"].columns.to_list()
    ['item_id', 'location_id', 'as_of', 'on_hand', 'backordered']
    """
    assortment = generate_assortment(settings, seed)
    demand = generate_demand(settings, assortment, seed)
    mean_units = _mean_since_launch(demand.expected[:, : settings.n_periods], assortment)
    suppliers = generate_suppliers(settings, assortment, seed)
    lines = generate_lines(settings, assortment, suppliers, mean_units, seed)
    rule = RuleOfThumb.from_averages(settings, mean_units, lines[0].terms.lead_time_days)
    history = simulate_history(
        settings, demand.units[:, : settings.n_periods], rule, lines, suppliers.fates, seed
    )
    panel = _panel(settings, assortment, history)
    truth = DemoTruth(
        periods=freeze(settings.periods),
        demand=demand,
        suppliers=suppliers,
        main=lines[0],
        orders=history.orders,
        initial_on_hand=freeze(history.initial_on_hand),
        stock=history.stock,
    )
    known = orders_known_on(history.orders, settings.last_days[settings.n_periods - 1])
    tables = {
        "demand": _demand_table(settings, panel, assortment.sold_since),
        "items": assortment.items,
        "locations": _with_capacity(assortment, rule),
        "sourcing": _sourcing_table(lines),
        "suppliers": _suppliers_table(suppliers, seed),
        "purchase_orders": known.drop(columns=ONLY_TRUTH),
        "receipts": receipts_of_parts(known),
        "stock": _stock_table(panel, history.stock),
        "calendar": pd.DataFrame(
            {"date": settings.periods, **event_flags(settings.periods, settings.frequency.days)}
        ),
        "lanes": generate_lanes(settings, assortment, seed),
        "emission_factors": emission_factors(),
    }
    return DemoWorld(settings=settings, tables=MappingProxyType(tables), panel=panel, truth=truth)


def _mean_since_launch(expected: FloatArray, assortment: Assortment) -> FloatArray:
    """What a planner would call the average demand of a series, in units per period, shape (n_series,)."""
    mean: FloatArray = expected.sum(axis=1) / (expected.shape[1] - assortment.launch[assortment.item_of])
    return mean


def _panel(settings: DemoWorldSettings, assortment: Assortment, history: History) -> DemandPanel:
    items, locations = assortment.items, assortment.locations
    known = assortment.sold_since[:, : settings.n_periods]
    return DemandPanel(
        series=pd.concat(
            [
                items[["item_id"]].iloc[assortment.item_of].reset_index(drop=True),
                locations.iloc[assortment.location_of].reset_index(drop=True),
                items.drop(columns=["item_id", "price"]).iloc[assortment.item_of].reset_index(drop=True),
            ],
            axis=1,
        ),
        periods=settings.periods[: settings.n_periods],
        frequency=settings.frequency,
        units=np.where(known, history.sold, np.nan),
        observed=known & history.in_stock,
        known_ahead={
            "price": assortment.price,
            "promotion": (assortment.discount > 0)[assortment.item_of] * 1.0,
        },
    )


def _demand_table(settings: DemoWorldSettings, panel: DemandPanel, sold_since: BoolArray) -> pd.DataFrame:
    row, period = np.nonzero(sold_since)
    past = period < settings.n_periods
    units = np.full(len(row), np.nan)
    units[past] = panel.units[row[past], period[past]]
    in_stock = np.zeros(len(row), dtype=bool)  # of a period to come nothing is observed
    in_stock[past] = panel.observed[row[past], period[past]]
    return pd.DataFrame(
        {
            "item_id": panel.series["item_id"].to_numpy()[row],
            "location_id": panel.series["location_id"].to_numpy()[row],
            "date": settings.periods[period],
            "units": units,
            "in_stock": in_stock,
            **{name: values[row, period] for name, values in panel.known_ahead.items()},
        }
    )


def _with_capacity(assortment: Assortment, rule: RuleOfThumb) -> pd.DataFrame:
    """Locations with room for half as much again as the planner ever wants there."""
    most = np.bincount(assortment.location_of, rule.order_up_to)
    return assortment.locations.assign(capacity=np.ceil(1.5 * most / 100) * 100)


def _sourcing_table(lines: tuple[SupplyLines, SupplyLines]) -> pd.DataFrame:
    main, second = (line.table() for line in lines)
    others = second[second["supplier_id"] != main["supplier_id"]]
    return pd.concat([main, others]).sort_values(["item_id", "location_id", "unit_cost"], ignore_index=True)


def _suppliers_table(suppliers: SupplierTruth, seed: int) -> pd.DataFrame:
    """When suppliers are paid; drawn from a stream of its own."""
    days = stream(seed, "demo_world", "supplier_terms").choice(
        [0.0, 14.0, 30.0, 60.0], len(suppliers.supplier_id)
    )
    return pd.DataFrame({"supplier_id": suppliers.supplier_id, "payment_terms_days": days})


def orders_known_on(orders: pd.DataFrame, last_day: np.datetime64) -> pd.DataFrame:
    """The orders as a day ends: what is received later is open, what changes later is as it was."""
    received, cancelled, part, promised = (
        orders[name] <= pd.Timestamp(last_day)
        for name in ("received_on", "cancelled_on", "first_part_on", "promise_changed_on")
    )
    first = orders["first_part_units"].where(part, 0.0)
    return orders.assign(
        latest_promised_on=orders["latest_promised_on"].where(promised, orders["promised_on"]),
        received_on=orders["received_on"].where(received),
        cancelled_on=orders["cancelled_on"].where(cancelled),
        units_received=orders["units_received"].where(received, first),
        first_part_on=orders["first_part_on"].where(part),
        first_part_units=first,
    )


def _stock_table(panel: DemandPanel, stock: Stock) -> pd.DataFrame:
    keys = panel.series[["item_id", "location_id"]]
    return keys.assign(as_of=panel.as_of, on_hand=stock.on_hand, backordered=stock.backordered)
