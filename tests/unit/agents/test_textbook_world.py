from dataclasses import replace

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from stable_baselines3.common.env_checker import check_env as check_env_of_sb3

from allocast.agents.environment import InventoryEnv
from allocast.agents.textbook_world import TextbookWorld
from allocast.agents.vector_environment import InventoryVecEnv
from allocast.errors import DataError, UnknownNameError
from allocast.inventory.costs import Costs
from allocast.numerics.discrete import DiscreteDistribution
from allocast.simulation.scenarios.textbook_demand import poisson, uniform


def world(lead_time=2, demand=None, shortage_cost=4.0, **changes):
    costs = Costs.uniform(1, holding_cost=1.0, shortage_cost=shortage_cost)
    given = {"demand": demand or poisson(5.0), "lead_time": np.atleast_1d(lead_time), "costs": costs}
    return TextbookWorld(**(given | changes))


def several():
    laws = DiscreteDistribution.stack([poisson(5.0), uniform(0, 4)])
    costs = Costs.uniform(2, holding_cost=1.0, shortage_cost=9.0)
    return TextbookWorld(demand=laws, lead_time=np.array([1, 3]), costs=costs, n_periods=9)


WORLDS = {
    "order": world(n_periods=9),
    "level": world(n_periods=9, action="level"),
    "arrives at once": world(lead_time=0, n_periods=9),
    "owed": world(costs=replace(Costs.uniform(1, holding_cost=1.0, shortage_cost=4.0), backorders=True)),
    "several": several(),
}


@pytest.mark.parametrize("name", WORLDS)
def test_a_textbook_environment_passes_both_checkers(name):
    env = InventoryEnv(WORLDS[name])
    check_env(env, skip_render_check=True)
    check_env_of_sb3(env)


@pytest.mark.parametrize("name", WORLDS)
def test_each_episode_of_the_vector_is_the_single_one(name):
    vector = InventoryVecEnv(WORLDS[name], 5)
    vector.seed(3)
    observations = vector.reset()
    starts = WORLDS[name].describe(vector.state)
    singles = [InventoryEnv(WORLDS[name]) for _ in range(5)]
    for row, env in enumerate(singles):
        first, _ = env.reset(options={part: values[row] for part, values in starts.items()})
        np.testing.assert_array_equal(first, observations[row])
    rng, running = np.random.default_rng(1), set(range(5))
    for _ in range(30):
        actions = rng.uniform(-1, 1, (5, 1)).astype(np.float32)
        observations, rewards, dones, infos = vector.step(actions)
        for row in sorted(running):
            observation, reward, _, truncated, _ = singles[row].step(actions[row])
            last = infos[row]["terminal_observation"] if dones[row] else observations[row]
            assert (np.float32(reward), truncated) == (rewards[row], dones[row])
            np.testing.assert_array_equal(observation, last)
        running -= set(np.flatnonzero(dones))


def test_an_order_is_seen_on_its_way_and_serves_in_its_time():
    constant = DiscreteDistribution(probability=np.array([[0.0, 0.0, 0.0, 1.0]]))
    env = InventoryEnv(world(lead_time=2, demand=constant))
    first, _ = env.reset(options={"on_hand": 6})
    np.testing.assert_allclose(first, [2.0, 0.0])
    seen, infos = zip(*((step[0], step[4]) for step in (env.step([1.0]) for _ in range(3))), strict=True)
    np.testing.assert_allclose(seen, [[1.0, 1.0], [1.0, 1.0], [1.0, 1.0]])
    assert [info["order_units"] for info in infos] == [3.0, 3.0, 3.0]
    assert [info["arrived"] for info in infos] == [0.0, 0.0, 3.0]
    assert [info["sold"] for info in infos] == [3.0, 3.0, 3.0]


def test_orders_stay_within_zipkins_bounds():
    tested = world(lead_time=4, n_periods=60)
    np.testing.assert_array_equal(tested.most, [[7, 13, 18, 24, 29]])
    state = tested.begin(300, np.random.default_rng(1))
    state = replace(state, stock=replace(state.stock, on_hand=np.zeros(300)))
    for _ in range(20):
        state, outcome = tested.step(state, np.ones((300, 1)))
        pipeline = state.stock.pipeline
        youngest = np.cumsum(pipeline[:, 3::-1], axis=1)
        assert (youngest <= tested.most[0, :4]).all()
        assert (outcome.order_units == np.rint(outcome.order_units)).all()


def test_one_key_meets_one_demand_whatever_is_ordered():
    env = InventoryEnv(world())
    demands = []
    for action in (-1.0, 1.0):
        env.reset(options={"key": 12345, "period": 3})
        infos = [env.step([action])[4] for _ in range(10)]
        demands.append([info["sold"] + info["missed"] for info in infos])
    assert demands[0] == demands[1]
    assert len(set(demands[0])) > 3


def test_several_instances_are_told_apart_by_what_is_seen():
    tested = several()
    seen = tested.observe(tested.begin(50, np.random.default_rng(1)))
    features = np.unique(seen[:, -3:], axis=0)
    np.testing.assert_allclose(features, [[0.9, 1 / 3, 5**-0.5], [0.9, 1.0, 2**-0.5]])


def test_a_raw_order_means_a_share_of_the_largest_that_can_be_optimal():
    tested = world(lead_time=1)
    state = tested.begin(3, np.random.default_rng(1), {"on_hand": 0})
    orders = tested.order_units(state, np.array([[-1.0], [0.0], [1.0]]))
    np.testing.assert_array_equal(orders, [0.0, 4.0, 7.0])


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"action": "levle"}, UnknownNameError, "unknown action 'levle'; valid are level, order"),
        ({"n_periods": 0}, DataError, "n_periods must be >= 1; it is 0"),
        ({"lead_time": -1}, DataError, "lead_time must be finite and >= 0"),
        ({"lead_time": [1, 2]}, DataError, r"lead_time must have shape \(1,\)"),
        ({"costs": Costs.uniform(2, holding_cost=1.0, shortage_cost=1.0)}, DataError, "equally long"),
        ({"demand": uniform(0, 0)}, DataError, "demand must have a mean > 0"),
    ],
)
def test_a_world_out_of_range_is_refused(changes, error, message):
    with pytest.raises(error, match=message):
        world(**changes)


def test_starts_outside_a_textbook_world_are_refused():
    env = InventoryEnv(several())
    assert env.reset(options={"instance": 1, "on_hand": 4})[1]["on_hand"] == 4.0
    with pytest.raises(DataError, match="instance must lie within 0 and 1; it is 2"):
        env.reset(options={"instance": 2})
