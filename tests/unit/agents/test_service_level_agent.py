import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from allocast.agents.agent_settings import ServiceLevelSettings
from allocast.agents.saved_agent import SavedAgent
from allocast.agents.service_level.policy import ServiceLevelAgent
from allocast.agents.service_level.sold_lately import sold_lately
from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.errors import DataError
from allocast.inventory.policies import ProjectedNeed
from allocast.inventory.position import StockPosition
from allocast.numerics.discrete import DiscreteDistribution


def agent_of(shift=0.0, lately=0.0, last=(0.0, 0.0, 0.0)) -> ServiceLevelAgent:
    return ServiceLevelAgent(shift=shift, lately=lately, last=last, settings=ServiceLevelSettings())


def panel_of(units, observed=None) -> DemandPanel:
    units = np.asarray(units, dtype=float)
    return DemandPanel(
        series=pd.DataFrame({"item_id": [str(i) for i in range(len(units))], "location_id": "here"}),
        periods=np.datetime64("2024-01-01") + 7 * np.arange(units.shape[1]),
        frequency=Frequency.WEEKLY,
        units=units,
        observed=np.ones(units.shape, dtype=bool) if observed is None else np.asarray(observed),
    )


@pytest.fixture
def situation(make_situation):
    demand = np.random.default_rng(1).poisson(4.0, (2, 99, 4)).astype(float)
    none = np.zeros(0, dtype=np.int64)
    position = StockPosition(
        on_hand=np.array([3.0, 0.0]),
        backordered=np.zeros(2),
        open_series=none,
        open_units=np.zeros(0),
        arrival=DiscreteDistribution.certain(none),
    )
    return make_situation(demand, position, np.array([1, 2]))


def test_untrained_it_orders_as_projected_need_at_the_critical_ratio(situation) -> None:
    own, classical = agent_of().decide(situation), ProjectedNeed().decide(situation)
    np.testing.assert_array_equal(own.wanted_units, classical.wanted_units)
    np.testing.assert_array_equal(own.level, classical.level)


def test_it_orders_more_of_what_sold_more_than_expected_lately(situation) -> None:
    sold = replace(situation, panel=panel_of([[9.0, 9, 9, 9], [1.0, 1, 1, 1]]))
    own, flat = (agent_of(lately=weight).decide(sold) for weight in (0.8, 0.0))
    assert own.wanted_units[0] > flat.wanted_units[0]
    assert own.wanted_units[1] < flat.wanted_units[1]
    assert own.notes[0].endswith("lately it sold more than expected.")


def test_only_the_last_decisions_before_an_end_are_special(situation) -> None:
    agent = agent_of(last=(2.0, 1.0, 0.5))
    orders = [
        agent.decide(replace(situation, decisions_left=left)).wanted_units.sum() for left in (None, 4, 2, 1)
    ]
    assert orders[0] == orders[1] < orders[2] < orders[3]


def test_a_season_that_moves_all_series_says_nothing_of_one() -> None:
    lately = sold_lately(panel_of([[8.0, 8, 8, 8], [2.0, 2, 2, 2]]), np.array([4.0, 1.0]))
    np.testing.assert_allclose(lately, 0.0, atol=1e-12)


def test_periods_that_were_not_observed_count_on_neither_side() -> None:
    expected = np.array([4.0, 4.0])
    gaps = [[True, True, False, False], [False] * 4]
    lately = sold_lately(panel_of([[4.0, 4, 0, 0], [0.0] * 4], gaps), expected)
    np.testing.assert_allclose(lately, 0.0, atol=1e-12)


def test_a_classical_level_stands_for_the_critical_ratio(situation) -> None:
    agent = replace(agent_of(), settings=ServiceLevelSettings(classical_level=0.6))
    own, classical = agent.decide(situation), ProjectedNeed(cycle_service_level=0.6).decide(situation)
    np.testing.assert_array_equal(own.wanted_units, classical.wanted_units)


def test_the_newest_period_counts_most() -> None:
    rising, falling = [0.0, 0, 4, 4], [4.0, 4, 0, 0]
    lately = sold_lately(panel_of([rising, falling]), np.array([2.0, 2.0]))
    assert lately[0] > 0 > lately[1]


def test_it_is_the_same_after_saving() -> None:
    agent = agent_of(-0.5, 0.4, (0.3, 0.1, 0.0))
    again = SavedAgent.from_state(agent.state())
    assert again == agent
    assert again.name == "agent(service_level)"


def test_a_network_is_read_as_before(make_agent) -> None:
    assert SavedAgent.from_state(make_agent().state()).name == "agent(ppo)"


def test_numbers_that_are_missing_are_refused() -> None:
    with pytest.raises(DataError, match="3 numbers for the last decisions, all finite"):
        agent_of(last=(0.0,))
    with pytest.raises(DataError, match="all finite"):
        agent_of(shift=float("nan"))


def test_a_table_of_what_it_sees_gives_levels() -> None:
    agent = agent_of(lately=0.5, last=(1.0, 0.0, 0.0))
    levels = agent.predict_table(agent.example_observations)["service_level"]
    assert levels[1] == pytest.approx(0.8)
    assert levels[0] < levels[1] < levels[2]
    with pytest.raises(DataError, match="lack the columns sold_lately, decisions_left"):
        agent.predict_table(pd.DataFrame({"critical_ratio": [0.5]}))


def test_one_that_was_saved_with_settings_that_are_no_more_is_refused() -> None:
    files = agent_of().state()
    description = json.loads(files["agent.json"])
    description["settings"]["classical_share"] = 0.5
    with pytest.raises(DataError, match=r"trained with other settings .*'classical_share'.*; train it again"):
        SavedAgent.from_state({"agent.json": json.dumps(description).encode()})
    assert SavedAgent.from_state(files) == agent_of()
