import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from stable_baselines3.common.env_checker import check_env as check_env_of_sb3

from allocast.agents.environments.environment import InventoryEnv
from allocast.agents.environments.portfolio_environment import PortfolioEnv
from allocast.agents.environments.registration import small_portfolio
from allocast.errors import DataError


def test_a_portfolio_passes_both_checkers(dual_world):
    for env in (PortfolioEnv(small_portfolio(), budget=300.0), PortfolioEnv(dual_world)):
        check_env(env, skip_render_check=True)
        check_env_of_sb3(env)


def test_without_a_budget_every_series_goes_its_own_way(dual_world):
    env = PortfolioEnv(dual_world)
    whole, _ = env.reset(seed=1, options={"path": 4, "period": 0})
    on_hand = env._state.stock.on_hand
    singles = [InventoryEnv(dual_world) for _ in range(3)]
    start = {"path": 4, "period": 0, "price": 0}
    for row, single in enumerate(singles):
        seen, _ = single.reset(options=start | {"series": row, "on_hand": on_hand[row]})
        np.testing.assert_array_equal(seen, whole.reshape(3, -1)[row])
    actions = np.random.default_rng(1).uniform(-1, 1, (3, 3)).astype(np.float32)
    whole, reward, _, _, _ = env.step(actions.ravel())
    steps = [single.step(action) for single, action in zip(singles, actions, strict=True)]
    np.testing.assert_array_equal(whole.reshape(3, -1), [step[0] for step in steps])
    scale = dual_world.cost_scale
    assert reward == pytest.approx(sum(s[1] * w for s, w in zip(steps, scale, strict=True)) / scale.sum())


@pytest.mark.parametrize("budget", [0.0, 40.0, 300.0])
def test_no_more_is_spent_than_there_is_and_hardly_less_than_could_be(dual_world, budget):
    for world in (small_portfolio(), dual_world):
        env = PortfolioEnv(world, budget=budget)
        env.reset(seed=3)
        spent = [env.step(np.full(env.action_space.shape, 0.6))[4]["spent"] for _ in range(3)]
        assert max(spent) <= budget + 1e-9
        assert spent[0] >= budget - world.unit_cost.max() * 9 or budget == 300.0


@pytest.mark.parametrize("room", [0.0, 60.0, 300.0])
def test_no_more_is_there_and_coming_than_there_is_room_for(dual_world, room):
    for world in (small_portfolio(), dual_world):
        env = PortfolioEnv(world, room=room)
        env.reset(seed=3)
        at_first = env._state.stock.on_hand.sum()
        for _ in range(4):
            env.step(np.full(env.action_space.shape, 0.6))
            there = env._state.stock.on_hand.sum() + env._state.stock.pipeline.sum()
            assert there <= max(room, at_first)
        assert there > 0 or room == 0.0


def test_what_room_leaves_below_a_minimum_order_is_not_ordered(make_world):
    world = make_world(minimum_order=12.0, pack=4.0)
    env = PortfolioEnv(world, room=100.0)
    for seed in range(5):
        env.reset(seed=seed)
        ordered = np.array(env.step(np.full(env.action_space.shape, 1.0))[4]["order_units"])
        assert ((ordered == 0) | (ordered >= 12)).all()
        assert (ordered % 4 == 0).all()


@pytest.mark.parametrize("limit", ["budget", "room"])
def test_a_limit_below_zero_is_refused(dual_world, limit):
    with pytest.raises(DataError, match=f"{limit} must be >= 0; it is -1"):
        PortfolioEnv(dual_world, **{limit: -1.0})
