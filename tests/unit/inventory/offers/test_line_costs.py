"""The main line is the one that costs least in all, not the one with the lowest price."""

import numpy as np
import pytest

from allocast.inventory.offers import line_costs, main_lines


def costs_of(make_costs, offers, demand, **rates):
    demand = np.asarray(demand, dtype=np.float64)
    return line_costs(offers, demand, make_costs(len(demand)), seed=1, **rates)


@pytest.fixture
def varying() -> np.ndarray:
    return np.random.default_rng(1).poisson(10, (1, 200, 12)) * 1.0


def test_a_steady_demand_is_bought_where_the_unit_is_cheapest(make_offers, make_costs) -> None:
    offers = make_offers([0, 0], [6, 0], unit_cost=[3.0, 3.1])
    cost = costs_of(make_costs, offers, np.full((1, 20, 12), 10.0))
    np.testing.assert_allclose(cost, [30.0, 31.0])  # no stock is needed: only the price counts
    assert main_lines(offers, cost).tolist() == [0]


def test_a_slow_line_needs_more_stock_and_may_lose_against_a_dearer_one(
    make_offers, make_costs, varying
) -> None:
    offers = make_offers([0, 0], [9, 0], unit_cost=[3.0, 3.1])
    cost = costs_of(make_costs, offers, varying)
    assert main_lines(offers, cost).tolist() == [1]
    assert (cost - offers.price * varying.mean())[0] > 2 * (cost - offers.price * varying.mean())[1]


def test_an_unreliable_line_loses_against_one_that_is_as_fast_on_average(
    make_offers, make_costs, varying
) -> None:
    law = np.zeros((2, 9))
    law[0, [0, 8]], law[1, 4] = 0.5, 1.0
    offers = make_offers([0, 0], law)
    assert main_lines(offers, costs_of(make_costs, offers, varying)).tolist() == [1]


def test_a_line_that_delivers_half_is_waited_for_twice(make_offers, make_costs, varying) -> None:
    offers = make_offers([0, 0], [2, 2], share=[0.5, 1.0])
    half, whole = costs_of(make_costs, offers, varying)
    assert half > whole


def test_a_large_minimum_order_costs_its_stock_and_an_order_cost_its_share(make_offers, make_costs) -> None:
    offers = make_offers([0, 0], [1, 1], minimum_order_units=[0.0, 50.0], order_cost=[0.0, 5.0])
    cost = costs_of(make_costs, offers, np.full((1, 20, 12), 10.0))
    np.testing.assert_allclose(cost, [30.0, 30.0 + 1.0 * (50 - 10) / 2 + 5.0 * 10 / 50])


def test_units_on_the_way_cost_only_where_they_are_paid_for(make_offers, make_costs) -> None:
    offers = make_offers([0, 0], [3, 1])
    demand = np.full((1, 20, 12), 10.0)
    np.testing.assert_allclose(costs_of(make_costs, offers, demand), [30.0, 30.0])
    paid = costs_of(make_costs, offers, demand, holding_on_the_way=0.5)
    np.testing.assert_allclose(paid, [30.0 + 10 * 3 * 0.5, 30.0 + 10 * 1 * 0.5])


def test_lines_that_cost_the_same_are_taken_in_the_order_of_the_table(make_offers) -> None:
    offers = make_offers([0, 0, 1], 2)
    assert main_lines(offers, np.array([2.0, 2.0, 5.0])).tolist() == [0, 2]


def test_a_line_that_accepts_no_order_is_main_only_where_it_is_alone(make_offers, make_costs) -> None:
    offers = make_offers(
        [0, 0, 1], 2, capacity_units=[1.0, 9.0, 1.0], pack_units=2.0, unit_cost=[1.0, 9.0, 1.0]
    )
    cost = costs_of(make_costs, offers, np.full((2, 20, 12), 1.0))
    assert np.isinf(cost[0]) and main_lines(offers, cost).tolist() == [1, 2]
