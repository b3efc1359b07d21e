from dataclasses import replace

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from stable_baselines3.common.env_checker import check_env as check_env_of_sb3

from allocast.agents.environment import InventoryEnv
from allocast.agents.textbook_instances import lost_sales_world
from allocast.agents.textbook_world import TextbookWorld
from allocast.agents.vector_environment import InventoryVecEnv
from allocast.errors import DataError, UnknownNameError
from allocast.numerics.discrete import DiscreteDistribution
from allocast.simulation.dynamics import Rates, Rules, Terms
from allocast.simulation.textbook.demand_laws import poisson, rounded_gamma, uniform
from allocast.simulation.textbook.lost_sales import LostSales


def lost_sales(lead_time=2, **changes):
    instance = LostSales(demand="poisson", mean=5.0, shortage_cost=4.0, lead_time=lead_time)
    return lost_sales_world(instance, **changes)


def dual_sourcing(**changes):
    return TextbookWorld(
        rules=Rules(suppliers=2, waiting_share=1.0),
        demand=uniform(4),
        rates=Rates(holding_cost=5.0, shortage_cost=495.0),
        terms=Terms(unit_cost=[105.0, 100.0]),
        **({"n_periods": 9, "lead_times": (0, 3)} | changes),
    )


def perishables(**changes):
    return TextbookWorld(
        rules=Rules(shelf_life=2, issuing="lifo"),
        demand=rounded_gamma(4.0, 0.5),
        lead_times=(2,),
        rates=Rates(holding_cost=1.0, shortage_cost=5.0, waste_cost=7.0),
        terms=Terms(unit_cost=3.0),
        **({"n_periods": 9, "largest_orders": (10.0,)} | changes),
    )


WORLDS = {
    "order": lost_sales(n_periods=9),
    "level": lost_sales(n_periods=9, action="level"),
    "arrives at once": replace(lost_sales(n_periods=9), lead_times=(0,)),
    "dual sourcing": dual_sourcing(),
    "dual levels": dual_sourcing(action="level"),
    "perishables": perishables(),
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
    for _ in range(10):
        actions = rng.uniform(-1, 1, (5, vector.action_space.shape[0])).astype(np.float32)
        observations, rewards, dones, infos = vector.step(actions)
        for row in sorted(running):
            observation, reward, _, truncated, _ = singles[row].step(actions[row])
            last = infos[row]["terminal_observation"] if dones[row] else observations[row]
            assert (np.float32(reward), truncated) == (rewards[row], dones[row])
            np.testing.assert_array_equal(observation, last)
        running -= set(np.flatnonzero(dones))
    assert not running


def test_an_order_is_seen_on_its_way_and_serves_in_its_time():
    three = DiscreteDistribution(probability=np.array([[0.0, 0.0, 0.0, 1.0]]))
    env = InventoryEnv(replace(lost_sales(), demand=three))
    first, _ = env.reset(options={"on_hand": 6})
    np.testing.assert_allclose(first, [2.0, 0.0])
    seen, infos = zip(*((step[0], step[4]) for step in (env.step([1.0]) for _ in range(3))), strict=True)
    np.testing.assert_allclose(seen, [[1.0, 1.0], [1.0, 1.0], [1.0, 1.0]])
    assert [info["order_units"] for info in infos] == [3.0, 3.0, 3.0]
    assert [info["arrived"] for info in infos] == [0.0, 0.0, 3.0]
    assert [info["sold"] for info in infos] == [3.0, 3.0, 3.0]


def test_orders_stay_within_zipkins_bounds():
    most, tested = np.array([7, 13, 18, 24, 29]), lost_sales(lead_time=4)
    state = tested.begin(300, np.random.default_rng(1), {"on_hand": 0})
    for _ in range(20):
        state, outcome = tested.step(state, np.ones((300, 1)))
        youngest = np.cumsum(state.stock.pipeline[:, 3::-1], axis=1)
        assert (youngest <= most[:4]).all()
        assert (outcome.placed.ordered == np.rint(outcome.placed.ordered)).all()
    assert outcome.placed.ordered.max() > 5


def test_one_key_meets_one_demand_whatever_is_ordered():
    env = InventoryEnv(lost_sales())
    demands = []
    for action in (-1.0, 1.0):
        env.reset(options={"key": 12345, "period": 3})
        infos = [env.step([action])[4] for _ in range(10)]
        demands.append([info["sold"] + info["missed"] for info in infos])
    assert demands[0] == demands[1]
    assert len(set(demands[0])) > 3


def test_levels_of_two_suppliers_are_those_of_what_will_be_there_when_each_delivers():
    tested = dual_sourcing(action="level")
    state = tested.begin(1, np.random.default_rng(1), {"on_hand": 1})
    top_fast, top_slow = 4.0, 14.0  # newsvendor's quantiles at .99 of demand in one and in four periods
    orders = tested.order_units(state, 2 * np.array([[3 / top_fast, 9 / top_slow]]) - 1)
    np.testing.assert_array_equal(orders, [[2.0, 6.0]])
    state, _ = tested.step(state, 2 * np.array([[3 / top_fast, 9 / top_slow]]) - 1)
    after = tested.order_units(state, 2 * np.array([[3 / top_fast, 9 / top_slow]]) - 1)
    left = state.stock.on_hand[0] - state.stock.backordered[0]
    np.testing.assert_array_equal(after, [[max(3 - left, 0), 9 - max(3, left) - 6]])


def test_where_all_demand_is_served_in_the_end_only_the_premium_is_rewarded():
    tested = dual_sourcing()
    state = tested.begin(50, np.random.default_rng(1))
    _, outcome = tested.step(state, np.random.default_rng(2).uniform(-1, 1, (50, 2)))
    ordered, flows = outcome.placed.ordered, outcome.flows
    np.testing.assert_allclose(outcome.placed.purchase_cost, ordered @ [105.0, 100.0])
    np.testing.assert_allclose(-outcome.reward * tested.cost_scale, flows.cost + 5.0 * ordered[:, 0])


def test_the_life_left_in_stock_is_seen():
    tested = perishables()
    state = tested.begin(3, np.random.default_rng(1), {"on_hand": 8})
    stock = replace(
        state.stock, on_hand=np.tile([3.0, 8.0], (3, 1)), pipeline=np.tile([4.0, 2.0, 0.0], (3, 1))
    )
    seen = tested.observe(replace(state, stock=stock))
    np.testing.assert_allclose(seen, np.tile([3, 12, 2], (3, 1)) / tested.mean_demand, rtol=1e-6)


def test_a_raw_order_means_a_share_of_the_largest_that_can_be_optimal():
    tested = lost_sales(lead_time=1)
    state = tested.begin(3, np.random.default_rng(1), {"on_hand": 0})
    orders = tested.order_units(state, np.array([[-1.0], [0.0], [1.0]]))
    np.testing.assert_array_equal(orders[:, 0], [0.0, 4.0, 7.0])


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"action": "levle"}, UnknownNameError, "unknown action 'levle'; valid are level, order"),
        ({"n_periods": 0}, DataError, "n_periods must be >= 1; it is 0"),
        ({"lead_times": (-1,)}, DataError, "lead times >= 0"),
        ({"lead_times": (0, 2)}, DataError, "must be one a supplier, of 1"),
        ({"largest_orders": (1.0, 2.0)}, DataError, "must be one a supplier, of 1"),
        ({"rules": Rules(waiting_share=1.0)}, DataError, "only with one supplier and lost sales"),
        ({"demand": uniform(0)}, DataError, "demand must have a mean > 0"),
        ({"rates": Rates(holding_cost=np.ones(2), shortage_cost=1.0)}, DataError, "rates must be numbers"),
    ],
)
def test_a_world_out_of_range_is_refused(changes, error, message):
    with pytest.raises(error, match=message):
        replace(lost_sales(), **changes)


def test_suppliers_from_slow_to_fast_are_refused():
    assert dual_sourcing(lead_times=(1, 1)).longest_lead_time == 1
    with pytest.raises(DataError, match="from the shortest to the longest"):
        dual_sourcing(lead_times=(3, 0))


def test_starts_outside_a_textbook_world_are_refused():
    env = InventoryEnv(lost_sales(n_periods=9))
    assert env.reset(options={"period": 8, "on_hand": 4})[1]["on_hand"] == 4.0
    with pytest.raises(DataError, match="period must lie within 0 and 8; it is 9"):
        env.reset(options={"period": 9})


def test_demand_of_another_law_is_seen_in_its_own_mean():
    tested = replace(lost_sales(), demand=poisson(20.0))
    state = tested.begin(1, np.random.default_rng(1), {"on_hand": 40})
    np.testing.assert_allclose(tested.observe(state), [[2.0, 0.0]])
