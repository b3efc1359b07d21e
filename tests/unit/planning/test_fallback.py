"""Series without some suppliers: the line that is then best, or none."""

import numpy as np
import pytest

from allocast.errors import DataError, UnknownNameError
from allocast.inventory.costs import Costs
from allocast.planning.fallback import Fallback
from allocast.planning.situate import Stock, preferred_lines, situate
from allocast.supply.supply_model import ContractLeadTimes

ITEMS = "abc"
LINES = {  # a: from x, then z, then y; b: from x only; c: from z
    "supplier_id": "xyzxz",
    "unit_cost": [1.0, 3.0, 2.0, 1.0, 1.0],
    "lead_time_days": [7.0, 21.0, 14.0, 7.0, 14.0],
    "order_cost": [0.5, 9.0, 4.0, 0.5, 4.0],
}


@pytest.fixture
def lines(make_lines):
    return make_lines("aaabc", **LINES)


@pytest.fixture
def situation(make_book, lines, make_panel, last_week):
    panel = make_panel(ITEMS)
    line = preferred_lines(panel.series, lines)
    n = len(ITEMS)
    return situate(
        panel,
        np.arange(n),
        lines,
        orders=make_book(),
        stock=Stock(on_hand=np.ones(n), backordered=np.zeros(n)),
        costs=Costs(
            holding_cost=np.ones(n),
            shortage_cost=np.ones(n),
            order_cost=lines.order_cost[line],
            unit_cost=np.ones(n),
        ),
        predicted=last_week(panel),
        supply=ContractLeadTimes(sourcing=lines),
        share=None,
        n_paths=20,
        rng=np.random.default_rng(1),
    ).situation


@pytest.fixture
def fallback(lines, make_book):
    return Fallback(sourcing=lines, orders=make_book(), supply=ContractLeadTimes(sourcing=lines))


def test_series_go_to_the_best_supplier_left_with_its_terms_and_lead_times(situation, fallback):
    left = fallback.without(situation, ["x"])
    assert left.sourcing.supplier_id.tolist() == ["z", "x", "z"]
    assert left.costs.order_cost.tolist() == [4.0, 0.5, 4.0]
    assert left.lead_time.mean.tolist() == [2.0, 1.0, 2.0]
    assert (left.scenarios.lead_time == np.array([2, 1, 2])[:, None]).all()
    further = fallback.without(situation, ["x", "z"])
    assert further.sourcing.supplier_id.tolist() == ["y", "x", "z"]


def test_what_nobody_else_delivers_cannot_be_ordered(situation, fallback):
    left = fallback.without(situation, ["x"])
    assert left.sourcing.capacity_units.tolist() == [np.inf, 0.0, np.inf]
    assert left.sourcing.feasible_units(np.full(3, 5.0)).tolist() == [5.0, 0.0, 5.0]


def test_a_supplier_from_whom_nobody_orders_changes_nothing(situation, fallback):
    left = fallback.without(situation, ["y"])
    assert left.sourcing.supplier_id.tolist() == situation.sourcing.supplier_id.tolist()
    assert (left.scenarios.lead_time == situation.scenarios.lead_time).all()
    assert (left.sourcing.capacity_units == situation.sourcing.capacity_units).all()


def test_flat_order_costs_stay_flat(situation, fallback):
    flat = situation.costs.take(np.arange(3))
    object.__setattr__(flat, "order_cost", np.full(3, 7.0))
    object.__setattr__(situation, "costs", flat)
    assert fallback.without(situation, ["x"]).costs.order_cost.tolist() == [7.0, 7.0, 7.0]


def test_a_path_that_is_slow_stays_slow(situation, lines, make_book, spread_times):
    drawn = np.tile(np.arange(20) % 3, (3, 1))
    scenarios = situation.scenarios
    object.__setattr__(scenarios, "lead_time", drawn)
    left = Fallback(sourcing=lines, orders=make_book(), supply=spread_times).without(situation, ["x"])
    new = left.scenarios.lead_time[0]
    assert np.bincount(new, minlength=5).tolist() == [0, 5, 5, 5, 5]
    assert all(new[drawn[0] == k].max() <= new[drawn[0] == k + 1].min() for k in (0, 1))


def test_a_supplier_that_there_is_not_is_refused_with_the_nearest_name(situation, fallback):
    with pytest.raises(UnknownNameError, match="unknown supplier 'w'; valid are"):
        fallback.without(situation, ["w"])


def test_a_new_supplier_that_takes_longer_than_the_forecast_is_refused(situation, make_lines, make_book):
    slow = make_lines("aaabc", **LINES | {"lead_time_days": [7.0, 210.0, 140.0, 7.0, 14.0]})
    fallback = Fallback(sourcing=slow, orders=make_book(), supply=ContractLeadTimes(sourcing=slow))
    with pytest.raises(DataError, match="too short for the lead times"):
        fallback.without(situation, ["x"])
