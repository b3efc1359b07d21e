from dataclasses import asdict, fields

import numpy as np
import pandas as pd
import pytest

from allocast.errors import DataError
from allocast.inventory.order_lines import OrderLines
from allocast.inventory.policies import OrderUpTo, ReorderPoint
from allocast.inventory.recommendation import (
    COLUMNS,
    Recommendation,
    Recommendations,
    Status,
    explain,
    without_order,
)


def advise(situation, lineage, policy=None) -> Recommendations:
    decision = (policy or OrderUpTo()).decide(situation)
    return Recommendations(
        table=explain(situation, decision, OrderLines.of(situation, decision), lineage)[COLUMNS]
    )


@pytest.fixture
def table(make_situation, lineage) -> pd.DataFrame:
    return advise(make_situation(np.full((3, 4, 3), 5.0), [0.0, 4.0, 99.0]), lineage).table


def test_columns_are_the_fields_of_a_recommendation_own_ones_first(table) -> None:
    assert set(COLUMNS) == {field.name for field in fields(Recommendation)}
    assert list(table.columns) == COLUMNS
    assert COLUMNS[:4] == ["item_id", "location_id", "supplier_id", "order_units"]


def test_every_row_carries_its_lineage(table, lineage) -> None:
    for name, value in asdict(lineage).items():
        assert (table[name] == value).all()


def test_a_needed_order_says_what_decided(make_situation, make_position, lineage) -> None:
    position = make_position([4.0], backordered=1.0, pipeline=[[0.0, 2.0, 0.0]])
    situation = make_situation(np.full((1, 4, 4), 10.0), position=position, lead_time=2)
    advice = advise(situation, lineage).of("i0", "here")
    assert (advice.order_units, advice.status, advice.binding_constraint) == (25, Status.ORDER, "")
    assert (advice.on_hand, advice.on_order, advice.backordered, advice.position) == (4, 2, 1, 5)
    assert (advice.trigger, advice.level, advice.order_value) == (30, 30, 75)
    assert advice.reason == (
        "Order 25: the position of 5 (4 on hand, 2 on order) is below 30, for the 3.0 weeks until the next order "
        "can be there; up to 30."
    )


def test_it_says_when_something_on_order_may_arrive(make_situation, make_position, lineage) -> None:
    position = make_position([4.0, 4.0], pipeline=[[0.0, 2.0, 5.0], [0, 0, 0]])
    advice = advise(make_situation(np.full((2, 4, 3), 10.0), position=position), lineage)
    first, second = (advice.of(item, "here") for item in ("i0", "i1"))
    assert pd.Timestamp(first.next_arrival) == pd.Timestamp("2024-01-22")  # the second week after 8 January
    assert (first.next_arrival_units, second.next_arrival_units) == (2, 0)
    assert pd.isna(second.next_arrival)


def test_it_says_what_demand_and_lead_time_may_be(make_situation, lineage) -> None:
    rng = np.random.default_rng(0)
    demand = np.zeros((1, 99, 4))
    demand[0, :, 0] = rng.permutation(np.arange(1, 100))
    lead_time = rng.permutation(np.repeat([1, 2, 3], [60, 34, 5]))[None, :]
    advice = advise(make_situation(demand, lead_time=lead_time), lineage).of("i0", "here")
    assert (advice.demand_p10, advice.demand_p50, advice.demand_p90) == (10, 50, 90)
    assert (advice.lead_time_p50, advice.lead_time_p90) == (1, 2)


def test_items_that_need_nothing_say_why_not(make_situation, lineage) -> None:
    demand = np.full((2, 4, 3), 5.0)
    demand[1] = 0.0
    table = advise(make_situation(demand, [99.0, 0.0]), lineage).table
    assert table["status"].tolist() == [Status.ENOUGH, Status.NO_DEMAND]
    assert table["reason"].tolist() == [
        "Nothing to order: the position of 99 (99 on hand, 0 on order) covers the 10 that 2.0 weeks may ask for.",
        "Nothing to order: no demand is expected within 2.0 weeks.",
    ]
    np.testing.assert_array_equal(table[["order_units", "cost_at_stake", "order_value"]], 0)


def test_the_constraint_that_changed_the_order_is_named(make_situation, lineage) -> None:
    terms = {
        "minimum_order_units": [0.0, 30.0, 0.0, 0.0, 30.0],
        "pack_units": [1.0, 1.0, 8.0, 1.0, 1.0],
        "capacity_units": [99.0, 99.0, 99.0, 6.0, 20.0],
    }
    table = advise(make_situation(np.full((5, 4, 3), 5.0), **terms), lineage).table
    assert table["order_units"].tolist() == [10, 30, 16, 6, 0]
    assert table["binding_constraint"].tolist() == ["", "minimum_order", "packs", "capacity", "capacity"]
    assert table["status"].tolist() == [Status.ORDER] * 4 + [Status.BELOW_MINIMUM]
    assert table["reason"].iloc[4].startswith("Cannot order: 10 are wanted")


def test_a_position_above_the_trigger_has_enough_though_below_the_level(make_situation, lineage) -> None:
    situation = make_situation(np.full((1, 4, 3), 5.0), [12.0], costs={"order_cost": 40.0})
    advice = advise(situation, lineage, ReorderPoint()).of("i0", "here")
    assert (advice.status, advice.trigger) == (Status.ENOUGH, 10)
    assert advice.level > 12


def test_the_cost_at_stake_is_the_shortage_that_the_order_avoids(make_situation, lineage) -> None:
    """Needs of 2, 4, 6 and 8, an order of 6: expected shortage 4 x 5 without, 4 x 0.5 with it."""
    demand = np.array([[[0.0, 2], [0, 4], [0, 6], [0, 8]]])
    policy = OrderUpTo(cycle_service_level=0.6)
    advice = advise(make_situation(demand), lineage, policy).of("i0", "here")
    assert advice.order_units == 6
    assert advice.cost_at_stake == pytest.approx(20 - 2)


def test_what_costs_most_to_leave_undone_comes_first(make_situation, lineage) -> None:
    demand = np.array([2.0, 9.0, 0.0, 5.0])[:, None, None] * np.ones((4, 3, 2))
    advice = advise(make_situation(demand), lineage)
    assert advice.orders["item_id"].tolist() == ["i1", "i3", "i0"]
    assert len(advice) == 4


def test_series_that_could_not_be_considered_say_why(lineage) -> None:
    series = pd.DataFrame({"item_id": ["a", "b"], "location_id": ["x", "y"], "group": 1}, index=[7, 9])
    table = without_order(series, Status.NO_SUPPLIER, "Cannot order: no supplier is named.", lineage)
    advice = Recommendations(table=table[COLUMNS]).of("b", "y")
    assert (advice.status, advice.order_units, advice.cost_at_stake) == ("no_supplier", 0, 0)
    assert np.isnan(advice.on_hand)
    assert advice.data_digest == lineage.data_digest


def test_a_series_that_is_not_there_is_refused(table) -> None:
    with pytest.raises(DataError, match="no series has item 'nothing' at location 'here'"):
        Recommendations(table=table).of("nothing", "here")


def test_a_missing_or_a_foreign_column_is_refused_and_named(table) -> None:
    with pytest.raises(DataError, match=r"different are \['reason'\]"):
        Recommendations(table=table.drop(columns="reason"))
    with pytest.raises(DataError, match=r"different are \['colour'\]"):
        Recommendations(table=table.assign(colour="red"))


def test_a_series_with_two_recommendations_is_refused(table) -> None:
    with pytest.raises(DataError, match=r"\['i1', 'here', 's'\] has more \(1 rows too many\)"):
        Recommendations(table=pd.concat([table, table.iloc[[1]]], ignore_index=True))


def test_a_row_without_a_reason_is_refused(table) -> None:
    reasons = table["reason"].where(table.index != 2, "")
    with pytest.raises(DataError, match="every row must say why; 1 do not"):
        Recommendations(table=table.assign(reason=reasons))
