"""The world that an agent of a job learns in, drawn from its models."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from allocast.agents.agent_settings import OnPolicySettings
from allocast.demand.calendar import Frequency, next_periods
from allocast.demand.panel import DemandPanel
from allocast.forecast.demand_forecast import DemandForecast
from allocast.inventory.costs import Costs
from allocast.supply.lead_time import LeadTimeDistribution
from allocast.supply.sourcing import Sourcing
from allocast.workflows.agent_training import _paths, _world


class Halves:
    """Half of each order, or all of it, with equal chances."""

    def at(self, lines, uniforms, received):
        assert len(lines) == len(uniforms) == len(received)
        return np.where(uniforms < 0.5, 0.5, 1.0)


@pytest.fixture
def panel() -> DemandPanel:
    return DemandPanel(
        series=pd.DataFrame({"item_id": ["a", "b"], "location_id": "here"}),
        periods=np.datetime64("2024-01-01") + 7 * np.arange(3),
        frequency=Frequency.WEEKLY,
        units=np.ones((2, 3)),
        observed=np.ones((2, 3), dtype=bool),
    )


class Flat:
    """Forecasts of 4 to 6 units in each of six weeks."""

    def forecasts(self, panel, origins):
        each = np.tile(np.array([4.0, 6.0])[None, :, None], (2, 1, 6))
        return [
            DemandForecast(
                series=panel.series,
                as_of=panel.as_of,
                periods=next_periods(panel.as_of, 6, panel.frequency),
                levels=np.array([0.25, 0.75]),
                period_units=each,
                total_units=np.cumsum(each, axis=2),
                mean=np.full((2, 6), 5.0),
            )
            for _ in origins
        ]


@pytest.fixture
def job():
    text, ones = np.array(["a", "b"], dtype=object), np.ones(2)
    line = Sourcing(
        item_id=text, location_id=np.full(2, "here", dtype=object), supplier_id=text, unit_cost=ones,
        order_cost=0 * ones, minimum_order_units=0 * ones, pack_units=ones, lead_time_days=14 * ones,
        capacity_units=np.inf * ones,
    )  # fmt: skip
    costs = Costs.uniform(2, holding_cost=1.0, shortage_cost=4.0)
    shape, demand = SimpleNamespace(censored="estimated"), SimpleNamespace(horizon=6)
    settings = SimpleNamespace(seed=1, paths=20, demand=demand, backtest=SimpleNamespace(shape=shape))
    return SimpleNamespace(settings=settings, costs=costs, lines=line, able=np.arange(2))


def world_of(job, panel, share=None, **settings):
    lead_time = LeadTimeDistribution.certain(np.full(2, 14.0), period_days=7)
    chosen = OnPolicySettings(**settings)
    return _world(job, panel, _paths(job, panel, Flat(), chosen), lead_time, share, chosen)


def test_an_agent_learns_with_the_shares_that_suppliers_deliver(job, panel) -> None:
    world = world_of(job, panel, Halves())
    assert world.delivered_share.shape == world.lead_time.shape == (2, 20, 24, 1)
    np.testing.assert_allclose(world.expected_share, 0.75)
    assert (world.lead_time == 2).all()
    assert 4.0 <= world.mean_demand.min() <= world.mean_demand.max() <= 6.0


def test_by_contract_all_is_delivered_and_money_may_have_a_price(job, panel) -> None:
    world = world_of(job, panel, highest_price=1.5)
    assert world.delivered_share is None
    assert world.draw_starts(50, np.random.default_rng(1)).price.max() > 0.5


def test_futures_may_be_put_together_from_blocks_of_history(job, panel) -> None:
    units = np.stack([10.0 + np.arange(12), 100.0 * (10 + np.arange(12))])
    seen = np.ones(units.shape, dtype=bool)
    seen[0, -1] = False  # sold 21 where 15 is usual: kept
    long = replace(panel, units=units, observed=seen, periods=np.datetime64("2024-01-01") + 7 * np.arange(12))
    demand = world_of(job, long, scenarios="history").demand
    assert demand.shape == (2, 20, 24)
    np.testing.assert_array_equal(demand[1], 100 * demand[0])  # the same blocks for all series
    np.testing.assert_array_equal(np.diff(demand[0], axis=1)[:, [0, 1, 2, 4, 5, 6]], 1.0)
    assert set(np.unique(demand[0])) == set(10.0 + np.arange(12))
