"""Training with Stable-Baselines3 in worlds whose best policy is known."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from allocast.agents.agent_settings import OnPolicySettings
from allocast.agents.environments.vector_environment import InventoryVecEnv
from allocast.agents.evaluation import evaluate, order_critical_ratio
from allocast.agents.pathwise import PathwiseGradient
from allocast.agents.policy_network import PolicyNetwork
from allocast.agents.training_loop import train_agent
from allocast.agents.worlds.training_world import TrainingWorld
from allocast.inventory.costs import Costs
from allocast.numerics.streams import stream
from allocast.supply.sourcing import Sourcing

SMALL = OnPolicySettings(
    total_steps=60_000, n_envs=128, n_batches=4, hidden_sizes=(32,), learning_rate=3e-3, n_evaluations=10
)


def many_series(demand, lead_time=0):
    text, one = np.full(len(demand), "x", dtype=object), np.ones(len(demand))
    return TrainingWorld(
        demand=demand,
        lead_time=np.full(demand.shape, lead_time),
        costs=Costs.uniform(len(demand), holding_cost=1.0, shortage_cost=4.0),
        sourcing=Sourcing(
            item_id=text,
            location_id=text,
            supplier_id=text,
            unit_cost=one,
            order_cost=0 * one,
            minimum_order_units=0 * one,
            pack_units=one,
            lead_time_days=one,
            capacity_units=np.inf * one,
        ),
    )


def poisson_world(lead_time=0):
    rng = stream(1, "demand")
    return many_series(rng.poisson(5.0, (1, 400, 24)).astype(float), lead_time)


def mean_cost(world, act):
    return evaluate(world, act, world.draw_starts(2000, stream(2, "judge"))).mean()


def test_an_agent_learns_the_newsvendor_optimum():
    # without lead time the optimum is known: order up to the critical fractile
    world = poisson_world()
    agent = train_agent(world, SMALL, seed=1).agent
    assert mean_cost(world, agent.network.action) < 1.02 * mean_cost(world, order_critical_ratio)


def test_an_agent_that_knows_demand_orders_just_that():
    world = many_series(np.full((1, 4, 24), 10.0))
    agent = train_agent(world, SMALL, seed=1).agent
    starts = world.draw_starts(200, stream(2, "judge"))
    empty = replace(starts, on_hand=np.zeros(200))
    cost = evaluate(world, agent.network.action, empty).mean()
    assert cost < 0.02  # of the cost scale, where never ordering costs 2


@pytest.mark.parametrize("algorithm", ["ppo", "a2c"])
def test_two_runs_with_one_seed_are_equal(algorithm):
    settings = OnPolicySettings(algorithm=algorithm, total_steps=6_000, n_envs=64, n_evaluations=2)
    world = poisson_world(lead_time=2)
    first, again, other = (train_agent(world, settings, seed=seed) for seed in (1, 1, 2))
    assert first.curve == again.curve
    assert first.agent.state() == again.agent.state()
    assert first.agent.state() != other.agent.state()


def test_a_training_leaves_torch_with_the_threads_that_it_had():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    settings = OnPolicySettings(
        total_steps=64, n_envs=8, n_steps=4, n_batches=2, n_evaluations=1, evaluation_episodes=8
    )
    train_agent(poisson_world(), settings, seed=1)
    assert torch.get_num_threads() == 2
    torch.set_num_threads(before)


@pytest.mark.parametrize("form", ["level", "residual", "order"])
def test_the_pathwise_trainer_learns_on_series_whatever_an_action_means(form):
    rng = stream(1, "demand")
    demand = rng.poisson(rng.gamma(1.0, 5.0, 20)[:, None, None] + 1, (20, 100, 24)).astype(float)
    world = replace(many_series(demand, lead_time=2), action=form)
    settings = {"n_paths": 512, "n_steps": 6, "n_tail_steps": 3, "keep_paths": False, "seed": 1}
    learner = PathwiseGradient("MlpPolicy", InventoryVecEnv(world, 8), **settings)
    learner.learn(60 * 512 * 9)
    act = PolicyNetwork.from_sb3(learner.policy).action
    classical = mean_cost(replace(world, action="level"), order_critical_ratio)
    assert mean_cost(world, act) < 0.93 * classical


def test_an_agent_that_learned_at_all_prices_orders_less_the_dearer_money_is():
    rng = stream(1, "demand")
    demand = rng.poisson(rng.gamma(1.0, 5.0, 20)[:, None, None] + 1, (20, 100, 24)).astype(float)
    free = many_series(demand, lead_time=1)
    costs = replace(free.costs, unit_cost=np.ones(20))
    world = replace(free, costs=costs, highest_price=3.0)
    settings = {"n_paths": 512, "n_steps": 6, "n_tail_steps": 3, "keep_paths": False, "seed": 1}
    learner = PathwiseGradient("MlpPolicy", InventoryVecEnv(world, 8), **settings).learn(60 * 512 * 9)
    act = PolicyNetwork.from_sb3(learner.policy).action
    ordered = []
    for price in (0.0, 1.5, 3.0):
        state = world.begin(2000, np.random.default_rng(2), {"price": price, "period": 0, "on_hand": 0})
        _, outcome = world.step(state, act(world.observe(state)))
        ordered.append(outcome.placed.ordered.mean())
    assert ordered[2] < 0.95 * ordered[1] < 0.9 * ordered[0]


def test_the_curve_is_told_as_it_grows_and_the_best_network_is_kept():
    told = []
    world = poisson_world(lead_time=2)
    settings = OnPolicySettings(total_steps=20_000, n_envs=64, n_evaluations=5)
    result = train_agent(world, settings, seed=1, on_progress=told.append)
    assert [{name: point[name] for name in result.curve[0]} for point in told] == list(result.curve)
    assert "train/loss" in told[-1]
    assert [point["step"] for point in told] == sorted(point["step"] for point in told)
    assert told[-1]["step"] >= 20_000
    starts = world.draw_starts(settings.evaluation_episodes, stream(1, "agent", "evaluation"))
    kept = evaluate(world, result.agent.network.action, starts).mean()
    assert kept == min(point["cost"] for point in told)


def test_the_range_of_training_holds_what_was_seen():
    world = poisson_world()
    agent = train_agent(world, OnPolicySettings(total_steps=4_096, n_evaluations=1), seed=1).agent
    assert (agent.observation_low <= agent.observation_high).all()
    ratio = agent.observation_names.index("critical_ratio")
    assert agent.observation_low[ratio] == agent.observation_high[ratio] == pytest.approx(0.8)
    assert (agent.observation_low - 1e-6 <= agent.observation_mean).all()
    assert (agent.observation_mean <= agent.observation_high + 1e-6).all()
