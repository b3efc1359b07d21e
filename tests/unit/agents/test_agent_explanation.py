from dataclasses import replace

import numpy as np
import pytest

from allocast.agents.agent import STAND_IN
from allocast.agents.explained_order import row_of
from allocast.agents.explanation import FAMILIES, ExplainedAgent, explain_decision
from allocast.agents.policy_network import PolicyNetwork
from allocast.agents.worlds.observation import observe_situation
from allocast.agents.worlds.observation_names import OBSERVATION_HIGH, OBSERVATION_NAMES, observation_names
from allocast.errors import DataError
from allocast.inventory.order_lines import OrderLines
from allocast.inventory.position import StockPosition
from allocast.inventory.recommendation import Lineage, explain


@pytest.fixture
def situation(make_situation):
    rng = np.random.default_rng(9)
    demand = rng.poisson(np.geomspace(2, 50, 12)[:, None, None], (12, 60, 6)).astype(float)
    pipeline = rng.poisson(5.0, (12, 3)).astype(float)
    position = StockPosition.from_pipeline(rng.poisson(20.0, 12).astype(float), pipeline, np.zeros(12))
    return make_situation(demand, position, rng.integers(0, 4, 12))


def agent_that_looks_at(make_agent, situation, **weights):
    """A straight-line agent whose action follows some observations alone; usual is the mean of the situation."""
    weight = np.zeros((len(OBSERVATION_NAMES), 1))
    for name, value in weights.items():
        weight[OBSERVATION_NAMES.index(name)] = value
    network = PolicyNetwork(weights=(weight,), biases=(np.zeros(1),))
    return replace(make_agent(), network=network, observation_mean=observe_situation(situation).mean(axis=0))


def test_every_observation_belongs_to_one_family():
    for n_suppliers in (1, 3):
        for name in observation_names(n_suppliers):
            assert sum(name.startswith(beginnings) for beginnings in FAMILIES.values()) == 1


def test_shares_lead_from_the_usual_level_to_the_agents(make_agent, situation):
    explanation = explain_decision(make_agent(), situation)
    np.testing.assert_allclose(explanation.usual + explanation.shares.sum(axis=1), explanation.level)
    np.testing.assert_array_equal(np.rint(explanation.level), explanation.decision.level)
    assert np.abs(explanation.shares).max() > 1


def test_only_what_the_agent_looks_at_moves_its_level(make_agent, situation):
    agent = agent_that_looks_at(make_agent, situation, net_stock=-0.1)
    shares = explain_decision(agent, situation).shares
    own = list(FAMILIES).index("stock on hand")
    assert np.abs(shares[:, own]).max() > 1
    assert np.abs(np.delete(shares, own, axis=1)).max() < 1e-9


def test_the_share_has_the_sign_of_what_it_does_to_the_level(make_agent, situation):
    agent = agent_that_looks_at(make_agent, situation, net_stock=-0.1)
    more = observe_situation(situation)[:, 0] > agent.observation_mean[0]
    shares = explain_decision(agent, situation).shares[:, list(FAMILIES).index("stock on hand")]
    assert (shares[more] <= 0).all()
    assert (shares[~more] >= 0).all()


def test_a_sentence_says_what_is_classical_and_what_makes_the_difference(make_agent, situation):
    agent = agent_that_looks_at(make_agent, situation, net_stock=-0.2, on_order=-0.2)
    explanation = explain_decision(agent, situation)
    wanted, classical = explanation.decision.wanted_units, STAND_IN.decide(situation).wanted_units
    row = int(np.argmax(np.abs(wanted - classical)))
    sentence = explanation.sentence(row)
    more = "more" if classical[row] > wanted[row] else "fewer"
    assert sentence.startswith(f"{STAND_IN.name} would order {classical[row]:,.0f}, ")
    assert f" {more}; what moves the agent's level most: " in sentence
    same = replace(explanation, decision=explanation.classical)
    assert same.sentence(row) == f"{STAND_IN.name} would order the same."


def test_the_table_of_a_series_adds_up(make_agent, situation):
    explanation = explain_decision(make_agent(), situation)
    row = row_of(explanation, "3", "here")
    assert row == 3
    table = explanation.table(row).set_index("what")["units"]
    assert table["usual level"] + table[list(FAMILIES)].sum() == pytest.approx(table["level of the agent"])
    sizes = table[1:7].abs()
    assert sizes.is_monotonic_decreasing


def test_the_features_of_a_family_share_what_the_family_has(make_agent, situation):
    explanation = explain_decision(make_agent(), situation)
    features = explanation.features(4)
    by_family = features.groupby("family")["units"].sum()[list(FAMILIES)]
    np.testing.assert_allclose(by_family, explanation.shares[4], atol=1e-9)
    assert features["units"].abs().is_monotonic_decreasing
    assert list(features.columns) == ["family", "feature", "here", "usual", "units"]


def test_a_series_that_was_not_decided_is_refused(make_agent, situation):
    with pytest.raises(DataError, match="no order was decided for item 'x'"):
        row_of(explain_decision(make_agent(), situation), "x", "here")


def test_reasons_of_recommendations_carry_the_sentence_or_why_the_stand_in_decided(make_agent, situation):
    high = OBSERVATION_HIGH.copy()
    high[0] = np.median(observe_situation(situation)[:, 0])
    agent = make_agent(high=high)
    policy = ExplainedAgent(agent=agent)
    decision = policy.decide(situation)
    empty = dict.fromkeys(Lineage.__dataclass_fields__, "")
    lineage = Lineage(**{**empty, "as_of": situation.panel.as_of, "policy": policy.name})
    table = explain(situation, decision, OrderLines.of(situation, decision), lineage)
    left = table["policy"] == STAND_IN.name
    assert 0 < left.sum() < 12
    assert set(table.loc[~left, "policy"]) == {"agent(ppo)"}
    assert table.loc[left, "reason"].str.contains("Decided by projected_need").all()
    assert table.loc[~left, "reason"].str.contains("would order").all()
