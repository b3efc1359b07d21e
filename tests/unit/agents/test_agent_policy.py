import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from allocast.agents.agent import STAND_IN, AgentPolicy
from allocast.agents.budgets.budgeted_policy import BudgetedPolicy, Priced
from allocast.agents.policy_network import PolicyNetwork
from allocast.agents.worlds.observation import observe_situation
from allocast.agents.worlds.observation_names import (
    OBSERVATION_HIGH,
    OBSERVATION_LOW,
    OBSERVATION_NAMES,
    observation_bounds,
    observation_names,
)
from allocast.errors import DataError
from allocast.inventory.position import StockPosition


@pytest.fixture
def situation(make_situation):
    rng = np.random.default_rng(9)
    demand = rng.poisson(np.geomspace(0.1, 50, 25)[:, None, None], (25, 60, 6)).astype(float)
    pipeline = rng.poisson(2.0, (25, 3)).astype(float)
    position = StockPosition.from_pipeline(rng.poisson(5.0, 25).astype(float), pipeline, np.zeros(25))
    return make_situation(demand, position, rng.integers(0, 4, 25), minimum_order=6.0, pack=4.0)


def test_orders_are_never_negative_and_feasible_ones_are_whole_packs(make_agent, situation):
    decision = make_agent().decide(situation)
    units = situation.sourcing.feasible_units(decision.wanted_units)
    assert decision.wanted_units.min() >= 0
    assert (units > 0).any()
    assert (units % 4 == 0).all()
    assert (decision.level == np.rint(decision.level)).all()


def test_an_agent_that_always_says_least_orders_nothing(make_agent, situation):
    agent = make_agent()
    least = PolicyNetwork(weights=(np.zeros((len(OBSERVATION_NAMES), 1)),), biases=(np.array([-1.0]),))
    assert replace(agent, network=least).decide(situation).wanted_units.sum() == 0


def test_an_agent_comes_back_from_its_state_with_equal_orders(make_agent, situation):
    before = make_agent(algorithm="a2c", hidden_sizes=(8, 4))
    after = AgentPolicy.from_state(before.state())
    np.testing.assert_array_equal(before.decide(situation).wanted_units, after.decide(situation).wanted_units)
    assert after.settings == before.settings
    assert after.state() == before.state()
    assert after.name == "agent(a2c)"


def test_the_description_is_readable(make_agent):
    description = json.loads(make_agent().state()["agent.json"])
    assert description["observation_names"] == list(OBSERVATION_NAMES)
    assert description["settings"]["algorithm"] == "ppo"


def test_an_agent_of_other_observations_is_refused(make_agent):
    files = make_agent().state()
    files["agent.json"] = files["agent.json"].replace(b"net_stock", b"gross_stock")
    with pytest.raises(DataError, match=r"other observation_names; train it again"):
        AgentPolicy.from_state(files)


def test_an_agent_without_its_weights_is_refused(make_agent):
    with pytest.raises(DataError, match=r"weights.npz is missing"):
        AgentPolicy.from_state({"agent.json": make_agent().state()["agent.json"]})


def test_a_network_of_other_inputs_is_refused(make_agent):
    agent = make_agent()
    small = PolicyNetwork(weights=(np.ones((2, 1)),), biases=(np.ones(1),))
    with pytest.raises(DataError, match=f"must take {len(OBSERVATION_NAMES)} observations; it takes 2"):
        replace(agent, network=small)


def test_series_beyond_the_range_of_training_are_left_to_the_stand_in_and_the_decision_says_so(
    make_agent, situation
):
    net_stock = observe_situation(situation)[:, 0]
    low, high = OBSERVATION_LOW.copy(), OBSERVATION_HIGH.copy()
    low[0], high[0] = 0.0, np.median(net_stock)
    left = net_stock > 1.05 * high[0] + 1e-4
    agent = make_agent(low=low, high=high)
    decision, classical = agent.decide(situation), STAND_IN.decide(situation)
    own = make_agent().decide(situation)  # its range holds everything
    assert 0 < left.sum() < 25
    np.testing.assert_array_equal(decision.wanted_units[left], classical.wanted_units[left])
    np.testing.assert_array_equal(decision.wanted_units[~left], own.wanted_units[~left])
    assert [name == STAND_IN.name for name in decision.decided_by] == left.tolist()
    assert [note.startswith("Decided by projected_need") for note in decision.notes] == left.tolist()
    assert "net_stock is" in decision.notes[np.flatnonzero(left)[0]]


def test_what_is_hardly_beyond_the_range_of_training_is_seen_at_its_edge(make_agent):
    agent = make_agent(low=np.zeros_like(OBSERVATION_LOW), high=np.ones_like(OBSERVATION_HIGH))
    edge, hardly, far = (np.full((1, len(OBSERVATION_HIGH)), value) for value in (1.0, 1.04, 1.06))
    assert not agent.beyond_training(hardly).any()
    assert agent.beyond_training(far).all()
    table = agent.predict_table(pd.DataFrame(hardly, columns=list(OBSERVATION_NAMES)))
    at_the_edge = agent.predict_table(pd.DataFrame(edge, columns=list(OBSERVATION_NAMES)))
    pd.testing.assert_frame_equal(table, at_the_edge)


def test_an_agent_decides_alone_where_it_has_seen_everything(make_agent, situation):
    decision = make_agent().decide(situation)
    assert decision.notes == decision.decided_by == ()


def test_an_agent_of_several_suppliers_does_not_decide_where_there_is_one(make_agent, situation):
    agent = make_agent()
    n = len(observation_names(2))
    network = PolicyNetwork(weights=(np.zeros((n, 3)),), biases=(np.zeros(3),))
    low, high = observation_bounds(2)
    dual = replace(agent, network=network, observation_low=low, observation_high=high, observation_mean=high)
    assert AgentPolicy.from_state(dual.state()).state() == dual.state()
    with pytest.raises(DataError, match="orders from 2 suppliers"):
        dual.decide(situation)


def test_a_table_of_observations_gives_actions_and_fractiles(make_agent):
    agent = make_agent()
    table = agent.predict_table(agent.example_observations)
    assert list(table.columns) == ["action", "fractile"]
    assert table["action"].between(-1, 1).all()
    assert table["fractile"].between(0, 1).all()
    assert (agent.example_observations.dtypes == np.float64).all()


def test_a_table_without_an_observation_is_refused(make_agent):
    agent = make_agent()
    with pytest.raises(DataError, match=r"lack the columns net_stock \(1 missing\)"):
        agent.predict_table(agent.example_observations.drop(columns="net_stock"))


def test_deciding_needs_neither_torch_nor_gymnasium():
    code = (
        "import sys, allocast.agents.agent; "
        "print({'torch', 'gymnasium', 'stable_baselines3', 'mlflow'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_an_agent_can_be_asked_at_a_price_and_so_live_within_a_budget(make_agent, situation):
    agent = make_agent()
    assert isinstance(agent, Priced)
    free = agent.decide(situation)
    np.testing.assert_array_equal(agent.decide_at(situation, 0.0).level, free.level)
    costs = replace(situation.costs, unit_cost=np.linspace(1.0, 3.0, 25))
    dear = replace(situation, costs=costs)
    spent = dear.sourcing.feasible_units(free.wanted_units) @ costs.unit_cost
    units = BudgetedPolicy(policy=agent, budget=0.4 * spent).decide(dear).wanted_units
    assert 0.2 * spent < units @ costs.unit_cost <= 0.4 * spent
    np.testing.assert_array_equal(dear.sourcing.feasible_units(units), units)
