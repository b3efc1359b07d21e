"""The VN2 organiser's rule, replayed to the letter: the costs that were published for six windows of the past."""

import os
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from allocast.adapters.assemble import demand_panel, sourcing_lines
from allocast.adapters.datasets.vn2 import read_vn2
from allocast.demand.calendar import Frequency, iso_week, next_periods
from allocast.demand.panel import DemandPanel
from allocast.forecast.baselines import SeasonalMovingAverage
from allocast.forecast.demand_forecast import DemandForecast
from allocast.inventory.costs import Costs
from allocast.inventory.policies import MovingAverageCover
from allocast.planning.situate import preferred_lines
from allocast.simulation.replay import ReplayResult, World, replay
from allocast.simulation.windows import WindowSettings, past_windows, window_world
from allocast.supply.lead_time import LeadTimeDistribution
from allocast.supply.sourcing import Sourcing

VN2 = Path(os.environ.get("ALLOCAST_DATA", "../shared/data")) / "vn2"
pytestmark = pytest.mark.skipif(not VN2.is_dir(), reason="the VN2 files are not under ALLOCAST_DATA")

SHAPE = WindowSettings(periods=8, decisions=6, scored_from=2, censored="as_sold")  # as the contest counts
COSTS = {  # of weeks 3-8, and of weeks 1-2
    "2024-02-19": (4014.0, 1678.4),
    "2023-12-25": (4678.4, 2186.0),
    "2023-10-30": (8989.4, 3082.8),
    "2023-09-04": (4872.6, 1883.6),
    "2023-07-10": (4426.6, 1759.6),
    "2023-05-15": (4315.2, 1519.6),
}
TOGETHER = 31296.2


@pytest.fixture(scope="module")
def panel_and_sourcing() -> tuple[DemandPanel, Sourcing]:
    tables = read_vn2(VN2, as_of=date(2024, 4, 8))
    panel = demand_panel(tables, as_of=np.datetime64("2024-04-08"), frequency=Frequency.WEEKLY)
    sourcing = sourcing_lines(tables)
    return panel, sourcing.take(preferred_lines(panel.series, sourcing))


def nothing_is_forecast(panel: DemandPanel) -> DemandForecast:
    """The organiser's rule looks at the panel only: no model is needed, just its shape."""
    n, horizon = panel.n_series, 3
    return DemandForecast(
        series=panel.series,
        as_of=panel.as_of,
        periods=next_periods(panel.as_of, horizon, panel.frequency),
        levels=np.array([0.25, 0.75]),
        period_units=np.zeros((n, 2, horizon)),
        total_units=np.zeros((n, 2, horizon)),
        mean=np.zeros((n, horizon)),
    )


@pytest.fixture(scope="module")
def replayed(panel_and_sourcing) -> dict[str, tuple[World, ReplayResult]]:
    panel, sourcing = panel_and_sourcing
    lead_time = LeadTimeDistribution.certain(sourcing.lead_time_days, period_days=7)
    costs = Costs.uniform(panel.n_series, holding_cost=0.2, shortage_cost=1.0)
    runs = {}
    for start in COSTS:
        rng = np.random.default_rng(1)
        world = window_world(
            panel, np.datetime64(start), SHAPE, lead_time=lead_time, costs=costs, sourcing=sourcing, rng=rng
        )
        policy = MovingAverageCover(window=13, cover_periods=4)
        results = replay(
            world, [policy], forecast=nothing_is_forecast, lead_time=lead_time, n_paths=1, rng=rng
        )
        runs[start] = (world, results[0])
    return runs


def test_the_windows_are_the_last_six_of_the_history(panel_and_sourcing) -> None:
    starts = past_windows(panel_and_sourcing[0], SHAPE, 6)
    assert [str(start) for start in starts] == sorted(COSTS)


@pytest.mark.parametrize("start", COSTS)
def test_the_organisers_costs_come_out_exactly(replayed, start: str) -> None:
    result = replayed[start][1]
    scored, before = COSTS[start]
    assert round(result.summary(SHAPE.scored)["cost"], 6) == scored
    assert round(result.summary(slice(0, 2))["cost"], 6) == before


def test_the_six_windows_together_cost_what_was_published(replayed) -> None:
    total = sum(result.summary(SHAPE.scored)["cost"] for _, result in replayed.values())
    assert round(total, 6) == TOGETHER


def test_six_orders_are_placed_and_none_in_the_last_two_weeks(replayed) -> None:
    for _, result in replayed.values():
        assert (result.ordered[:, :6].sum(axis=0) > 0).all()
        assert (result.ordered[:, 6:] == 0).all()


def test_every_window_begins_from_the_first_four_weeks_of_the_forecast(replayed) -> None:
    for world, _ in replayed.values():
        forecast = np.rint(SeasonalMovingAverage(window=13).mean(world.known, 4))
        np.testing.assert_array_equal(world.stock.on_hand, forecast[:, 0] + forecast[:, 1])
        np.testing.assert_array_equal(world.stock.pipeline, np.pad(forecast[:, 2:], ((0, 0), (0, 1))))


def published_order(
    known: np.ndarray, weeks: np.ndarray, coming: np.ndarray, position: float, row: int
) -> float:
    """One series' order in the words of the rule: no arrays over series, no reuse of the package's forecast."""
    means = {w: [np.nanmean(known[:, c]) for c in np.flatnonzero(weeks == w)] for w in set(weeks)}
    raw = {w: np.mean(values) for w, values in means.items()}
    overall = np.mean(list(raw.values()))
    factor = {w: value / overall for w, value in raw.items()}
    seen = [
        known[row, c] / factor[weeks[c]]
        for c in range(len(weeks) - 13, len(weeks))
        if not np.isnan(known[row, c])
    ]
    level = np.mean(seen) if seen else 0.0
    cover = sum(level * factor.get(week, 1.0) for week in coming)
    return float(round(max(0.0, cover - position)))


def test_orders_are_the_rule_written_out_series_by_series(replayed) -> None:
    world, result = replayed["2023-10-30"]
    weeks = iso_week(world.known.periods)
    coming = iso_week(next_periods(world.known.as_of, 4, Frequency.WEEKLY))
    for row in range(0, world.known.n_series, 40):
        expected = published_order(world.known.demand, weeks, coming, world.stock.position[row], row)
        assert result.ordered[row, 0] == expected
