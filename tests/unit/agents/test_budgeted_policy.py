from dataclasses import replace

import numpy as np
import pytest

from allocast.agents.budgets.budgeted_policy import BudgetedPolicy, at_price
from allocast.errors import DataError
from allocast.inventory.policies import OrderUpTo
from allocast.inventory.position import StockPosition
from allocast.inventory.situation import OrderDecision


@pytest.fixture
def situation(make_situation):
    demand = np.random.default_rng(9).poisson(np.array([2.0, 9.0])[:, None, None], (2, 60, 6)).astype(float)
    position = StockPosition.from_pipeline(np.ones(2), np.zeros((2, 3)), np.zeros(2))
    made = make_situation(demand, position, np.array([1, 2]))
    return replace(made, costs=replace(made.costs, unit_cost=np.array([2.0, 1.0])))


class Halving:
    """A policy of its own mind about prices: ten units each, fewer the dearer money is."""

    name = "halving"

    def decide(self, situation):
        return self.decide_at(situation, 0.0)

    def decide_at(self, situation, price):
        wanted = np.floor(np.full(situation.panel.n_series, 10.0) / (1 + price))
        return OrderDecision.up_to(wanted, np.zeros_like(wanted))


def test_costs_at_a_price_have_the_critical_ratio_of_the_least_cost(situation):
    priced = at_price(situation, 0.5).costs  # h = 1, p = 4, unit costs 2 and 1
    np.testing.assert_allclose(priced.critical_ratio, [3 / 5, 3.5 / 5])
    np.testing.assert_allclose(at_price(situation, 0.0).costs.critical_ratio, [0.8, 0.8])
    assert (at_price(situation, 99.0).costs.shortage_cost == 0).all()


def test_a_policy_that_knows_prices_is_asked_at_the_price_that_clears(situation):
    policy = BudgetedPolicy(policy=Halving(), budget=15.0)
    assert policy.name == "halving within 15"
    price = policy.price(situation)
    assert Halving().decide_at(situation, price).wanted_units @ [2.0, 1.0] <= 15.0
    assert policy.decide(situation).wanted_units @ np.array([2.0, 1.0]) <= 15.0
    assert policy.decide(situation).wanted_units.sum() >= 10


def test_a_budget_of_nothing_buys_nothing(situation):
    assert BudgetedPolicy(policy=OrderUpTo(), budget=0.0).decide(situation).wanted_units.sum() == 0


def test_budgets_and_prices_out_of_range_are_refused():
    with pytest.raises(DataError, match="budget must be >= 0 and highest_price > 0; they are -1"):
        BudgetedPolicy(policy=OrderUpTo(), budget=-1.0)
    with pytest.raises(DataError, match="they are 1 and 0"):
        BudgetedPolicy(policy=OrderUpTo(), budget=1, highest_price=0)
