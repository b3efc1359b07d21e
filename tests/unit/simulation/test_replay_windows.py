import numpy as np
import pandas as pd
import pytest

from allocast.errors import DataError, SettingsError, UnknownNameError
from allocast.inventory.costs import Costs
from allocast.simulation.asked_for import asked_for
from allocast.simulation.windows import (
    WindowSettings,
    choose_policy,
    compare,
    past_windows,
    starting_stock,
    window_world,
)
from allocast.supply.lead_time import LeadTimeDistribution

SHAPE = WindowSettings(periods=3, decisions=2, scored_from=1)


def world_of(panel, start, make_replay_world, lead_time=None, settings=SHAPE, seed=0, share=None):
    lead_time = lead_time or LeadTimeDistribution.certain(np.full(panel.n_series, 7.0), period_days=7)
    return window_world(
        panel,
        np.datetime64(start),
        settings,
        lead_time=lead_time,
        costs=Costs.uniform(panel.n_series, holding_cost=1.0, shortage_cost=1.0),
        sourcing=make_replay_world(np.zeros((panel.n_series, 1))).sourcing,
        rng=np.random.default_rng(seed),
        share=share,
    )


def test_windows_lie_side_by_side_and_the_last_ends_with_the_panel(make_replay_panel) -> None:
    panel = make_replay_panel(np.ones((1, 10)))  # weeks from 1 January 2024
    starts = past_windows(panel, SHAPE, 3)
    assert starts.astype(str).tolist() == ["2024-01-08", "2024-01-29", "2024-02-19"]
    assert starts[-1] + 2 * 7 == panel.as_of


def test_a_panel_without_a_period_before_the_first_window_is_refused(make_replay_panel) -> None:
    assert len(past_windows(make_replay_panel(np.ones((1, 7))), SHAPE, 2)) == 2
    with pytest.raises(
        DataError, match=r"2 windows of 3 periods need more than 6 periods of history; there are 6"
    ):
        past_windows(make_replay_panel(np.ones((1, 6))), SHAPE, 2)


def test_the_scored_periods_are_those_an_order_can_change() -> None:
    assert np.arange(8)[WindowSettings().scored].tolist() == [2, 3, 4, 5, 6, 7]


def test_the_starting_stock_is_two_periods_on_hand_and_one_for_each_period_of_the_lead_time(
    make_replay_panel,
) -> None:
    known = make_replay_panel(np.repeat([[4.0], [9.0], [2.0]], 6, axis=1))
    stock = starting_stock(known, np.array([2, 0, 1]), longest=3)
    np.testing.assert_array_equal(stock.on_hand, [8, 18, 4])
    np.testing.assert_array_equal(stock.pipeline, [[4, 4, 0, 0], [0, 0, 0, 0], [2, 0, 0, 0]])
    np.testing.assert_array_equal(stock.backordered, [0, 0, 0])


def test_each_periods_forecast_is_rounded_before_two_are_added(make_replay_panel) -> None:
    stock = starting_stock(make_replay_panel([[1.4] * 5, [2.5] * 5]), np.array([1, 1]), longest=1)
    np.testing.assert_array_equal(stock.on_hand, [2, 4])  # 1 + 1, not 2.8; 2 + 2, halves to even
    np.testing.assert_array_equal(stock.pipeline[:, 0], [1, 2])


def test_a_window_knows_what_was_before_it_and_meets_what_was_sold_in_it(
    make_replay_panel, make_replay_world
) -> None:
    panel = make_replay_panel([np.arange(10.0)])
    world = world_of(panel, "2024-01-29", make_replay_world)
    np.testing.assert_array_equal(world.known.units, [[0, 1, 2, 3]])
    np.testing.assert_array_equal(world.demand, [[4, 5, 6]])
    assert (world.n_decisions, world.lead_time.tolist()) == (2, [[1, 1, 1]])


def test_a_windows_beginning_does_not_depend_on_what_is_sold_in_it(
    make_replay_panel, make_replay_world
) -> None:
    units = np.random.default_rng(0).poisson(6, (3, 10)).astype(float)
    altered = np.hstack([units[:, :5], units[:, 5:] + 50])
    one, other = (world_of(make_replay_panel(u), "2024-02-05", make_replay_world) for u in (units, altered))
    np.testing.assert_array_equal(one.stock.on_hand, other.stock.on_hand)
    np.testing.assert_array_equal(one.stock.pipeline, other.stock.pipeline)
    np.testing.assert_array_equal(one.known.units, other.known.units)


def test_a_period_that_nobody_knows_has_no_demand_in_a_window(make_replay_panel, make_replay_world) -> None:
    panel = make_replay_panel([[3, 3, 3, 3, np.nan, 5, 6]])
    np.testing.assert_array_equal(world_of(panel, "2024-01-29", make_replay_world).demand, [[0, 5, 6]])


def test_a_period_without_stock_has_its_usual_demand_which_is_not_shown_as_demand(
    make_replay_panel, make_replay_world
) -> None:
    units = [[3, 3, 3, 9, 1, 8, 2]]
    panel = make_replay_panel(units, [[True, True, True, True, False, False, True]])
    world = world_of(panel, "2024-01-29", make_replay_world)
    np.testing.assert_array_equal(world.demand, [[4, 8, 2]])  # the mean of 3, 3, 3, 9; sold 8; observed
    shown, seen = zip(*(world.revealed(period) for period in range(3)), strict=True)
    np.testing.assert_array_equal(np.hstack(shown), [[1, 8, 2]])
    np.testing.assert_array_equal(np.hstack(seen), [[False, False, True]])


def test_a_contest_may_count_what_was_sold_as_the_demand(make_replay_panel, make_replay_world) -> None:
    panel = make_replay_panel([[3, 3, 3, 9, 1, 8, 2]], [[True] * 4 + [False, False, True]])
    settings = WindowSettings(periods=3, decisions=2, scored_from=1, censored="as_sold")
    world = world_of(panel, "2024-01-29", make_replay_world, settings=settings)
    np.testing.assert_array_equal(world.demand, [[1, 8, 2]])
    assert np.hstack([world.revealed(period)[1] for period in range(3)]).all()


def test_another_way_to_count_periods_without_stock_is_refused() -> None:
    assert WindowSettings(censored="estimated").censored == "estimated"
    with pytest.raises(UnknownNameError, match="'left_out'; valid are estimated, as_sold"):
        WindowSettings(censored="left_out")  # type: ignore[arg-type]


def test_the_usual_demand_is_of_the_thirteen_periods_before_that_were_observed(make_replay_panel) -> None:
    units = np.array([[100.0] * 4 + [7.0] * 6 + [50.0] * 4 + [2.5] * 3 + [1.0]])
    seen = np.ones(units.shape, dtype=bool)
    seen[:, 10:14], seen[:, -1] = False, False
    found = asked_for(make_replay_panel(units, seen), 17, 1, "estimated")
    assert found.item() == pytest.approx((6 * 7.0 + 3 * 2.5) / 9)
    nothing = asked_for(make_replay_panel([[2.0, 3.0]], [[False, False]]), 0, 2, "estimated")
    np.testing.assert_array_equal(nothing, [[2, 3]])


def test_what_would_have_been_delivered_is_drawn_as_it_is_believed(
    make_replay_panel, make_replay_world
) -> None:
    class Half:
        def at(self, lines, uniforms, received):
            assert len(lines) == len(uniforms) == len(received)
            return np.where(uniforms < 0.5, 0.5, 1.0)

    panel = make_replay_panel(np.full((40, 8), 2.0))
    share = world_of(panel, "2024-02-05", make_replay_world, share=Half()).delivered_share
    assert share.shape == (40, 3)
    assert 0.35 < (share == 0.5).mean() < 0.65
    assert world_of(panel, "2024-02-05", make_replay_world).delivered_share is None


def test_lead_times_that_nobody_saw_are_drawn_and_the_pipeline_has_room_for_them(
    make_replay_panel, make_replay_world
) -> None:
    survival = np.tile([1.0, 0.5, 0.5, 0.5], (40, 1))  # one period or four
    lead_time = LeadTimeDistribution.from_survival(survival, period_days=7)
    panel = make_replay_panel(np.full((40, 8), 2.0))
    world = world_of(panel, "2024-02-05", make_replay_world, lead_time)
    assert set(np.unique(world.lead_time)) == {1, 4}
    assert world.stock.pipeline.shape == (40, 5)
    again = world_of(panel, "2024-02-05", make_replay_world, lead_time)
    np.testing.assert_array_equal(world.lead_time, again.lead_time)


@pytest.mark.parametrize("start", ["2024-01-01", "2023-12-25", "2024-02-12"])
def test_a_window_that_does_not_lie_in_the_panel_after_its_first_period_is_refused(
    make_replay_panel, make_replay_world, start: str
) -> None:
    """Seven weeks from 1 January: windows of three may begin from 8 January to 29 January."""
    panel = make_replay_panel(np.ones((1, 7)))
    assert world_of(panel, "2024-01-08", make_replay_world).known.units.shape == (1, 1)
    assert world_of(panel, "2024-01-29", make_replay_world).demand.shape == (1, 3)
    with pytest.raises(DataError, match="begin after 2024-01-01 and end by 2024-02-12"):
        world_of(panel, start, make_replay_world)


def test_a_comparison_has_one_row_a_policy_over_the_scored_periods(make_replay_world, spy, run) -> None:
    results = run(make_replay_world([[4, 6, 3]], on_hand=20.0), spy([[0, 0, 0]]), spy([[9, 0, 0]]))
    table = compare(results, np.datetime64("2024-01-22"), SHAPE)
    assert table["window"].tolist() == [pd.Timestamp("2024-01-22")] * 2
    assert table["cost"].tolist() == [10 + 7, 19 + 16]
    assert table["ordered"].tolist() == [0, 0]
    assert set(table.columns) >= {"policy", "fill_rate", "average_stock"}


def test_the_policy_that_cost_least_over_all_windows_is_chosen() -> None:
    table = pd.DataFrame({"policy": ["a", "b", "c"] * 2, "cost": [1.0, 5, 4, 9, 4, 4]})
    assert choose_policy(table) == "c"


def test_equal_costs_choose_the_policy_named_first() -> None:
    table = pd.DataFrame({"policy": ["z", "b"] * 2, "cost": [1.0, 2, 3, 2]})
    assert choose_policy(table) == "z"


@pytest.mark.parametrize("wrong", [{"decisions": 9}, {"scored_from": 8}])
def test_a_window_must_hold_its_decisions_and_what_is_scored(wrong):
    with pytest.raises(SettingsError, match="decisions must be <= periods and scored_from < periods"):
        WindowSettings(**{"periods": 8, "decisions": 6, "scored_from": 2} | wrong)
