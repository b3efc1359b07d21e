import numpy as np
import pytest

from allocast.inventory.formulas.lot_size import economic_order_quantity
from allocast.inventory.policies import OrderUpTo, ReorderPoint

BATCH_OF_TEN = {"order_cost": 5.0}  # sqrt(2 x 5 x 10 / 1)


def test_it_orders_only_below_the_trigger(make_situation) -> None:
    situation = make_situation(np.full((4, 3, 2), 10.0), [0.0, 19.0, 20.0, 25.0], costs=BATCH_OF_TEN)
    decision = ReorderPoint().decide(situation)
    np.testing.assert_array_equal(decision.trigger, [20] * 4)
    np.testing.assert_array_equal(decision.wanted_units > 0, [True, True, False, False])


def test_the_order_just_below_the_trigger_is_one_batch(make_situation) -> None:
    situation = make_situation(np.full((1, 3, 2), 10.0), [19.0], costs=BATCH_OF_TEN)
    assert ReorderPoint().decide(situation).wanted_units[0] == 10


def test_without_an_order_cost_it_is_order_up_to(make_situation) -> None:
    demand = np.random.default_rng(1).poisson(6, (3, 200, 3)).astype(float)
    situation = make_situation(demand, [0.0, 11.0, 40.0])
    for service in (None, 0.6):
        rule, plain = ReorderPoint(cycle_service_level=service), OrderUpTo(cycle_service_level=service)
        np.testing.assert_array_equal(
            rule.decide(situation).wanted_units, plain.decide(situation).wanted_units
        )


def test_the_batch_is_the_textbooks() -> None:
    """Snyder and Shen, example 3.1: K = 8, λ = 1300 a year, h = 0.225."""
    batch = economic_order_quantity(
        np.array([1300.0]), order_cost=np.array([8.0]), holding_cost=np.array([0.225])
    )
    np.testing.assert_allclose(batch, [304.05], atol=0.01)


def test_no_other_batch_costs_less_a_period() -> None:
    demand, order_cost, holding_cost = 40.0, 9.0, 0.5
    best = economic_order_quantity(
        np.array([demand]), order_cost=np.array([order_cost]), holding_cost=np.array([holding_cost])
    )[0]
    batches = np.linspace(1, 200, 20_000)
    cost = order_cost * demand / batches + holding_cost * batches / 2
    assert batches[np.argmin(cost)] == pytest.approx(best, abs=0.01)


def test_where_holding_is_free_the_batch_is_one_periods_demand() -> None:
    batch = economic_order_quantity(
        np.array([7.0, 8.0, 0.0]),
        order_cost=np.array([3.0, 4.0, 4.0]),
        holding_cost=np.array([0.0, 1.0, 1.0]),
    )
    np.testing.assert_array_equal(batch, [7, 8, 0])


def test_the_name_of_a_reorder_point_says_the_service_level() -> None:
    assert ReorderPoint().name == "reorder_point(critical ratio)"
    assert ReorderPoint(cycle_service_level=0.9).name == "reorder_point(0.9)"
