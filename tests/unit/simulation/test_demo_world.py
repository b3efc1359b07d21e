from functools import cache

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from allocast.demand.calendar import Frequency
from allocast.simulation.demo_settings import DemoWorldSettings
from allocast.simulation.demo_world import generate_demo_world
from allocast.simulation.dynamics import advance

SMALL = {"n_items": 40, "n_locations": 6, "n_periods": 104, "n_future": 20}

REQUIRED = {
    "demand": "item_id location_id date units in_stock price promotion",
    "items": "item_id category unit_cost price criticality shelf_life_days volume weight_kg",
    "locations": "location_id region capacity",
    "sourcing": "item_id location_id supplier_id unit_cost order_cost minimum_order_units pack_units "
    "lead_time_days capacity_units co2e_kg_per_unit",
    "purchase_orders": "order_line_id supplier_id item_id location_id shipment_id ordered_on promised_on "
    "received_on units_ordered units_received mode",
    "stock": "item_id location_id as_of on_hand backordered",
    "calendar": "date christmas",
}
KEYS = {
    "demand": ["item_id", "location_id", "date"],
    "items": ["item_id"],
    "locations": ["location_id"],
    "sourcing": ["item_id", "location_id", "supplier_id"],
    "purchase_orders": ["order_line_id"],
    "stock": ["item_id", "location_id", "as_of"],
    "calendar": ["date"],
}


@cache
def world_of(frequency=Frequency.WEEKLY, seed=1):
    return generate_demo_world(DemoWorldSettings(**SMALL, frequency=frequency), seed)


@pytest.fixture(params=[Frequency.DAILY, Frequency.WEEKLY])
def world(request):
    return world_of(request.param)


def _sum_by_series(world, table, column):
    keys = pd.MultiIndex.from_frame(world.panel.series[["item_id", "location_id"]])
    return table.groupby(["item_id", "location_id"])[column].sum().reindex(keys, fill_value=0).to_numpy()


def test_the_same_seed_gives_the_same_tables_another_seed_others():
    first, again, other = world_of(), generate_demo_world(DemoWorldSettings(**SMALL), 1), world_of(seed=2)
    for name, table in first.tables.items():
        assert_frame_equal(table, again.tables[name], check_exact=True)
    assert not first.tables["demand"].equals(other.tables["demand"])


def test_other_suppliers_do_not_change_what_customers_ask_for():
    more = generate_demo_world(DemoWorldSettings(**SMALL, n_suppliers=9), 1)
    np.testing.assert_array_equal(more.truth.demand.units, world_of().truth.demand.units)


def test_tables_have_the_columns_of_the_design_and_unique_keys(world):
    assert set(world.tables) == set(REQUIRED)
    for name, table in world.tables.items():
        assert set(REQUIRED[name].split()) <= set(table.columns), name
        assert not table.duplicated(KEYS[name]).any(), name


def test_demand_rows_begin_at_the_launch_and_reach_into_the_future_without_units(world):
    demand = world.tables["demand"]
    future = demand["date"] > pd.Timestamp(world.panel.as_of)
    assert demand.loc[future, "units"].isna().all() and not demand.loc[future, "in_stock"].any()
    assert demand.loc[~future].notna().all(axis=None)
    assert demand[["price", "promotion"]].notna().all(axis=None)
    assert future.sum() == SMALL["n_future"] * world.panel.n_series
    starts = demand.groupby("item_id")["date"].min()
    assert 2 <= (starts > starts.min()).sum() <= 10


def test_units_are_whole(world):
    for table, columns in (
        ("demand", ["units"]),
        ("purchase_orders", ["units_ordered", "units_received"]),
        ("stock", ["on_hand"]),
    ):
        values = world.tables[table][columns].dropna().to_numpy()
        np.testing.assert_array_equal(values, np.rint(values))


def test_stock_is_conserved_initial_plus_received_minus_sold_is_left(world):
    received = _sum_by_series(world, world.tables["purchase_orders"], "units_received")
    sold = _sum_by_series(world, world.tables["demand"], "units")
    np.testing.assert_array_equal(
        world.truth.initial_on_hand + received - sold, world.tables["stock"]["on_hand"].to_numpy()
    )


def test_what_is_still_to_come_of_open_orders_is_in_the_pipeline(world):
    is_open = world.tables["purchase_orders"]["received_on"].isna()
    assert is_open.sum() > 10
    to_come = _sum_by_series(world, world.truth.orders[is_open.to_numpy()], "units_received")
    np.testing.assert_array_equal(world.truth.stock.pipeline.sum(axis=1), to_come)


def test_open_orders_arrive_in_the_first_period_that_begins_after_their_receipt(world):
    is_open = world.tables["purchase_orders"]["received_on"].isna().to_numpy()
    orders = world.truth.orders[is_open]
    later = world.panel.as_of + np.arange(1, 200) * np.timedelta64(world.panel.frequency.days, "D")
    due = np.searchsorted(later, orders["received_on"].to_numpy().astype("datetime64[D]"), side="right")
    units = np.bincount(due, orders["units_received"], minlength=world.truth.stock.pipeline.shape[1])
    np.testing.assert_array_equal(world.truth.stock.pipeline.sum(axis=0), units)


def test_sales_equal_demand_where_in_stock_and_never_exceed_it(world):
    panel, n = world.panel, world.settings.n_periods
    demand = world.truth.demand.units[:, :n]
    np.testing.assert_array_equal(panel.units[panel.observed], demand[panel.observed])
    launched = ~np.isnan(panel.units)
    assert (panel.units[launched] <= demand[launched]).all()
    assert (panel.units[launched] < demand[launched]).mean() > 0.02


def test_stock_outs_censor_about_one_cell_in_ten():
    demand = world_of().tables["demand"]
    assert 0.04 < 1 - demand.loc[demand["units"].notna(), "in_stock"].mean() < 0.15


def test_less_safety_stock_censors_more():
    bare = generate_demo_world(DemoWorldSettings(**SMALL, safety_share=0.0), 1)
    assert bare.panel.observed.sum() < 0.95 * world_of().panel.observed.sum()


def test_orders_hold_to_the_terms_of_their_line(world):
    lines = world.tables["sourcing"].drop(columns="unit_cost")
    orders = world.tables["purchase_orders"].merge(
        lines, on=["item_id", "location_id", "supplier_id"], how="left"
    )
    assert orders["pack_units"].notna().all()
    assert (orders["units_ordered"] % orders["pack_units"] == 0).all()
    assert (orders["units_ordered"] >= orders["minimum_order_units"]).all()
    assert (orders["units_ordered"] <= orders["capacity_units"]).all()
    assert (orders["units_ordered"] > orders["capacity_units"] - orders["pack_units"]).any()


def test_the_main_line_is_the_cheapest_and_some_items_have_a_second():
    sourcing = world_of().tables["sourcing"]
    cheapest = sourcing.loc[sourcing.groupby(["item_id", "location_id"])["unit_cost"].idxmin()]
    np.testing.assert_array_equal(cheapest["supplier_id"], world_of().truth.main.terms.supplier_id)
    assert world_of().panel.n_series < len(sourcing) < 2 * world_of().panel.n_series


def test_some_orders_are_closed_with_less_than_was_ordered_none_with_more_or_nothing():
    orders = world_of().tables["purchase_orders"].dropna(subset="received_on")
    share = orders["units_received"] / orders["units_ordered"]
    assert 0.02 < (share < 1).mean() < 0.2
    assert share.between(0, 1, inclusive="right").all()


def test_the_orders_table_knows_nothing_after_the_last_day():
    orders, last_day = (
        world_of().tables["purchase_orders"],
        world_of().settings.last_days[SMALL["n_periods"] - 1],
    )
    assert (orders["ordered_on"] <= pd.Timestamp(last_day)).all()
    assert orders["received_on"].max() <= pd.Timestamp(last_day)
    assert (orders.loc[orders["received_on"].isna(), "units_received"] == 0).all()


def test_replays_can_begin_where_the_history_ends():
    truth, now = world_of().truth, world_of().settings.n_periods
    stock, ledger = advance(truth.stock, truth.demand.units[:, now], holding_cost=0.1, shortage_cost=1.0)
    assert (ledger.sold + ledger.missed == truth.demand.units[:, now]).all()
    assert (truth.main.deliveries.lead_time < stock.pipeline.shape[1]).all()


def test_the_orders_of_the_last_period_are_left_to_decide(world):
    last_day = world.settings.last_days[SMALL["n_periods"] - 1]
    newest = world.truth.orders["ordered_on"].max()
    assert newest == pd.Timestamp(last_day) - pd.Timedelta(days=world.panel.frequency.days)


def test_the_smallest_world_works():
    settings = DemoWorldSettings(n_items=1, n_locations=1, n_suppliers=1, n_periods=10, n_future=0)
    world = generate_demo_world(settings, 3)
    assert world.panel.units.shape == (1, 10)
    assert len(world.tables["sourcing"]) == 1
