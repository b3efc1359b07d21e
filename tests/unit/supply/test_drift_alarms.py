from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from allocast.errors import SettingsError
from allocast.supply.suppliers.drift import SupplierCusum, drift_alarms
from allocast.supply.suppliers.usual_orders import UsualOrders

FIRST, DAY = np.datetime64("2022-01-03"), np.timedelta64(1, "D")
AS_OF = FIRST + 700
STEP = 500  # days after the first


def book(make_orders: Any, factor: float = 1.5, taken: Any = None) -> Any:
    """Eight suppliers with an order a week each, of 20 days; the first changes its pace by a factor."""
    rng = np.random.default_rng(8)
    placed = np.repeat(np.arange(0, 690, 7), 8)
    supplier = np.tile(np.arange(8), len(placed) // 8)
    pace = np.where((supplier == 0) & (placed >= STEP), factor, 1.0)
    days = np.ceil(20 * pace * np.exp(0.15 * rng.standard_normal(len(placed)))).astype(int)
    days = days if taken is None else np.where((supplier == 0) & (placed >= STEP), taken, days)
    ordered_on = FIRST + placed * DAY
    names = np.array([f"s{k}" for k in supplier], dtype=object)
    return make_orders(
        ordered_on, supplier_id=names, promised_on=ordered_on + 20 * DAY, received_on=ordered_on + days * DAY
    )


SELDOM = SupplierCusum(years_between_false_alarms=100.0)


def of_first(table: Any) -> Any:
    return table.set_index("supplier_id").loc["s0"]


def test_a_supplier_that_becomes_slower_is_found_and_the_others_are_not(make_orders) -> None:
    table = drift_alarms(book(make_orders), as_of=AS_OF, cusum=SELDOM)
    assert of_first(table)["direction"] == "slower"
    assert FIRST + STEP * DAY < of_first(table)["alarmed_on"] <= FIRST + (STEP + 120) * DAY
    assert table["alarmed_on"].notna().sum() == 1
    quiet = table[table["alarmed_on"].isna()]
    assert (quiet["statistic"] < quiet["threshold"]).all()
    assert (quiet["orders_since"] > 80).all()


def test_one_that_becomes_faster_is_found_too(make_orders) -> None:
    assert of_first(drift_alarms(book(make_orders, factor=0.6), as_of=AS_OF))["direction"] == "faster"


def test_overdue_open_orders_raise_the_alarm_before_any_arrives(make_orders) -> None:
    never = book(make_orders, taken=2000)
    alarm = of_first(drift_alarms(never, as_of=FIRST + (STEP + 60) * DAY))
    assert FIRST + STEP * DAY < alarm["alarmed_on"] <= FIRST + (STEP + 60) * DAY


def test_what_happens_later_raises_no_alarm_now(make_orders) -> None:
    before = FIRST + STEP * DAY
    one, two = (drift_alarms(book(make_orders, factor=f), as_of=before, cusum=SELDOM) for f in (1.0, 3.0))
    assert one["alarmed_on"].isna().all()
    np.testing.assert_array_equal(one["statistic"], two["statistic"])


def test_the_pace_of_each_supplier_has_an_interval_and_what_it_rests_on(make_orders) -> None:
    table = drift_alarms(book(make_orders), as_of=AS_OF).set_index("supplier_id")
    assert table["pace"].between(table["pace_low"], table["pace_high"]).all()
    assert table.loc["s0", "pace_low"] > 1.2  # it takes half as long again as usual now
    assert (table.loc["s1":, "pace_low"] < 1.1).all()
    assert table["pace_orders"].between(80, 99).all()  # receipts of 99 orders each


def test_orders_of_one_day_count_as_one_where_they_come_together(make_orders) -> None:
    """The same book, and each order twenty times over: neither paces nor alarms are surer."""
    single = book(make_orders)
    many = single.take(np.repeat(np.arange(len(single)), 20))
    own = np.array([f"line-{k}" for k in range(len(many))], dtype=object)
    many = replace(many, order_line_id=own, shipment_id=own)
    one, twenty = (drift_alarms(orders, as_of=AS_OF, cusum=SELDOM) for orders in (single, many))
    np.testing.assert_allclose(twenty["pace_orders"], one["pace_orders"], rtol=0.3)
    width = twenty["pace_high"] / twenty["pace_low"] / (one["pace_high"] / one["pace_low"])
    assert width.between(0.9, 1.2).all()
    assert twenty["alarmed_on"].notna().tolist() == one["alarmed_on"].notna().tolist()


def test_a_line_added_to_a_shipment_later_changes_nothing_known_before(make_orders) -> None:
    """The second order of a supplier, on its own shipment or on that of the first, a week later."""
    single = book(make_orders)
    names = single.shipment_id.copy()
    second = np.flatnonzero(single.supplier_id == "s1")[1]
    names[second] = names[np.flatnonzero(single.supplier_id == "s1")[0]]
    usual = UsualOrders.learn(single, AS_OF)
    place = np.unique(single.supplier_id.astype(str), return_inverse=True)[1]
    alone, joined = (
        usual.evidence(orders, place, AS_OF) for orders in (single, replace(single, shipment_id=names))
    )
    placed = single.ordered_on[second].astype(float)
    before = alone.known_on < placed
    np.testing.assert_array_equal(alone.weight[before], joined.weight[before])
    assert (alone.weight[~before] != joined.weight[~before]).any()


def test_a_longer_time_between_false_alarms_has_the_higher_threshold(make_orders) -> None:
    seldom, often = (
        drift_alarms(book(make_orders), as_of=AS_OF, cusum=SupplierCusum(years_between_false_alarms=years))
        for years in (30.0, 3.0)
    )
    assert (seldom["threshold"] > often["threshold"]).all()


def test_a_book_without_receipts_has_no_alarms(make_orders) -> None:
    table = drift_alarms(make_orders([FIRST]), as_of=FIRST)
    assert table["alarmed_on"].isna().all() and table["pace"].isna().all()
    assert len(drift_alarms(make_orders([]), as_of=FIRST)) == 0


@pytest.mark.parametrize("change", [{"factor": 1.0}, {"years_between_false_alarms": 0.0}])
def test_settings_out_of_range_are_refused(change) -> None:
    with pytest.raises(SettingsError, match="factor must be > 1 and years_between_false_alarms > 0"):
        SupplierCusum(**change)
