from dataclasses import replace

import numpy as np
import pytest
import torch
from gymnasium.utils.env_checker import check_env
from stable_baselines3.common.env_checker import check_env as check_env_of_sb3

from allocast.agents.environments.environment import InventoryEnv
from allocast.agents.environments.vector_environment import InventoryVecEnv
from allocast.agents.pathwise.dual_sourcing import DualSourcingPaths
from allocast.agents.pathwise.lost_sales import LostSalesPaths
from allocast.agents.pathwise.perishables import PerishablePaths
from allocast.agents.worlds.textbook_instances import dual_sourcing_world, lost_sales_world, perishables_world
from allocast.agents.worlds.textbook_world import TextbookWorld
from allocast.errors import DataError, UnknownNameError
from allocast.numerics.discrete import DiscreteDistribution
from allocast.simulation.dynamics import Rates, Rules, Terms
from allocast.simulation.textbook.demand_laws import rounded_gamma, uniform
from allocast.simulation.textbook.dual_sourcing import DualSourcing
from allocast.simulation.textbook.lost_sales import LostSales
from allocast.simulation.textbook.perishables import Perishable

LOST = LostSales(demand="geometric", mean=5.0, shortage_cost=9.0, lead_time=3)
DUAL = DualSourcing(lead_time=3, expedited_cost=110.0)
PERISHABLE = Perishable(life=2, lead_time=2, issuing="lifo", waste_cost=7.0)


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
        **({"n_periods": 9, "largest": (10.0,)} | changes),
    )


WORLDS = {
    "order": lost_sales(n_periods=9),
    "level": lost_sales(n_periods=9, actions=("level",)),
    "arrives at once": replace(lost_sales(n_periods=9), lead_times=(0,)),
    "dual sourcing": dual_sourcing(),
    "dual levels": dual_sourcing(actions=("level", "level")),
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
    env = InventoryEnv(replace(lost_sales(), demand=three, largest=(3.0,)))
    first, _ = env.reset(options={"on_hand": 6})
    np.testing.assert_allclose(
        first, [0.0, -1.0]
    )  # 6 - 2 × 3 and 0 - 3 units, where the deviation is taken as 3
    seen, infos = zip(*((step[0], step[4]) for step in (env.step([1.0]) for _ in range(3))), strict=True)
    np.testing.assert_allclose(seen, [[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    assert [info["order_units"] for info in infos] == [3.0, 3.0, 3.0]
    assert [info["arrived"] for info in infos] == [0.0, 0.0, 3.0]
    assert [info["sold"] for info in infos] == [3.0, 3.0, 3.0]


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
    tested = dual_sourcing(actions=("level", "level"))
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
    together = (np.array([17, 14, 2]) - tested.mean_demand * np.array([3, 2, 1])) / np.sqrt([3, 2, 1])
    np.testing.assert_allclose(seen, np.tile(together / tested.deviation, (3, 1)), rtol=1e-6)


def test_a_raw_order_means_a_share_of_the_largest_that_can_be_optimal():
    tested = lost_sales(lead_time=1)
    state = tested.begin(3, np.random.default_rng(1), {"on_hand": 0})
    orders = tested.order_units(state, np.array([[-1.0], [0.0], [1.0]]))
    np.testing.assert_array_equal(orders[:, 0], [0.0, 4.0, 7.0])


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"actions": ("levle",)}, UnknownNameError, "unknown action 'levle'; valid are level, order"),
        ({"n_periods": 0}, DataError, "n_periods must be >= 1; it is 0"),
        ({"lead_times": (-1,)}, DataError, "lead times must be >= 0"),
        ({"lead_times": (0, 2)}, DataError, "must be one a supplier, of 1"),
        ({"largest": (1.0, 2.0)}, DataError, "must be one a supplier, of 1"),
        ({"actions": ("order", "order")}, DataError, "must be one a supplier, of 1"),
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


@pytest.mark.parametrize(
    ("world", "twin"),
    [
        (lost_sales_world(LOST), LostSalesPaths(LOST, orders="whole")),
        (dual_sourcing_world(DUAL), DualSourcingPaths(DUAL, orders="whole")),
        (perishables_world(PERISHABLE), PerishablePaths(PERISHABLE, orders="whole")),
    ],
)
def test_a_world_and_its_differentiable_form_are_one_system(world, twin):
    rng = np.random.default_rng(1)
    state = world.begin(100, rng, {"on_hand": 4})
    mirrored = torch.zeros(100, len(world.observation_low))
    youngest = (world.rules.shelf_life or 1) - 1
    mirrored[:, youngest] = 4.0
    if not isinstance(twin, PerishablePaths):
        mirrored = mirrored.flip(1).cumsum(1).flip(1)
    for _ in range(12):
        np.testing.assert_allclose(twin.observe(mirrored), world.observe(state), atol=1e-5)
        action = rng.uniform(-1.1, 1.1, (100, world.action_size)).astype(np.float32)
        state, outcome = world.step(state, action)
        demand = torch.tensor(outcome.flows.sold + outcome.flows.missed)[:, None].float()
        if world.rules.owes:
            demand = torch.tensor(world._draws.at(state.key, state.period - 1))[:, None].float()
        mirrored, _ = twin.step(mirrored, torch.tensor(action), demand)


def test_a_world_gives_its_differentiable_form_unless_actions_mean_something_else():
    assert isinstance(lost_sales_world(LOST).differentiable(), LostSalesPaths)
    assert isinstance(dual_sourcing_world(DUAL).differentiable(), DualSourcingPaths)
    assert isinstance(perishables_world(PERISHABLE).differentiable(), PerishablePaths)
    with pytest.raises(DataError, match="no form in torch"):
        lost_sales_world(LOST, actions=("level",)).differentiable()
