"""A policy as a document: what is kept of it, and what it does in the end."""

import json

import pandas as pd
import pytest
from pydantic import ValidationError

from allocast.adapters.job_settings import MovingAverageCoverSettings, OrderUpToSettings
from allocast.adapters.policy_document import AGENT, PolicyDocument


@pytest.mark.parametrize(
    "settings",
    [
        None,
        OrderUpToSettings(kind="order_up_to", cycle_service_level=0.9),
        MovingAverageCoverSettings(kind="moving_average_cover", window=8, cover_periods=5),
    ],
)
def test_a_document_comes_back_as_it_was_stored(settings):
    document = PolicyDocument(name=AGENT if settings is None else "rule", settings=settings)
    assert PolicyDocument.from_state(document.state()) == document


def test_a_document_is_json_that_people_can_read():
    files = PolicyDocument(name="rule", settings=OrderUpToSettings(kind="order_up_to")).state()
    assert list(files) == ["policy.json"]
    assert json.loads(files["policy.json"])["settings"]["kind"] == "order_up_to"


def test_a_document_with_settings_that_no_policy_takes_is_refused():
    changed = {"policy.json": json.dumps({"name": "rule", "settings": {"kind": "guess"}}).encode()}
    with pytest.raises(ValidationError, match="guess"):
        PolicyDocument.from_state(changed)


def test_a_policy_orders_up_to_its_level_below_its_trigger_and_nothing_at_it():
    frame = pd.DataFrame({"position": [3.0, 10.0, 12.0], "trigger": 10.0, "level": [15.0, 15.0, 15.0]})
    document = PolicyDocument(name="rule", settings=None)
    assert document.predict_table(frame)["wanted_units"].tolist() == [12, 0, 0]


def test_a_level_below_the_position_wants_nothing_back():
    frame = pd.DataFrame({"position": [8.0], "trigger": [10.0], "level": [5.0]})
    assert PolicyDocument(name="rule", settings=None).predict_table(frame)["wanted_units"].tolist() == [0]
