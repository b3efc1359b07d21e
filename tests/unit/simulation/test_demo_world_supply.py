from functools import cache

import numpy as np
import pandas as pd
import pytest

from allocast.errors import UnknownNameError
from allocast.simulation.demo_settings import DemoWorldSettings
from allocast.simulation.demo_world import generate_demo_world, orders_known_on


@cache
def world():
    return generate_demo_world(DemoWorldSettings(n_items=60, n_locations=8), 11)


def _days(orders):
    return (orders["received_on"] - orders["ordered_on"]).dt.days


def _shipments():
    return world().truth.orders.dropna(subset="received_on").drop_duplicates("shipment_id")


def test_the_true_distribution_covers_the_lead_times_that_happened():
    shipments, suppliers = _shipments(), world().truth.suppliers
    rows = pd.Index(suppliers.supplier_id).get_indexer(pd.Index(shipments["supplier_id"]))
    ordered_on = shipments["ordered_on"].to_numpy().astype("datetime64[D]")
    days = _days(shipments).to_numpy()
    for limit in (7, 14, 28, 42):
        within = suppliers.probability_within(
            rows, shipments["mode"].to_numpy(dtype=object), ordered_on, np.full(len(rows), float(limit))
        )
        assert within.mean() == pytest.approx((days <= limit).mean(), abs=0.03)


def test_the_distribution_starts_at_zero_never_falls_and_ends_at_one():
    suppliers = world().truth.suppliers
    rows, road = (
        np.arange(len(suppliers.supplier_id)),
        np.full(len(suppliers.supplier_id), "road", dtype=object),
    )
    day = np.full(len(rows), suppliers.first_day)
    cumulative = np.stack(
        [suppliers.probability_within(rows, road, day, rows * 0.0 + d) for d in range(-1, 2000)]
    )
    assert (cumulative[:2] == 0).all()
    assert (np.diff(cumulative, axis=0) >= 0).all()
    np.testing.assert_allclose(cumulative[-1], 1)


def _open_orders(as_of):
    """Open orders as a day ends, and the same with all that befalls them."""
    truth = world().truth.orders[world().truth.orders["ordered_on"] <= as_of]
    known = orders_known_on(truth, as_of.to_datetime64())
    is_open = known["received_on"].isna() & known["cancelled_on"].isna()
    return known[is_open], truth[is_open]


def _said_and_seen(what):
    """Of the open orders of many days: what the truth says of the next ten days, and what happens."""
    said, seen = [], []
    for as_of in pd.date_range("2021-06-06", "2023-06-04", freq="28D"):
        known, truth = _open_orders(as_of)
        by = as_of + pd.Timedelta(days=10)
        days = (day.to_datetime64().astype("M8[D]") for day in (as_of, by))
        said.append(getattr(world().truth.suppliers, what)(known, *days))
        later = orders_known_on(truth, by.to_datetime64())
        received = (later["received_on"] <= by).to_numpy(float)
        if what == "share_received_by":
            came = (later["units_received"] - known["units_received"]).to_numpy()
            outstanding = (known["units_ordered"] - known["units_received"]).to_numpy()
            received = np.where(received == 1, 1.0, came / outstanding)
        seen.append(received)
    return np.concatenate(said), np.concatenate(seen)


@pytest.mark.parametrize("what", ["probability_received_by", "share_received_by"])
def test_open_orders_are_received_as_often_as_their_age_says(what):
    said, seen = _said_and_seen(what)
    assert said.mean() == pytest.approx(seen.mean(), abs=0.03)
    assert seen[said > 0.8].mean() > 0.75
    assert seen[said < 0.2].mean() < 0.25


def test_the_share_received_is_above_the_chance_of_the_last_receipt_and_below_one():
    known, _ = _open_orders(pd.Timestamp("2022-06-05"))
    days = np.datetime64("2022-06-05"), np.datetime64("2022-06-19")
    suppliers = world().truth.suppliers
    last, share = suppliers.probability_received_by(known, *days), suppliers.share_received_by(known, *days)
    assert (share >= last).all() and (share <= 1).all()
    untouched = (known["units_received"] == 0).to_numpy()
    np.testing.assert_allclose(share[~untouched], last[~untouched])
    assert (share[untouched] > last[untouched] + 1e-4).mean() > 0.3


def test_an_order_with_an_unknown_supplier_is_refused():
    orders = world().truth.orders.head(2)
    day = np.datetime64("2021-02-01")
    assert world().truth.suppliers.probability_received_by(orders, day, day + 30).shape == (2,)
    with pytest.raises(UnknownNameError, match="nobody"):
        world().truth.suppliers.probability_received_by(orders.assign(supplier_id="nobody"), day, day + 30)


def test_suppliers_differ():
    medians = _days(world().truth.orders).groupby(world().truth.orders["supplier_id"]).median()
    assert medians.max() > 3 * medians.min()
    assert len(np.unique(world().truth.suppliers.spread)) == 6


def test_drift_and_step_show_in_the_orders():
    suppliers, orders = world().truth.suppliers, _shipments()
    early, late = orders[orders["ordered_on"] < "2021-07-01"], orders[orders["ordered_on"] >= "2023-07-01"]
    ratio = (
        _days(late).groupby(late["supplier_id"]).median()
        / _days(early).groupby(early["supplier_id"]).median()
    )
    ratio = ratio.reindex(suppliers.supplier_id).to_numpy()
    grown, fallen = suppliers.yearly_factor > 1, suppliers.yearly_factor < 1
    steady = (suppliers.yearly_factor == 1) & (suppliers.step_factor == 1)
    assert grown.sum() == fallen.sum() == (suppliers.step_factor > 1).sum() == 1
    assert ratio[grown] > 1.4
    assert ratio[fallen] < 0.75
    assert ratio[suppliers.step_factor > 1] > 1.05
    assert (np.abs(np.log(ratio[steady])) < 0.25).all()


def test_lines_of_one_shipment_arrive_together():
    orders = world().truth.orders
    assert (orders.groupby("shipment_id")["received_on"].nunique() <= 1).all()
    assert orders["shipment_id"].nunique() < len(orders)


def test_deliveries_are_those_of_the_history_where_it_went_to_the_main_line():
    truth, settings = world().truth, world().settings
    keys = pd.MultiIndex.from_frame(world().panel.series[["item_id", "location_id"]])
    orders = truth.orders
    row = keys.get_indexer(pd.MultiIndex.from_frame(orders[["item_id", "location_id"]]))
    period = np.searchsorted(settings.last_days, orders["ordered_on"].to_numpy().astype("datetime64[D]"))
    is_main = (orders["supplier_id"] == truth.main.terms.supplier_id[row]).to_numpy()
    came = is_main & orders["received_on"].notna().to_numpy()
    np.testing.assert_array_equal(truth.main.deliveries.days[row, period][came], _days(orders)[came])
    assert 0.02 < (~is_main).mean() < 0.2


def test_lead_time_in_periods_is_whole_periods_rounded_up():
    deliveries = world().truth.main.deliveries
    np.testing.assert_array_equal(deliveries.lead_time, np.ceil(deliveries.days / 7))
    assert not deliveries.days.flags.writeable


def test_the_contract_promises_about_the_usual_lead_time():
    orders = world().truth.orders
    assert 0.15 < (orders["received_on"] > orders["promised_on"]).mean() < 0.5
