from functools import cache

import numpy as np
import pandas as pd
import pytest

from allocast.errors import UnknownNameError
from allocast.simulation.demo_settings import DemoWorldSettings
from allocast.simulation.demo_world import generate_demo_world


@cache
def world():
    return generate_demo_world(DemoWorldSettings(n_items=60, n_locations=8), 11)


def _days(orders):
    return (orders["received_on"] - orders["ordered_on"]).dt.days


def _shipments():
    return world().truth.orders.drop_duplicates("shipment_id")


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


def test_open_orders_are_received_as_often_as_their_age_says():
    orders, suppliers = world().truth.orders, world().truth.suppliers
    said, seen = [], []
    for as_of in pd.date_range("2021-06-06", "2023-06-04", freq="28D"):
        waiting = orders[(orders["ordered_on"] <= as_of) & (orders["received_on"] > as_of)]
        by = as_of + pd.Timedelta(days=10)
        said.append(
            suppliers.probability_received_by(
                waiting, *(day.to_datetime64().astype("M8[D]") for day in (as_of, by))
            )
        )
        seen.append((waiting["received_on"] <= by).to_numpy())
    said, seen = np.concatenate(said), np.concatenate(seen)
    assert said.mean() == pytest.approx(seen.mean(), abs=0.03)
    assert seen[said > 0.8].mean() > 0.75
    assert seen[said < 0.2].mean() < 0.25


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
    assert (orders.groupby("shipment_id")["received_on"].nunique() == 1).all()
    assert orders["shipment_id"].nunique() < len(orders)


def test_deliveries_are_those_of_the_history_where_it_went_to_the_main_line():
    truth, settings = world().truth, world().settings
    keys = pd.MultiIndex.from_frame(world().panel.series[["item_id", "location_id"]])
    orders = truth.orders
    row = keys.get_indexer(pd.MultiIndex.from_frame(orders[["item_id", "location_id"]]))
    period = np.searchsorted(settings.last_days, orders["ordered_on"].to_numpy().astype("datetime64[D]"))
    is_main = (orders["supplier_id"] == truth.main.terms.supplier_id[row]).to_numpy()
    np.testing.assert_array_equal(truth.main.deliveries.days[row, period][is_main], _days(orders)[is_main])
    assert 0.02 < (~is_main).mean() < 0.2


def test_lead_time_in_periods_is_whole_periods_rounded_up():
    deliveries = world().truth.main.deliveries
    np.testing.assert_array_equal(deliveries.lead_time, np.ceil(deliveries.days / 7))
    assert not deliveries.days.flags.writeable


def test_the_contract_promises_about_the_usual_lead_time():
    orders = world().truth.orders
    assert 0.15 < (orders["received_on"] > orders["promised_on"]).mean() < 0.5
