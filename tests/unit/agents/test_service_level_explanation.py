"""Orders of a service-level agent taken apart."""

from dataclasses import replace

import numpy as np
import pytest

from allocast.agents.agent_settings import ServiceLevelSettings
from allocast.agents.explained_order import row_of
from allocast.agents.service_level.explanation import PARTS, explain_level
from allocast.agents.service_level.policy import ServiceLevelAgent
from allocast.errors import DataError
from allocast.inventory.position import StockPosition
from allocast.numerics.arrays import FloatArray


def agent_of(shift: float = 0.0, lately: float = 0.0, last: float = 0.0) -> ServiceLevelAgent:
    settings = ServiceLevelSettings(classical_level=0.7)
    return ServiceLevelAgent(shift=shift, lately=lately, last=(last, 0.0, 0.0), settings=settings)


@pytest.fixture
def situation(make_situation):
    demand = np.random.default_rng(1).poisson(20.0, (3, 400, 4)).astype(float)
    position = StockPosition.from_pipeline(np.array([3.0, 0.0, 50.0]), np.zeros((3, 1)), np.zeros(3))
    some = make_situation(demand, position, np.array([1, 2, 1]))
    units: FloatArray = np.array([[30.0, 30.0], [1.0, 1.0], [20.0, 20.0]])
    return replace(some, panel=replace(some.panel, units=units), decisions_left=1)


def test_shares_lead_from_the_usual_level_to_the_agents(situation) -> None:
    explained = explain_level(agent_of(0.3, 0.8, -1.0), situation)
    np.testing.assert_allclose(explained.usual + explained.shares.sum(axis=1), explained.level)
    np.testing.assert_array_equal(np.rint(explained.level), explained.decision.level)
    np.testing.assert_array_equal(explained.usual, explain_level(agent_of(), situation).level)
    assert (explained.shares[:, PARTS.index("the end")] < 0).all()


def test_only_what_the_agent_looks_at_moves_its_level(situation) -> None:
    shares = explain_level(agent_of(lately=0.8), situation).shares
    lately = PARTS.index("what sold lately")
    assert shares[0, lately] > 0 > shares[1, lately]
    assert np.abs(np.delete(shares, lately, axis=1)).max() == 0


def test_tables_say_levels_orders_and_what_is_seen(situation) -> None:
    explained = explain_level(agent_of(0.3, 0.8, -1.0), situation)
    table = explained.table(row_of(explained, "1", "here")).set_index("what")["units"]
    assert table["order of the agent"] == explained.decision.wanted_units[1]
    assert table["order of projected_need(critical ratio)"] == explained.classical.wanted_units[1]
    features = explained.features(1).set_index("feature")
    assert features.loc["decisions_left", "here"] == 1.0
    assert features.loc["sold_lately", "here"] < 0


def test_a_series_that_was_not_decided_is_refused(situation) -> None:
    with pytest.raises(DataError, match="no order was decided for item '9' at location 'here'"):
        row_of(explain_level(agent_of(), situation), "9", "here")
