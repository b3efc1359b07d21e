"""The agent that simulates the futures of several orders."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from allocast.agents.budgets.cut_to_budget import CutToBudget
from allocast.agents.lookahead import LookaheadAgent, cheapest_within
from allocast.agents.lookahead_kernel import BY_RULE, simulated_costs
from allocast.agents.lookahead_rules import rules_of, season_of
from allocast.errors import SettingsError, UnknownNameError
from allocast.inventory.policies.reorder_point import ReorderPoint
from allocast.inventory.position import StockPosition


def situation_of(make_situation, on_hand, **terms):
    on_hand = np.asarray(on_hand, dtype=np.float64)
    demand = np.random.default_rng(5).poisson(4.0, (len(on_hand), 40, 10)).astype(float)
    position = StockPosition.from_pipeline(on_hand, np.zeros((len(on_hand), 1)), 0 * on_hand)
    situation = make_situation(demand, position, np.ones(len(on_hand), dtype=np.int64), **terms)
    return replace(situation, costs=replace(situation.costs, unit_cost=np.ones(len(on_hand))))


def cost_of_one(
    order, *, demand, lead_time=1, share=1.0, trigger=0.0, level=0.0, season=None, left=(0.0, 0.0)
):
    """One series, one path; holding 1, shortage 4, order 10, what is left has the given worth, up to so many units."""
    arrivals = np.zeros_like(demand)
    return simulated_costs(
        demand, arrivals, np.full((1, 1), lead_time), np.full((1, 1), share), np.array([2.0]),
        np.array([[float(order)]]), np.array([[trigger]]), np.array([[level]]),
        np.ones(demand.shape[::2]) if season is None else np.array([season]), np.array([[0.0, 1.0, np.inf]]),
        np.array([[1.0, 4.0, 10.0, *left]]), True, 3,
    )  # fmt: skip


def test_costs_are_those_that_can_be_counted_by_hand():
    demand = np.array([[[3.0, 3.0, 3.0]]])
    assert cost_of_one(0, demand=demand) == 4 * (1 + 3 + 3)
    assert cost_of_one(6, demand=demand) == 4 * 1 + 10 + 3 + 0
    assert cost_of_one(6, demand=demand, share=0.5) == 4 * 1 + 10 + 0 + 4 * 3


def test_later_orders_follow_the_base_policy():
    demand = np.array([[[2.0, 2.0, 2.0]]])
    assert cost_of_one(0, demand=demand, lead_time=0, trigger=1.0, level=2.0) == 10 + 10


def test_the_rule_decides_the_order_now_where_it_is_asked_to():
    demand = np.array([[[2.0, 2.0, 2.0]]])
    given = cost_of_one(4, demand=demand, lead_time=0, trigger=3.0, level=6.0)
    assert cost_of_one(BY_RULE, demand=demand, lead_time=0, trigger=3.0, level=6.0) == given
    assert cost_of_one(BY_RULE, demand=demand, lead_time=0, trigger=2.0, level=6.0) != given


def test_what_is_left_is_worth_something_as_far_as_it_will_sell():
    demand = np.array([[[2.0, 0.0]]])
    nothing = cost_of_one(5, demand=demand, lead_time=0)
    assert cost_of_one(5, demand=demand, lead_time=0, left=(2.0, 9.0)) == nothing - 2.0 * 5
    assert cost_of_one(5, demand=demand, lead_time=0, left=(2.0, 3.0)) == nothing - 2.0 * 3


def test_what_nobody_asks_for_is_not_ordered_for_what_it_leaves(make_situation):
    demand = np.zeros((1, 40, 10))
    demand[0, 0, 3] = 1.0
    position = StockPosition.from_pipeline(np.full(1, 20.0), np.zeros((1, 1)), np.zeros(1))
    situation = make_situation(demand, position, np.ones(1, dtype=np.int64))
    rates = {
        "holding_cost": np.full(1, 0.02),
        "shortage_cost": np.full(1, 3.0),
        "order_cost": np.full(1, 8.0),
    }
    situation = replace(situation, costs=replace(situation.costs, **rates, unit_cost=np.ones(1)))
    assert LookaheadAgent(unit_served=1.0).decide(situation).wanted_units == 0.0


def test_rules_follow_the_season():
    demand = np.array([[[2.0, 4.0, 4.0]]])
    flat = cost_of_one(0, demand=demand, lead_time=0, trigger=1.0, level=2.0)
    assert flat == 4 * (2 + 2) + 2 * 10
    assert (
        cost_of_one(0, demand=demand, lead_time=0, trigger=1.0, level=2.0, season=[1.0, 2.0, 2.0]) == 2 * 10
    )


def test_the_season_is_that_of_expected_demand_over_the_protection_interval(make_situation):
    demand = np.tile(np.array([1.0, 1.0, 1.0, 1.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0]), (1, 4, 1))
    position = StockPosition.from_pipeline(np.zeros(1), np.zeros((1, 1)), np.zeros(1))
    season = season_of(make_situation(demand, position, np.ones(1, dtype=np.int64)))
    np.testing.assert_allclose(season[0], [1, 1, 1, 2, 3, 3, 3, 3, 3, 3])


def test_the_first_rule_never_orders_and_others_lie_an_economic_quantity_apart(make_situation):
    situation = situation_of(make_situation, [0.0, 5.0])
    rules = rules_of(situation, (0.5, 0.9), (1.0, 2.0))
    assert rules.trigger.shape == (2, 5) and (rules.trigger[:, 0] < -1e6).all()
    single = ReorderPoint(cycle_service_level=0.9).decide(situation)
    np.testing.assert_array_equal(rules.of(np.array([3, 3])).trigger[:, 0], single.trigger)
    np.testing.assert_array_equal(rules.of(np.array([3, 3])).level[:, 0], single.level)
    assert (rules.level[:, 4] >= rules.level[:, 3]).all()


def test_money_is_shared_nearly_as_the_exact_solution_does():
    rng = np.random.default_rng(2)
    for _ in range(30):
        spent = np.column_stack([np.zeros(5), np.cumsum(rng.uniform(1, 4, (5, 3)), axis=1)])
        cost = rng.uniform(0, 10, (5, 4))
        budget = float(rng.uniform(2, 25))
        chosen = cheapest_within(cost, spent, budget)
        rows = np.arange(5)
        assert spent[rows, chosen].sum() <= budget
        feasible = [
            cost[rows, list(each)].sum()
            for each in product(range(4), repeat=5)
            if spent[rows, list(each)].sum() <= budget
        ]
        assert cost[rows, chosen].sum() <= min(feasible) + (cost[:, 0] - cost.min(axis=1)).max()


def test_with_less_money_no_more_is_spent_than_there_is(make_situation):
    situation = situation_of(make_situation, [0.0, 2.0, 5.0, 30.0], pack=3.0)
    for budget in (0.0, 10.0, np.inf):
        for policy in (
            LookaheadAgent(budget=budget),
            *(CutToBudget(policy=ReorderPoint(), budget=budget, sharing=s) for s in ("urgent", "value")),
        ):
            units = policy.decide(situation).wanted_units
            np.testing.assert_array_equal(units, situation.sourcing.feasible_units(units))
            assert units.sum() <= budget


def test_it_orders_where_stock_is_short_and_not_where_it_is_plenty(make_situation):
    units = LookaheadAgent().decide(situation_of(make_situation, [0.0, 200.0])).wanted_units
    assert units[0] > 0
    assert units[1] == 0


def test_what_it_chooses_is_never_dearer_than_the_rule_even_between_whole_units(make_situation):
    situation = situation_of(make_situation, np.linspace(0.05, 12.4, 24))
    costs = replace(situation.costs, order_cost=np.full(24, 6.0))
    situation = replace(situation, costs=costs)
    agent = LookaheadAgent(tried=(0.5,))
    rules = rules_of(situation, agent.levels, agent.batches)
    of_rules = agent._costs(situation, rules, np.full(rules.trigger.shape, BY_RULE))
    best = np.argmin(of_rules, axis=1)
    assert (best > 0).all()
    units = agent.decide(situation).wanted_units
    chosen = agent._costs(situation, rules.of(best), units[:, None])[:, 0]
    assert (chosen <= of_rules.min(axis=1) + 1e-9).all()


def test_what_serving_is_worth_goes_to_the_units_that_take_least_money(make_situation):
    situation = situation_of(make_situation, [0.0, 0.0])
    costs = replace(situation.costs, unit_cost=np.array([1.0, 10.0]), shortage_cost=np.array([0.5, 50.0]))
    situation = replace(situation, costs=costs)
    plain = LookaheadAgent(budget=30.0).decide(situation).wanted_units
    priced = LookaheadAgent(budget=30.0, unit_served=20.0).decide(situation).wanted_units
    assert priced[0] > plain[0]
    assert priced @ costs.unit_cost <= 30.0


def test_settings_out_of_range_are_refused():
    with pytest.raises(SettingsError, match="they are -1"):
        LookaheadAgent(budget=-1.0)
    with pytest.raises(SettingsError, match="they are inf"):
        LookaheadAgent(unit_served=-0.1)
    with pytest.raises(SettingsError, match="meetings must be >= 1"):
        LookaheadAgent(meetings=0)
    assert LookaheadAgent(budget=0.0, meetings=1).name == "agent(lookahead, 0)"
    with pytest.raises(UnknownNameError, match="sharing"):
        CutToBudget(policy=ReorderPoint(), budget=1.0, sharing="lottery")
    assert CutToBudget(policy=ReorderPoint(), budget=1.0).name == "reorder_point(critical ratio), urgent"
