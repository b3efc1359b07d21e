import numpy as np
import pytest

from allocast.agents.worlds.actions import fractile, fractile_action, interval_quantiles, order_up_to_level
from allocast.agents.worlds.episodes import begin, observe_episodes, step
from allocast.agents.worlds.observation import coming_demand, observe, observe_situation, season_of
from allocast.agents.worlds.observation_names import OBSERVATION_HIGH, OBSERVATION_LOW, OBSERVATION_NAMES
from allocast.agents.worlds.starts import Starts
from allocast.agents.worlds.supplier_terms import stake_per_unit
from allocast.demand.calendar import Frequency
from allocast.inventory.costs import Costs
from allocast.inventory.position import StockPosition


def observed(scale=1.0, **changed):
    units = {
        "net_stock": np.array([8.0]),
        "arriving": np.array([[1.0, 2.0, 3.0, 4.0]]),
        "coming": np.array([[1.0, 3.0, 5.0]]),
        "mean": np.array([4.0]),
        "quantiles": np.array([[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]]),
    }
    units = {name: scale * value for name, value in (units | changed).items()}
    suppliers = np.array([[[2.0 * scale, 1.0 * scale, 0.7, 1.1, 0.8, 1.0, 0.0]]])
    ratios = {"critical_ratio": np.array([0.8]), "season": np.zeros((1, 2)), "price": np.zeros(1)}
    return observe(**units, **ratios, suppliers=suppliers)


def column(observation, name):
    return observation[:, OBSERVATION_NAMES.index(name)]


def test_each_number_of_an_observation_has_a_name():
    assert observed().shape == (1, len(OBSERVATION_NAMES))
    assert len(set(OBSERVATION_NAMES)) == len(OBSERVATION_NAMES)


def test_units_are_seen_in_expected_demand_over_the_protection_interval():
    assert column(observed(), "net_stock") == 2.0
    assert column(observed(), "arriving_within_2") == 0.5
    assert column(observed(), "on_order") == 1.0
    assert column(observed(), "demand_within_2") == 0.75
    assert column(observed(), "demand_q99") == 1.75


def test_demand_of_the_coming_periods_is_added_up_as_far_as_the_paths_go():
    demand = np.array([[[1.0, 2.0, 4.0, 8.0], [3.0, 2.0, 0.0, 0.0]]])
    np.testing.assert_array_equal(coming_demand(demand), [[2.0, 4.0, 6.0]])
    np.testing.assert_array_equal(coming_demand(demand[:, :, :2]), [[2.0, 4.0, 4.0]])


def test_a_series_a_thousand_times_larger_looks_the_same():
    np.testing.assert_allclose(observed(), observed(scale=1000.0))


def test_a_series_that_never_sells_stays_within_bounds():
    nothing = {"coming": np.zeros((1, 3)), "mean": np.zeros(1), "quantiles": np.zeros((1, 7))}
    dead = observed(**nothing)
    assert np.isfinite(dead).all()
    assert ((dead >= OBSERVATION_LOW) & (dead <= OBSERVATION_HIGH)).all()


def test_the_range_of_the_action_reaches_from_no_stock_to_above_the_top_quantile():
    quantiles = interval_quantiles(np.arange(1.0, 100.0)[None, :])
    levels = [order_up_to_level(np.array([a]), quantiles).item() for a in np.linspace(-1, 1, 41)]
    assert levels[0] == 0.0
    assert levels[-1] == 148.0  # 1.5 × 99, to the even
    assert (np.diff(levels) >= 0).all()
    assert levels == np.rint(levels).tolist()


def test_actions_beyond_the_range_are_read_as_its_ends():
    quantiles = interval_quantiles(np.arange(1.0, 100.0)[None, :])
    for far, end in ((-7.0, -1.0), (7.0, 1.0)):
        assert order_up_to_level(np.array([far]), quantiles) == order_up_to_level(np.array([end]), quantiles)


@pytest.mark.parametrize("level", [0.0, 0.1, 0.33, 0.8, 0.99, 1.0])
def test_a_fractile_becomes_an_action_and_back(level):
    assert fractile(fractile_action(np.array([level]))) == pytest.approx(level)


def test_the_action_of_a_known_quantile_is_that_quantile():
    quantiles = interval_quantiles(np.arange(1.0, 100.0)[None, :])
    assert order_up_to_level(fractile_action(np.array([0.9])), quantiles) == 90.0


def test_where_one_rate_is_free_the_other_is_at_stake():
    costs = Costs.uniform(1, holding_cost=0.0, shortage_cost=3.0)
    assert stake_per_unit(costs) == 3.0
    assert stake_per_unit(Costs.uniform(1, holding_cost=0.0, shortage_cost=0.0)) == 1.0


def test_a_situation_looks_to_the_agent_as_the_same_moment_of_an_episode(make_world, make_situation):
    season = season_of(np.datetime64("2024-01-01") + 7 * np.arange(12), Frequency.WEEKLY)
    known = {"season": season, "promised": np.ones((3, 1), dtype=int)}
    world = make_world(lead_times=(2,), pack=3.0, changes=known)
    rows, on_hand = np.arange(3), np.array([1.0, 9.0, 30.0])
    starts = Starts(series=rows, path=rows, period=0 * rows, on_hand=on_hand, price=np.zeros(3))
    episodes = begin(world, starts)
    for action in (0.3, 0.9):  # two orders on their way
        episodes, _ = step(world, episodes, np.full((3, 1), action))
    stock = episodes.stock
    situation = make_situation(
        world.demand[:, :, 2:],
        StockPosition.from_pipeline(stock.on_hand, stock.pipeline, stock.backordered),
        np.full(3, 2),
        pack=3.0,
    )
    np.testing.assert_allclose(observe_situation(situation), observe_episodes(world, episodes))
