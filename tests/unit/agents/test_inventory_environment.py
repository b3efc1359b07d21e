from dataclasses import replace

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from stable_baselines3.common.env_checker import check_env as check_env_of_sb3

from allocast.agents.environments.environment import InventoryEnv
from allocast.agents.worlds.observation_names import OBSERVATION_NAMES
from allocast.errors import DataError, UnknownNameError


def play(env, actions, **reset):
    """Observations and rewards of an episode, until it ends."""
    observation, _ = env.reset(**reset)
    observations, rewards, infos = [observation], [], []
    for action in actions:
        observation, reward, _, truncated, info = env.step(np.array([action], dtype=np.float32))
        observations.append(observation)
        rewards.append(reward)
        infos.append(info)
        if truncated:
            break
    return np.array(observations), rewards, infos


def actions(seed=1, n=30):
    return np.random.default_rng(seed).uniform(-1, 1, n)


@pytest.mark.parametrize("review_periods", [1, 3])
def test_the_environment_passes_both_checkers(make_world, review_periods):
    env = InventoryEnv(make_world(review_periods=review_periods))
    check_env(env, skip_render_check=True)
    check_env_of_sb3(env)


def test_a_seed_repeats_an_episode(make_world):
    world = make_world()
    first, rewards, _ = play(InventoryEnv(world), actions(), seed=11)
    again, same, _ = play(InventoryEnv(world), actions(), seed=11)
    other, _, _ = play(InventoryEnv(world), actions(), seed=12)
    np.testing.assert_array_equal(first, again)
    assert rewards == same
    assert not np.array_equal(first[0], other[0])


def test_the_reward_is_minus_the_cost_in_the_series_own_coin(make_world):
    world = make_world(order_cost=3.0)
    _, rewards, infos = play(InventoryEnv(world), actions(), seed=1, options={"series": 1})
    costs = [info["holding_cost"] + info["shortage_cost"] + info["order_cost"] for info in infos]
    np.testing.assert_allclose(rewards, -np.array(costs) / world.cost_scale[1])
    assert {info["order_cost"] for info in infos} == {0.0, 3.0}


def test_nothing_is_ordered_at_the_low_end_of_the_action(make_world):
    _, _, infos = play(InventoryEnv(make_world()), np.full(30, -1.0), seed=1)
    assert sum(info["order_units"] for info in infos) == 0


def test_orders_are_whole_packs_and_at_least_the_minimum_order(make_world):
    world = make_world(minimum_order=10.0, pack=4.0)
    orders = [
        info["order_units"] for seed in range(20) for info in play(InventoryEnv(world), actions(seed))[2]
    ]
    placed = np.array(orders)[np.array(orders) > 0]
    assert len(placed) > 10
    assert (placed % 4 == 0).all()
    assert placed.min() >= 10


@pytest.mark.parametrize("review_periods", [1, 2])
def test_units_are_conserved(make_world, review_periods):
    world = make_world(lead_times=(1,), review_periods=review_periods)
    _, _, infos = play(InventoryEnv(world), np.full(30, 0.5), options={"on_hand": 7, "period": 0})
    arrived, sold = (sum(info[name] for info in infos) for name in ("arrived", "sold"))
    assert 7 + arrived - sold == infos[-1]["on_hand"]


def test_an_order_with_lead_time_one_is_used_in_the_period_after_the_next(make_world):
    world = make_world(np.full((1, 1, 8), 5.0), lead_times=(1,))
    _, _, infos = play(InventoryEnv(world), [0.5, 0.5, 0.5], options={"period": 0, "on_hand": 0})
    assert [info["order_units"] for info in infos] == [10.0, 0.0, 5.0]
    assert [info["arrived"] for info in infos] == [0.0, 10.0, 0.0]
    assert [info["sold"] for info in infos] == [0.0, 5.0, 5.0]


def test_the_episode_is_truncated_where_the_paths_end(make_world):
    world = make_world(lead_times=(2,))
    _, _, infos = play(InventoryEnv(world), actions(), options={"period": 0})
    assert infos[-1]["period"] == world.n_moments - 1


def test_the_agent_does_not_see_when_an_open_order_will_arrive(make_world):
    world = make_world(lead_times=(2, 5), demand=np.full((1, 40, 12), 3.0))
    soon, late = (int(np.argmax(world.lead_time[0, :, 0] == units)) for units in (2, 5))
    start = {"series": 0, "period": 0, "on_hand": 0}
    seen = [
        play(InventoryEnv(world), [0.5, -1.0], options=start | {"path": path})[0] for path in (soon, late)
    ]
    np.testing.assert_array_equal(seen[0][:3], seen[1][:3])
    assert seen[0][1, OBSERVATION_NAMES.index("on_order")] > 0


def test_stepping_before_a_reset_is_refused(make_world):
    with pytest.raises(gymnasium.error.ResetNeeded):
        InventoryEnv(make_world()).step(np.zeros(1, dtype=np.float32))


def test_reset_options_within_the_world_are_taken(make_world):
    _, info = InventoryEnv(make_world()).reset(options={"series": 2, "path": 39, "period": 1, "on_hand": 6})
    assert info == {"series": 2, "path": 39, "period": 1, "on_hand": 6.0, "price": 0.0}


def test_reset_options_outside_the_world_are_refused(make_world):
    env = InventoryEnv(make_world())
    with pytest.raises(DataError, match="series must lie within 0 and 2; it is 3"):
        env.reset(options={"series": 3})
    with pytest.raises(UnknownNameError, match="unknown reset option 'serie'; valid are series"):
        env.reset(options={"serie": 1})


def test_owed_demand_is_served_when_costs_say_so(make_world):
    world = make_world(np.full((1, 1, 8), 5.0), lead_times=(1,))
    world = replace(world, costs=replace(world.costs, backorders=True))
    _, _, infos = play(InventoryEnv(world), [0.5, 0.5], options={"period": 0, "on_hand": 0})
    assert [info["sold"] for info in infos] == [0.0, 10.0]
