from dataclasses import replace

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from allocast.agents.environments.registration import PORTFOLIO, WORLDS, small_portfolio
from allocast.errors import DataError


@pytest.mark.parametrize("name", [*WORLDS, PORTFOLIO])
def test_an_id_makes_an_environment_that_passes_the_checker(name):
    env = gymnasium.make(name)
    check_env(env.unwrapped, skip_render_check=True)
    assert env.reset(seed=1)[0] in env.observation_space


def test_what_is_given_to_an_id_reaches_its_instance():
    env = gymnasium.make(
        "allocast.agents.environments.registration:allocast/LostSales-v0",
        demand="geometric",
        shortage_cost=19.0,
        actions=("level",),
    )
    world = env.unwrapped.world
    assert (world.actions, world.rates.shortage_cost) == (("level",), 19.0)
    np.testing.assert_allclose(world.demand.mean, 5.0)


@pytest.mark.parametrize("name", WORLDS)
def test_an_id_makes_a_vector_whose_episodes_are_the_single_ones(name):
    options = {"world": replace(small_portfolio(), under_way=0.0)} if name == "allocast/Inventory-v0" else {}
    vector, single = (
        gymnasium.make_vec(name, num_envs=3, **options),
        gymnasium.make(name, **options).unwrapped,
    )
    observations, starts = vector.reset(seed=5)
    single.reset(options={part: values[1] for part, values in starts.items()})
    rng, overs = np.random.default_rng(1), np.zeros(3, dtype=bool)
    while not overs[1]:
        actions = rng.uniform(-1, 1, vector.action_space.shape).astype(np.float32)
        observations, rewards, _, overs, infos = vector.step(actions)
        seen, reward, _, truncated, _ = single.step(actions[1])
        np.testing.assert_array_equal(infos["final_obs"][1] if overs[1] else observations[1], seen)
        assert (reward, truncated) == (rewards[1], overs[1])
    assert observations in vector.observation_space


def test_a_seed_repeats_a_vector_and_stepping_it_before_a_reset_is_refused():
    vector = gymnasium.make_vec("allocast/LostSales-v0", num_envs=3)
    first, again = (vector.reset(seed=seed)[0] for seed in (5, 5))
    np.testing.assert_array_equal(first, again)
    with pytest.raises(gymnasium.error.ResetNeeded):
        gymnasium.make_vec("allocast/LostSales-v0", num_envs=2).step(np.zeros((2, 1)))


def test_a_vector_takes_the_seeds_that_gymnasium_gives():
    vector = gymnasium.make_vec("allocast/LostSales-v0", num_envs=3)
    first, same = vector.reset(seed=5)[0], vector.reset(seed=np.int64(5))[0]
    np.testing.assert_array_equal(first, same)
    listed, again, other = (vector.reset(seed=seeds)[0] for seeds in ([1, 2, 3], (1, 2, 3), [1, 2, 4]))
    np.testing.assert_array_equal(listed, again)
    assert (listed != other).any()
    unseeded = [vector.reset(seed=[1, None, 3])[0] for _ in range(2)]
    assert (unseeded[0] != unseeded[1]).any()
    with pytest.raises(DataError, match="one seed for each of 3 episodes; there are 2"):
        vector.reset(seed=[1, 2])


def test_a_single_textbook_episode_has_all_its_periods():
    env, lengths = gymnasium.make("allocast/LostSales-v0", n_periods=7), []
    for seed in range(4):
        env.reset(seed=seed)
        overs = [env.step(np.zeros(1, dtype=np.float32))[3] for _ in range(7)]
        lengths.append(overs.index(True) + 1)
    assert lengths == [7] * 4
