from dataclasses import replace

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from stable_baselines3.common.env_checker import check_env as check_env_of_sb3

from allocast.agents.environments.environment import InventoryEnv
from allocast.agents.environments.vector_environment import InventoryVecEnv
from allocast.agents.worlds.actions import supplier_shares
from allocast.agents.worlds.observation_names import observation_names


def test_an_environment_with_several_suppliers_passes_both_checkers(dual_world):
    env = InventoryEnv(dual_world)
    assert env.action_space.shape == (3,)
    assert env.observation_space.shape == (len(observation_names(2)),)
    check_env(env, skip_render_check=True)
    check_env_of_sb3(env)


def test_each_episode_of_the_vector_is_the_single_one(dual_world):
    vector = InventoryVecEnv(dual_world, 5)
    vector.seed(3)
    vector.reset()
    starts = dual_world.describe(vector.state)
    singles = [InventoryEnv(dual_world) for _ in range(5)]
    for row, env in enumerate(singles):
        env.reset(options={name: values[row] for name, values in starts.items()})
    rng, running = np.random.default_rng(1), set(range(5))
    while running:
        actions = rng.uniform(-1, 1, (5, 3)).astype(np.float32)
        observations, rewards, dones, infos = vector.step(actions)
        for row in sorted(running):
            observation, reward, _, truncated, _ = singles[row].step(actions[row])
            last = infos[row]["terminal_observation"] if dones[row] else observations[row]
            assert (np.float32(reward), truncated) == (rewards[row], dones[row])
            np.testing.assert_array_equal(observation, last)
        running -= set(np.flatnonzero(dones))


def test_orders_go_to_suppliers_in_their_shares_and_on_their_terms(dual_world):
    env = InventoryEnv(dual_world)
    env.reset(options={"series": 0, "on_hand": 0, "period": 0, "path": 0})
    slow, fast = env.step(np.array([1.0, 1.0, 1.0]))[4]["order_units"]
    assert slow > 0
    assert fast == np.ceil(slow / 3) * 3  # equal shares, in whole packs of three
    env.reset(options={"series": 1, "on_hand": 0, "period": 0, "path": 0})
    assert env.step(np.array([1.0, -1.0, 1.0]))[4]["order_units"] == [0.0, 9.0]  # its capacity
    env.reset(options={"series": 2, "on_hand": 0, "period": 0, "path": 0})
    slow, fast = env.step(np.array([1.0, -1.0, 1.0]))[4]["order_units"]
    assert (slow > 0, fast) == (True, 0.0)  # who does not deliver is not asked


def test_who_is_asked_for_little_is_not_asked():
    share = supplier_shares(np.array([[1.0, -0.95]]), np.ones((1, 2), dtype=bool))
    np.testing.assert_array_equal(share, [[1.0, 0.0]])
    nobody = supplier_shares(np.ones((1, 2)), np.zeros((1, 2), dtype=bool))
    np.testing.assert_array_equal(nobody, [[0.0, 0.0]])


def test_only_what_is_paid_above_the_cheapest_supplier_is_charged(dual_world):
    env = InventoryEnv(dual_world)
    env.reset(options={"series": 0, "on_hand": 0, "period": 0, "path": 0, "price": 0})
    info = env.step(np.array([1.0, 1.0, 1.0]))[4]
    assert info["purchase_cost"] == pytest.approx(0.5 * info["delivered_units"][1])
    assert info["price_charge"] == 0.0


def test_at_a_price_spending_costs_more_and_the_price_is_seen(dual_world):
    world = replace(dual_world, delivered_share=None)
    env = InventoryEnv(world)
    start = {"series": 0, "on_hand": 0, "period": 0, "path": 0}
    seen, results = [], []
    for price in (0.0, 0.4):
        seen.append(env.reset(options=start | {"price": price})[0])
        results.append(env.step(np.array([1.0, 1.0, 1.0])))
    differs = np.flatnonzero(seen[0] != seen[1])
    assert [observation_names(2)[place] for place in differs] == ["price"]
    spent = results[1][4]["order_units"] @ np.array([1.0, 1.5])
    assert results[1][4]["price_charge"] == pytest.approx(0.4 * spent)
    assert results[0][1] - results[1][1] == pytest.approx(0.4 * spent / world.cost_scale[0])


def test_what_a_supplier_will_leave_out_is_on_order_until_it_would_have_come(dual_world):
    share = np.ones(dual_world.lead_time.shape)
    share[:, 0, :, 0] = 0.0  # on the first of the paths, so that more is expected
    lead_time = np.full_like(dual_world.lead_time, 2)
    world = replace(dual_world, delivered_share=share, lead_time=lead_time)
    state = world.begin(1, np.random.default_rng(1), {"series": 0, "path": 0, "on_hand": 0, "period": 0})
    positions = []
    for action in ([[1.0, 1.0, -1.0]], *[[[-1.0, 1.0, 1.0]]] * 3):
        state, outcome = world.step(state, np.array(action))
        positions.append(state.position.item())
        assert outcome.placed.delivered.sum() == 0
    assert positions[0] == positions[1] > 0
    assert positions[2:] == [0.0, 0.0]


def test_a_supplier_that_cannot_deliver_makes_nobody_dear(dual_world):
    first, second = dual_world.lines
    cheap = replace(first, unit_cost=np.full(len(first.unit_cost), 1.0))
    endless = np.full(len(first.unit_cost), np.inf)
    dear = replace(second, unit_cost=np.full(len(first.unit_cost), 3.0), capacity_units=endless)
    gone = replace(cheap, capacity_units=np.zeros(len(first.unit_cost)))
    assert (replace(dual_world, sourcing=(cheap, dear)).premium[:, 1] == 2.0).all()
    assert (replace(dual_world, sourcing=(gone, dear)).premium == 0.0).all()
