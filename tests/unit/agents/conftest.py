"""Builders of small worlds and situations; each test spells out only what it is about."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from allocast.agents.agent import AgentPolicy
from allocast.agents.agent_settings import settings_from
from allocast.agents.policy_network import PolicyNetwork
from allocast.agents.worlds.observation_names import OBSERVATION_HIGH, OBSERVATION_LOW, OBSERVATION_NAMES
from allocast.agents.worlds.training_world import TrainingWorld
from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.inventory.costs import Costs
from allocast.inventory.position import StockPosition
from allocast.inventory.situation import Scenarios, Situation
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.supply.lead_time import LeadTimeDistribution
from allocast.supply.sourcing import Sourcing


def build_sourcing(
    n: int, *, minimum_order: float = 0.0, pack: float = 1.0, unit_cost: float = 1.0, capacity: float = np.inf
) -> Sourcing:
    text, ones = np.full(n, "x", dtype=object), np.ones(n)
    return Sourcing(
        item_id=text,
        location_id=text,
        supplier_id=text,
        unit_cost=unit_cost * ones,
        order_cost=0 * ones,
        minimum_order_units=minimum_order * ones,
        pack_units=pack * ones,
        lead_time_days=7 * ones,
        capacity_units=capacity * ones,
    )


def build_costs(n: int, *, order_cost: float = 0.0) -> Costs:
    return Costs.uniform(n, holding_cost=1.0, shortage_cost=4.0, order_cost=order_cost)


@pytest.fixture
def make_world() -> Callable[..., TrainingWorld]:
    def make(
        demand: FloatArray | None = None,
        lead_times: tuple[int, ...] = (0, 1, 2),
        review_periods: int = 1,
        order_cost: float = 0.0,
        changes: dict[str, Any] | None = None,
        **terms: float,
    ) -> TrainingWorld:
        rng = np.random.default_rng(5)
        if demand is None:
            demand = rng.poisson(np.array([1.0, 4.0, 20.0])[:, None, None], (3, 40, 12)).astype(float)
        given: dict[str, Any] = {
            "demand": demand,
            "lead_time": rng.choice(lead_times, size=demand.shape),
            "costs": build_costs(len(demand), order_cost=order_cost),
            "sourcing": build_sourcing(len(demand), **terms),
            "review_periods": review_periods,
            "under_way": 0.0,
        }
        return TrainingWorld(**(given | (changes or {})))

    return make


@pytest.fixture
def dual_world() -> TrainingWorld:
    """A slow cheap supplier, and a fast dear one that sometimes delivers less; the third series has no fast one."""
    rng = np.random.default_rng(6)
    demand = rng.poisson(np.array([2.0, 5.0, 30.0])[:, None, None], (3, 30, 14)).astype(float)
    fast = replace(build_sourcing(3, unit_cost=1.5, pack=3.0), capacity_units=np.array([np.inf, 9.0, 0.0]))
    lead_time = np.stack([rng.integers(1, 5, demand.shape), rng.integers(0, 2, demand.shape)], axis=3)
    share = np.stack([np.ones(demand.shape), rng.choice([0.5, 1.0], demand.shape)], axis=3)
    return TrainingWorld(
        demand=demand,
        lead_time=lead_time,
        costs=build_costs(3),
        sourcing=(build_sourcing(3), fast),
        delivered_share=share,
        highest_price=0.5,
        under_way=0.0,
    )


@pytest.fixture
def make_situation() -> Callable[..., Situation]:
    def make(demand: FloatArray, position: StockPosition, lead_time: IntArray, **terms: float) -> Situation:
        n = len(demand)
        panel = DemandPanel(
            series=pd.DataFrame({"item_id": [str(i) for i in range(n)], "location_id": "here"}),
            periods=np.array(["2024-01-01", "2024-01-08"], dtype="datetime64[D]"),
            frequency=Frequency.WEEKLY,
            units=np.ones((n, 2)),
            observed=np.ones((n, 2), dtype=bool),
        )
        return Situation(
            panel=panel,
            position=position,
            costs=build_costs(n),
            sourcing=build_sourcing(n, **terms),
            lead_time=LeadTimeDistribution.certain(7.0 * lead_time, period_days=7),
            scenarios=Scenarios(
                demand=demand,
                arrivals=np.zeros_like(demand),
                lead_time=np.repeat(lead_time[:, None], demand.shape[1], axis=1),
            ),
        )

    return make


@pytest.fixture
def make_agent() -> Callable[..., AgentPolicy]:
    def make(
        low: FloatArray = OBSERVATION_LOW, high: FloatArray = OBSERVATION_HIGH, **settings: object
    ) -> AgentPolicy:
        rng, n = np.random.default_rng(3), len(OBSERVATION_NAMES)
        network = PolicyNetwork(
            weights=(rng.normal(size=(n, 8)) / n, rng.normal(size=(8, 1)) / 8),
            biases=(np.zeros(8), np.full(1, 0.5)),
        )
        return AgentPolicy(
            network=network,
            observation_low=low,
            observation_high=high,
            observation_mean=(low + high) / 2,
            settings=settings_from({"algorithm": "ppo"} | settings),
        )

    return make
