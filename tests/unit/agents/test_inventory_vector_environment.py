import numpy as np
import pytest
from stable_baselines3 import A2C, PPO, SAC, TD3

from allocast.agents.environments.environment import InventoryEnv
from allocast.agents.environments.vector_environment import InventoryVecEnv
from allocast.agents.pathwise.lost_sales import LostSalesPaths
from allocast.agents.pathwise.vector_environment import DifferentiableVecEnv
from allocast.errors import DataError, UnknownNameError
from allocast.simulation.textbook.lost_sales import LostSales


def seeded(world, n_envs=6, seed=3):
    env = InventoryVecEnv(world, n_envs)
    env.seed(seed)
    return env


@pytest.mark.parametrize("review_periods", [1, 2])
def test_each_environment_of_the_vector_is_the_single_one(make_world, review_periods):
    world = make_world(review_periods=review_periods, order_cost=2.0, pack=3.0)
    vector = seeded(world)
    observations = vector.reset()
    names = ("series", "path", "period")
    starts = [{name: getattr(vector.state, name)[row] for name in names} for row in range(6)]
    on_hand = vector.state.stock.on_hand
    singles = [InventoryEnv(world) for _ in range(6)]
    for row, env in enumerate(singles):
        first, _ = env.reset(options=starts[row] | {"on_hand": on_hand[row]})
        np.testing.assert_array_equal(first, observations[row])

    rng, running = np.random.default_rng(1), set(range(6))
    while running:
        actions = rng.uniform(-1, 1, (6, 1)).astype(np.float32)
        observations, rewards, dones, infos = vector.step(actions)
        for row in sorted(running):
            observation, reward, terminated, truncated, _ = singles[row].step(actions[row])
            assert (np.float32(reward), terminated, truncated) == (rewards[row], False, dones[row])
            last = infos[row]["terminal_observation"] if dones[row] else observations[row]
            np.testing.assert_array_equal(observation, last)
        running -= set(np.flatnonzero(dones))


def test_an_episode_that_is_over_is_followed_by_a_new_one(make_world):
    world = make_world()
    env = seeded(world, n_envs=50)
    env.reset()
    dones = np.zeros(50, dtype=bool)
    while not dones.any():
        observations, _, dones, infos = env.step(np.zeros((50, 1)))
    row = int(np.argmax(dones))
    assert infos[row]["TimeLimit.truncated"]
    assert env.state.stock.pipeline[row].sum() == 0
    assert env.state.period[row] < world.n_moments - 1
    assert not np.array_equal(observations[row], infos[row]["terminal_observation"])
    assert infos[int(np.argmin(dones))] == {}


def test_environments_do_not_all_end_at_once(make_world):
    env = seeded(make_world(), n_envs=50)
    env.reset()
    ended = [env.step(np.zeros((50, 1)))[2].sum() for _ in range(20)]
    assert max(ended) < 50


def test_a_seed_repeats_everything(make_world):
    runs = []
    for _ in range(2):
        env = seeded(make_world())
        runs.append([env.reset(), *(env.step(np.zeros((6, 1)))[0] for _ in range(15))])
    np.testing.assert_array_equal(*runs)
    assert not np.array_equal(seeded(make_world(), seed=4).reset(), runs[0][0])


def test_the_vector_answers_sb3_questions_about_its_environments(make_world):
    env = seeded(make_world())
    assert env.get_attr("render_mode") == [None] * 6
    assert env.env_is_wrapped(InventoryEnv, [0, 1]) == [False, False]
    assert not env.has_attr("no_such_thing")
    env.set_attr("note", "here")
    assert env.get_attr("note", 0) == ["here"]
    assert len(env.env_method("reset", indices=[2])) == 1
    env.close()


def test_a_world_that_has_a_differentiable_form_gives_it(make_world):
    assert seeded(make_world()).env_method("differentiable", indices=0)[0].action_size == 1


def test_a_world_without_a_differentiable_form_says_so():
    class Plain:
        observation_low, observation_high, action_size = np.zeros(1), np.ones(1), 1

    with pytest.raises(DataError, match="a Plain has no form in torch"):
        InventoryVecEnv(Plain(), 2).differentiable()


@pytest.mark.parametrize("algorithm", [A2C, PPO, SAC, TD3])
def test_sb3s_algorithms_learn_in_it(make_world, algorithm):
    env = seeded(make_world(), n_envs=8)
    few = {"learning_starts": 40, "batch_size": 16} if algorithm in (SAC, TD3) else {"n_steps": 8}
    if algorithm is PPO:
        few["batch_size"] = 32
    model = algorithm("MlpPolicy", env, seed=1, policy_kwargs={"net_arch": [8]}, **few)
    before = [parameter.clone() for parameter in model.policy.parameters()]
    model.learn(160)
    assert any((now != then).any() for now, then in zip(model.policy.parameters(), before, strict=True))


def test_options_set_before_a_reset_are_taken_once(make_world):
    vector = InventoryVecEnv(make_world(), 4)
    vector.seed(1)
    vector.set_options({"on_hand": 3.0, "period": 1})
    vector.reset()
    assert set(vector.state.stock.on_hand) == {3.0}
    assert set(vector.state.period) == {1}
    vector.reset()
    assert set(vector.state.stock.on_hand) != {3.0}


def test_options_that_the_world_does_not_have_or_that_differ_are_refused(make_world):
    vector = InventoryVecEnv(make_world(), 2)
    vector.set_options({"on_hnd": 3.0})
    with pytest.raises(UnknownNameError, match="unknown reset option 'on_hnd'; valid are on_hand"):
        vector.reset()
    vector.set_options([{"on_hand": 3.0}, {"on_hand": 4.0}])
    with pytest.raises(DataError, match="the same for all"):
        vector.reset()


def test_paths_through_a_differentiable_world_have_no_options():
    vector = DifferentiableVecEnv(
        LostSalesPaths(LostSales(demand="poisson", mean=5.0, shortage_cost=4.0, lead_time=2)), 3
    )
    assert vector.reset().shape[0] == 3
    vector.set_options({"on_hand": 3.0})
    with pytest.raises(UnknownNameError, match="unknown reset option 'on_hand'"):
        vector.reset()
