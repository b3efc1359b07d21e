from functools import cache

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from allocast.adapters.tables import Tables, check_tables
from allocast.demand.calendar import Frequency
from allocast.simulation.demo_settings import DemoWorldSettings
from allocast.simulation.demo_world import generate_demo_world
from allocast.simulation.dynamics import Rates, Rules, advance

SMALL = {"n_items": 40, "n_locations": 6, "n_periods": 104, "n_future": 20}

REQUIRED = {
    "demand": "item_id location_id date units in_stock price promotion",
    "items": "item_id category unit_cost price criticality shelf_life_days volume weight_kg",
    "locations": "location_id region capacity",
    "sourcing": "item_id location_id supplier_id unit_cost order_cost minimum_order_units pack_units "
    "lead_time_days capacity_units co2e_kg_per_unit",
    "suppliers": "supplier_id payment_terms_days",
    "purchase_orders": "order_line_id supplier_id item_id location_id shipment_id ordered_on promised_on "
    "latest_promised_on received_on cancelled_on units_ordered units_received mode",
    "receipts": "order_line_id received_on units",
    "stock": "item_id location_id as_of on_hand backordered",
    "calendar": "date christmas",
    "lanes": "from_location_id to_location_id cost_per_unit cost_per_transfer days pack_units mode distance_km",
    "emission_factors": "mode co2e_grams_per_tonne_km",
}
KEYS = {
    "demand": ["item_id", "location_id", "date"],
    "items": ["item_id"],
    "locations": ["location_id"],
    "sourcing": ["item_id", "location_id", "supplier_id"],
    "suppliers": ["supplier_id"],
    "purchase_orders": ["order_line_id"],
    "receipts": ["order_line_id", "received_on"],
    "stock": ["item_id", "location_id", "as_of"],
    "calendar": ["date"],
    "lanes": ["from_location_id", "to_location_id"],
    "emission_factors": ["mode"],
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


def still_to_come(world):
    """Receipts after the last day, by the truth: first parts, and those that close a line."""
    orders = world.truth.orders
    first = orders.assign(received_on=orders["first_part_on"], units=orders["first_part_units"])
    last = orders.assign(units=orders["units_received"] - orders["first_part_units"])
    both = pd.concat([first, last[~last["received_on"].isna()]])
    return both[both["received_on"] > pd.Timestamp(world.settings.last_days[SMALL["n_periods"] - 1])]


def test_what_is_still_to_come_of_open_orders_is_in_the_pipeline(world):
    orders = world.tables["purchase_orders"]
    assert (orders["received_on"].isna() & orders["cancelled_on"].isna()).sum() > 10
    to_come = _sum_by_series(world, still_to_come(world), "units")
    np.testing.assert_array_equal(world.truth.stock.pipeline.sum(axis=1), to_come)


def test_open_orders_arrive_in_the_first_period_that_begins_after_their_receipt(world):
    orders = still_to_come(world)
    later = world.panel.as_of + np.arange(1, 200) * np.timedelta64(world.panel.frequency.days, "D")
    due = np.searchsorted(later, orders["received_on"].to_numpy().astype("datetime64[D]"), side="right")
    units = np.bincount(due, orders["units"], minlength=world.truth.stock.pipeline.shape[1])
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


def test_some_orders_are_closed_with_less_than_was_ordered_few_with_more_none_with_nothing():
    orders = world_of().tables["purchase_orders"].dropna(subset="received_on")
    share = orders["units_received"] / orders["units_ordered"]
    assert 0.02 < (share < 1).mean() < 0.2
    assert 0.005 < (share > 1).mean() < 0.04
    assert (orders["units_received"] > 0).all()
    assert (orders["units_received"] <= np.ceil(1.15 * orders["units_ordered"])).all()


def test_some_orders_come_in_two_parts_some_are_cancelled_some_promised_anew(world):
    orders, receipts = world.tables["purchase_orders"], world.tables["receipts"]
    assert 0.002 < orders["cancelled_on"].notna().mean() < 0.05
    assert 0.005 < receipts["order_line_id"].nunique() / len(orders) < 0.05
    assert 0.02 < (orders["latest_promised_on"] > orders["promised_on"]).mean() < 0.12
    assert not (orders["received_on"].notna() & orders["cancelled_on"].notna()).any()


def test_receipts_add_up_to_what_their_orders_received(world):
    total = world.tables["receipts"].groupby("order_line_id")["units"].sum()
    orders = world.tables["purchase_orders"].set_index("order_line_id")
    np.testing.assert_array_equal(total, orders.loc[total.index, "units_received"])
    assert (world.tables["receipts"]["units"] > 0).all()


def test_the_tables_of_orders_pass_their_checks(world):
    tables = Tables(**{name: world.tables[name] for name in ("purchase_orders", "receipts")})
    assert check_tables(tables)[1].findings == ()


def test_fates_of_orders_leave_demand_and_lead_times_as_they_are():
    none = dict.fromkeys(("split_probability", "cancellation_probability", "over_delivery_probability"), 0.0)
    plain = generate_demo_world(DemoWorldSettings(**SMALL, **none), 1)
    np.testing.assert_array_equal(plain.truth.demand.units, world_of().truth.demand.units)
    np.testing.assert_array_equal(plain.truth.main.deliveries.days, world_of().truth.main.deliveries.days)
    np.testing.assert_array_equal(plain.truth.main.deliveries.share, world_of().truth.main.deliveries.share)
    assert plain.tables["receipts"].empty
    assert plain.tables["purchase_orders"]["cancelled_on"].isna().all()


def test_the_orders_table_knows_nothing_after_the_last_day():
    orders, last_day = (
        world_of().tables["purchase_orders"],
        world_of().settings.last_days[SMALL["n_periods"] - 1],
    )
    assert (orders["ordered_on"] <= pd.Timestamp(last_day)).all()
    assert orders["received_on"].max() <= pd.Timestamp(last_day)
    assert orders["cancelled_on"].max() <= pd.Timestamp(last_day)
    receipts = world_of().tables["receipts"]
    assert receipts["received_on"].max() <= pd.Timestamp(last_day)
    part = orders["order_line_id"].isin(receipts["order_line_id"])
    assert (orders.loc[orders["received_on"].isna() & ~part, "units_received"] == 0).all()


def test_replays_can_begin_where_the_history_ends():
    truth, now = world_of().truth, world_of().settings.n_periods
    rates = Rates(holding_cost=0.1, shortage_cost=1.0)
    stock, ledger = advance(Rules(), truth.stock, truth.demand.units[:, now], rates)
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


def test_stock_can_move_to_the_nearest_other_locations():
    lanes = world_of().tables["lanes"]
    assert (lanes["from_location_id"] != lanes["to_location_id"]).all()
    assert (lanes.groupby("from_location_id").size() == 3).all()
    farther = lanes.sort_values("distance_km")
    assert farther["cost_per_unit"].is_monotonic_increasing and farther["days"].is_monotonic_increasing


def test_a_world_may_have_no_lanes_and_one_location_has_none():
    small = {"n_items": 5, "n_periods": 20, "n_future": 0}
    assert generate_demo_world(DemoWorldSettings(**small, lanes_per_location=0), 1).tables["lanes"].empty
    assert generate_demo_world(DemoWorldSettings(**small, n_locations=1), 1).tables["lanes"].empty
