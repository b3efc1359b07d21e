"""From tables to nouns: what is known, what was observed, what is taken where a table is silent."""

import numpy as np
import pandas as pd
import pytest

from allocast.adapters.assemble import costs_of, demand_panel, sourcing_lines, stock_of
from allocast.adapters.assemble_orders import purchase_orders
from allocast.adapters.job_settings import FlatCosts, ShareCosts
from allocast.adapters.tables import Tables
from allocast.demand.calendar import Frequency
from allocast.errors import DataError

WEEKS = ("2024-01-01", "2024-01-08", "2024-01-15")
SERIES = pd.DataFrame({"item_id": ["a", "b"], "location_id": ["x", "x"]})


def days(*texts):
    return pd.to_datetime(list(texts)).astype("datetime64[us]")


def demand_rows(units, *, item="a", weeks=WEEKS, **columns):
    rows = {"item_id": item, "location_id": "x", "date": days(*weeks[: len(units)]), "units": units}
    return pd.DataFrame(rows | columns)


def panel_of(*, as_of="2024-01-15", frequency=Frequency.WEEKLY, **tables):
    return demand_panel(Tables(**tables), as_of=as_of and np.datetime64(as_of), frequency=frequency)


def order_rows(**columns):
    rows = {"order_line_id": ["1", "2"], "supplier_id": ["s", "s"], "ordered_on": days(*WEEKS[:2])}
    return pd.DataFrame({**rows, "units_ordered": [5.0, 6.0], "units_received": [5.0, 0.0], **columns})


def sourcing_rows(**columns):
    return pd.DataFrame({"item_id": ["a"], "location_id": ["x"], "supplier_id": ["s"], **columns})


def costs(settings, series=SERIES, sourcing=None, frequency=Frequency.WEEKLY):
    return costs_of(settings, series, sourcing_lines(Tables(sourcing=sourcing)), frequency)


# the demand panel


def test_units_stand_in_the_row_of_their_series_and_the_column_of_their_week():
    both = pd.concat([demand_rows([7.0, 8.0], item="b", weeks=WEEKS[1:]), demand_rows([1.0, 2.0, 3.0])])
    panel = panel_of(demand=both.sample(frac=1, random_state=1))
    assert panel.series["item_id"].tolist() == ["a", "b"]
    assert panel.periods.tolist() == days(*WEEKS).date.tolist()
    np.testing.assert_array_equal(panel.units, [[1, 2, 3], [np.nan, 7, 8]])


def test_a_daily_panel_has_a_column_a_day():
    daily = demand_rows([1.0, 2.0], weeks=("2024-01-01", "2024-01-02"))
    panel = panel_of(demand=daily, as_of="2024-01-02", frequency=Frequency.DAILY)
    np.testing.assert_array_equal(panel.units, [[1, 2]])


def test_what_was_sold_out_of_stock_was_not_observed_as_demand():
    panel = panel_of(demand=demand_rows([1.0, 2.0, 3.0], in_stock=[True, False, True]))
    np.testing.assert_array_equal(panel.observed, [[True, False, True]])
    np.testing.assert_array_equal(panel.units, [[1, 2, 3]])


def test_a_period_out_of_stock_for_a_part_was_not_observed():
    panel = panel_of(demand=demand_rows([1.0, 2.0, 3.0], stockout_fraction=[0.0, 0.1, np.nan]))
    np.testing.assert_array_equal(panel.observed, [[True, False, True]])


def test_units_that_nobody_knows_were_not_observed():
    panel = panel_of(demand=demand_rows([1.0, np.nan, 3.0]))
    np.testing.assert_array_equal(panel.observed, [[True, False, True]])


def test_a_series_was_not_observed_before_its_first_row():
    both = pd.concat([demand_rows([1.0, 2.0, 3.0]), demand_rows([8.0], item="b", weeks=WEEKS[2:])])
    np.testing.assert_array_equal(panel_of(demand=both).observed[1], [False, False, True])


def test_demand_after_as_of_is_not_in_the_panel():
    panel = panel_of(demand=demand_rows([1.0, 2.0, 999.0]), as_of="2024-01-08")
    np.testing.assert_array_equal(panel.units, [[1, 2]])
    assert panel.as_of == np.datetime64("2024-01-08")


def test_without_as_of_the_last_week_with_units_is_the_last_known():
    panel = panel_of(demand=demand_rows([1.0, 2.0, np.nan], price=[1.0, 1.0, 2.0]), as_of=None)
    assert panel.as_of == np.datetime64("2024-01-08")


def test_covariates_reach_beyond_as_of_and_text_is_none():
    rows = demand_rows([1.0, 2.0, np.nan], price=[5.0, 5.0, 4.0], note=["", "", "sale"])
    panel = panel_of(demand=rows, as_of="2024-01-08")
    assert set(panel.known_ahead) == {"price"}
    np.testing.assert_array_equal(panel.known_ahead["price"], [[5, 5, 4]])


def test_a_column_known_only_afterwards_is_cut_at_as_of():
    rows = demand_rows([1.0, 2.0, np.nan], price=[5.0, 5.0, 4.0], visits=[8.0, 9.0, 7.0])
    as_of = np.datetime64("2024-01-08")
    panel = demand_panel(Tables(demand=rows), as_of=as_of, frequency=Frequency.WEEKLY, past_only=("visits",))
    assert set(panel.known_ahead) == {"price"}
    np.testing.assert_array_equal(panel.past_only["visits"], [[8, 9]])


@pytest.mark.parametrize("empty", [[None] * 3, [None, 5.0, None], [pd.NA, True, None]])
def test_a_declared_covariate_is_there_though_its_column_has_no_type(empty):
    rows = demand_rows([1.0, 2.0, 3.0]).assign(**{name: pd.Series(empty, dtype=object) for name in "pvn"})
    panel = demand_panel(
        Tables(demand=rows), as_of=None, frequency=Frequency.WEEKLY, known_ahead=("p",), past_only=("v",)
    )
    expected = [[np.nan if value is None or value is pd.NA else float(value) for value in empty]]
    assert (set(panel.known_ahead), set(panel.past_only)) == ({"p"}, {"v"})
    np.testing.assert_array_equal(panel.known_ahead["p"], expected)
    np.testing.assert_array_equal(panel.past_only["v"], expected)


def test_a_declared_covariate_of_text_is_none():
    rows = demand_rows([1.0, 2.0]).assign(note=pd.Series(["sale", None], dtype=object))
    panel = demand_panel(Tables(demand=rows), as_of=None, frequency=Frequency.WEEKLY, known_ahead=("note",))
    assert not panel.known_ahead


def test_events_of_the_calendar_reach_every_series_in_the_week_of_their_day():
    calendar = pd.DataFrame(
        {"date": days("2023-12-25", "2024-01-14", "2024-01-24"), "feast": [1.0, 1.0, 2.0]}
    )
    both = pd.concat([demand_rows([1.0, 2.0]), demand_rows([1.0, 2.0], item="b")])
    panel = panel_of(demand=both, calendar=calendar, as_of="2024-01-08")
    np.testing.assert_array_equal(panel.known_ahead["feast"], [[0, 1, 0, 2]] * 2)


def test_a_week_with_two_days_of_an_event_has_the_larger_value():
    calendar = pd.DataFrame(
        {"date": days("2024-01-02", "2024-01-03", "2024-01-04"), "feast": [1.0, 3.0, 2.0]}
    )
    panel = panel_of(demand=demand_rows([1.0]), calendar=calendar, as_of="2024-01-01")
    np.testing.assert_array_equal(panel.known_ahead["feast"], [[3]])


def test_series_carry_the_attributes_of_their_item_and_location():
    items = pd.DataFrame({"item_id": ["a"], "category": ["tea"], "capacity": [1.0]})
    locations = pd.DataFrame({"location_id": ["x"], "region": ["north"], "capacity": [9.0]})
    series = panel_of(demand=demand_rows([1.0, 2.0, 3.0]), items=items, locations=locations).series
    row = series.iloc[0]
    assert (row["category"], row["region"]) == ("tea", "north")
    assert (row["capacity"], row["capacity_of_location"]) == (1.0, 9.0)


def test_an_item_that_its_table_does_not_know_keeps_its_series():
    items = pd.DataFrame({"item_id": ["b"], "category": ["tea"]})
    series = panel_of(demand=demand_rows([1.0, 2.0, 3.0]), items=items).series
    assert series["item_id"].tolist() == ["a"]
    assert series["category"].isna().all()


def test_a_day_before_all_demand_is_refused():
    with pytest.raises(DataError, match="no demand is known until 2023-12-25; the first is of 2024-01-01"):
        panel_of(demand=demand_rows([1.0]), as_of="2023-12-25")


def test_a_day_that_begins_no_week_is_refused():
    with pytest.raises(DataError, match="2024-01-10 is not the beginning of a weekly period"):
        panel_of(demand=demand_rows([1.0, 2.0, 3.0]), as_of="2024-01-10")


def test_a_day_after_all_demand_is_refused_even_where_covariates_reach_it():
    with pytest.raises(DataError, match="2024-01-15 lies after the last known period, 2024-01-08"):
        panel_of(demand=demand_rows([1.0, 2.0, np.nan]), as_of="2024-01-15")


def test_a_job_without_demand_is_refused():
    with pytest.raises(DataError, match="needs the table demand"):
        panel_of(items=pd.DataFrame({"item_id": ["a"]}))


# purchase orders


def test_orders_keep_their_days_units_and_what_else_was_known():
    table = order_rows(received_on=days("2024-01-03", None), mode=["road", "sea"], order_id=["p", "p"])
    orders = purchase_orders(Tables(purchase_orders=table))
    assert orders.units_ordered.tolist() == [5, 6]
    assert orders.is_open.tolist() == [False, True]
    assert list(orders.attributes.columns) == ["mode"]


def test_orders_without_optional_columns_have_no_promise_no_receipt_and_are_shipments_of_their_own():
    orders = purchase_orders(Tables(purchase_orders=order_rows()))
    assert np.isnat(orders.promised_on).all()
    assert orders.is_open.all()
    assert orders.item_id.tolist() == ["", ""]
    assert orders.shipment_id.tolist() == ["1", "2"]


def test_units_that_an_order_does_not_name_are_zero():
    orders = purchase_orders(Tables(purchase_orders=order_rows(units_received=[np.nan, 2.0])))
    assert orders.units_received.tolist() == [0, 2]


def test_an_order_table_needs_no_columns_of_units():
    table = order_rows().drop(columns=["units_ordered", "units_received"])
    assert purchase_orders(Tables(purchase_orders=table)).units_ordered.tolist() == [0, 0]


def test_a_job_without_an_order_table_has_no_orders():
    assert len(purchase_orders(Tables())) == 0


# sourcing


def test_terms_that_a_sourcing_line_leaves_open_bind_nothing():
    lines = sourcing_lines(Tables(sourcing=sourcing_rows()))
    terms = (lines.order_cost, lines.minimum_order_units, lines.pack_units)
    assert [float(term[0]) for term in terms] == [0, 0, 1]
    assert np.isnan(lines.unit_cost[0]) and np.isnan(lines.lead_time_days[0])
    assert np.isposinf(lines.capacity_units[0])
    assert np.isnan(lines.co2e_kg_per_unit[0])


def test_terms_of_a_sourcing_line_are_taken_and_empty_cells_bind_nothing():
    two = pd.concat([sourcing_rows(pack_units=6.0, capacity_units=60.0), sourcing_rows(pack_units=np.nan)])
    lines = sourcing_lines(Tables(sourcing=two.reset_index(drop=True)))
    assert lines.pack_units.tolist() == [6, 1]
    assert lines.capacity_units.tolist() == [60, np.inf]


def test_what_a_unit_emits_is_taken_from_its_sourcing_line():
    lines = sourcing_lines(Tables(sourcing=sourcing_rows(co2e_kg_per_unit=0.4)))
    assert lines.co2e_kg_per_unit.tolist() == [0.4]


def test_without_a_sourcing_table_nobody_delivers():
    assert len(sourcing_lines(Tables())) == 0


# stock


def stock_rows(*on_hand, item="a", as_of=WEEKS[1:2], **columns):
    rows = {"item_id": item, "location_id": "x", "as_of": days(*as_of), "on_hand": list(on_hand)}
    return pd.DataFrame(rows | columns)


def stock_at(table, as_of="2024-01-14"):
    return stock_of(Tables(stock=table), SERIES, as_of=np.datetime64(as_of))


def test_stock_comes_in_the_order_of_the_series():
    both = pd.concat([stock_rows(4.0, item="b", backordered=[2.0]), stock_rows(3.0, backordered=[np.nan])])
    stock = stock_at(both)
    assert stock.on_hand.tolist() == [3, 4]
    assert stock.backordered.tolist() == [0, 2]


def test_a_series_that_was_not_counted_has_no_figure():
    stock = stock_at(stock_rows(3.0))
    np.testing.assert_array_equal(stock.on_hand, [3, np.nan])
    assert stock.backordered.tolist() == [0, 0]


def test_the_last_count_holds():
    assert stock_at(stock_rows(9.0, 3.0, as_of=WEEKS[:2])).on_hand[0] == 3


def test_a_count_after_the_day_of_the_decision_is_not_known():
    assert stock_at(stock_rows(9.0, 3.0, as_of=WEEKS[1:])).on_hand[0] == 9
    assert np.isnan(stock_at(stock_rows(3.0, as_of=WEEKS[2:])).on_hand[0])


def test_a_count_on_the_day_of_the_decision_is_known():
    assert stock_at(stock_rows(3.0, as_of=("2024-01-14",))).on_hand[0] == 3


def test_stock_by_expiry_is_one_count_of_several_rows():
    """Of the last count: 4 until the 20th, 2 until the 30th, 5 without a day, 7 that have expired by the 14th."""
    count = stock_rows(
        4.0, 2.0, 5.0, 7.0,
        as_of=WEEKS[1:2] * 4,
        expires_on=days("2024-01-20", "2024-01-30", None, "2024-01-14"),
        backordered=[1.0, np.nan, np.nan, np.nan],
    )  # fmt: skip
    before = stock_rows(90.0, as_of=WEEKS[:1], expires_on=days("2024-03-01"))
    stock = stock_at(pd.concat([before, count]))
    np.testing.assert_array_equal(stock.on_hand, [11, np.nan])
    assert stock.backordered.tolist() == [1, 0]
    by_life = stock.by_life(np.datetime64("2024-01-14"), Frequency.WEEKLY, 9)
    np.testing.assert_array_equal(by_life[0], [4, 2, 5])
    assert stock_at(count.drop(columns="expires_on").tail(1)).lots is None


def test_recommending_needs_the_stock_table():
    with pytest.raises(DataError, match="needs the table stock"):
        stock_at(None)


# costs


def test_flat_costs_are_the_same_for_every_series():
    flat = costs(FlatCosts(kind="flat", holding_cost=0.2, shortage_cost=1.0, order_cost=3.0))
    assert flat.holding_cost.tolist() == [0.2, 0.2]
    assert flat.shortage_cost.tolist() == [1.0, 1.0]
    assert flat.order_cost.tolist() == [3.0, 3.0]


def test_shares_are_of_unit_cost_a_year_and_of_the_margin():
    settings = ShareCosts(kind="shares", holding_share_per_year=0.365, margin_share_lost=0.5)
    series = SERIES.assign(unit_cost=[100.0, 10.0], price=[140.0, 8.0])
    weekly = costs(settings, series, sourcing_rows(order_cost=7.0))
    np.testing.assert_allclose(weekly.holding_cost, [0.7, 0.07])
    np.testing.assert_allclose(weekly.shortage_cost, [20, 0])  # sold below cost: nothing is lost
    assert weekly.order_cost.tolist() == [7, 0]
    daily = costs(settings, series, frequency=Frequency.DAILY)
    np.testing.assert_allclose(daily.holding_cost, weekly.holding_cost / 7)


@pytest.mark.parametrize("name", ["unit_cost", "price"])
def test_shares_of_what_an_item_does_not_have_are_refused(name):
    full = SERIES.assign(unit_cost=1.0, price=2.0)
    for series in (full.drop(columns=name), full.assign(**{name: [1.0, np.nan]})):
        with pytest.raises(DataError, match=f"need {name} of every item"):
            costs(ShareCosts(kind="shares"), series)
