"""An agent on trial: trained as a challenger, recommending beside the champion, explained, compared in pairs."""

from pathlib import Path

import pandas as pd
import pytest

from allocast.adapters.policy_document import AGENT, PolicyDocument
from allocast.adapters.tracking import TrackingStore
from allocast.workflows.backtest import EXAMPLE
from allocast.workflows.job import open_job

pytestmark = pytest.mark.usefixtures("workspace")


@pytest.fixture
def trial(workspace, allocast):  # noqa: ARG001 - it works in that folder
    """Recommendations of a second agent, which is a challenger."""
    allocast("train", "agent", "tiny.yaml")
    allocast("recommend", "tiny.yaml", "--challenger", "agent", "--out", "trial.csv")
    return pd.read_csv("trial.csv", keep_default_na=False)


def test_an_agent_on_trial_recommends_and_says_how_it_differs(allocast, trial):
    decided = trial[~trial["status"].isin(["no_supplier", "no_stock_figure", "no_history"])]
    assert set(trial["agent_model"]) == {"tiny-agent/2"}
    assert set(trial["policy_version"]) == {""}  # no policy document decided
    by_agent = decided[decided["policy"] == "agent(ppo)"]
    assert len(by_agent) > 0
    assert by_agent["reason"].str.contains("projected_need(critical ratio) would order", regex=False).all()
    left = decided[decided["policy"] != "agent(ppo)"]
    assert left["reason"].str.contains("the agent has only seen").all()
    first = by_agent.iloc[0]
    series = ("--item", first["item_id"], "--location", first["location_id"])
    screen = allocast("explain", "tiny.yaml", "--order", *series, "--challenger", "agent").output
    for words in ("usual level", "stock on hand", "order of the agent", "order of projected_need"):
        assert words in screen
    assert " ".join(first["reason"].split()) in " ".join(screen.split())


def test_training_is_told_to_mlflow_point_by_point_and_leaves_no_checkpoint(workspace, trial):
    client = TrackingStore(workspace / "mlruns").client
    run_id = trial["agent_run_id"].iloc[0]
    steps = [point.step for point in client.get_metric_history(run_id, "cost")]
    assert len(steps) >= 2
    assert steps == sorted(set(steps))
    assert client.get_run(run_id).data.metrics["train/loss"] != 0
    assert list((workspace / "mlruns" / "checkpoints").iterdir()) == []


@pytest.mark.usefixtures("trial")
def test_series_with_costs_that_the_agent_never_saw_are_left_to_a_classical_policy(allocast):
    dearer = "costs={kind: flat, holding_cost: 1.0, shortage_cost: 200.0}"
    allocast("recommend", "tiny.yaml", dearer, "--challenger", "agent", "--out", "dearer.csv")
    table = pd.read_csv("dearer.csv", keep_default_na=False)
    decided = table[~table["status"].isin(["no_supplier", "no_stock_figure", "no_history"])]
    assert set(decided["policy"]) == {"projected_need(critical ratio)"}
    assert decided["reason"].str.contains("and the agent has only seen").all()
    assert decided["reason"].str.contains("critical_ratio is 0.995").any()


def test_a_classical_champion_needs_no_explanation(allocast):
    policies = pd.read_csv("out/orders.csv", keep_default_na=False)["policy"].unique()
    assert "agent(ppo)" not in policies  # two windows prove nothing for an agent of so few steps
    first = pd.read_csv("out/orders.csv").iloc[0]
    series = ("--item", first["item_id"], "--location", first["location_id"])
    assert "--challenger agent" in allocast("explain", "tiny.yaml", "--order", *series, code=2).stderr
    assert "bring --item and --location" in allocast("explain", "tiny.yaml", "--order", code=2).stderr


@pytest.mark.parametrize(
    ("kind", "message"), [("agent", "challenger"), ("rule", "unknown kind of model 'rule'")]
)
def test_a_challenger_that_is_not_there_is_refused(allocast, kind, message):
    assert message in allocast("recommend", "tiny.yaml", "--challenger", kind, code=2).stderr


def test_a_backtest_says_what_the_differences_prove(allocast):
    screen = " ".join(allocast("backtest", "tiny.yaml").output.split())
    assert "Paired with the champion" in screen
    assert "stays" in screen or "takes the place of" in screen
    verdicts = list(Path("mlruns/artifacts/tiny/policy").rglob("verdict.txt"))
    assert len(verdicts) == 2  # of the run and of this backtest
    assert verdicts[0].read_text() in screen or verdicts[1].read_text() in screen


def test_a_champion_agent_is_judged_by_its_own_settings_beside_one_of_the_config(allocast):
    job = open_job(Path("tiny.yaml"))
    with job.store.run("tiny/policy", "by hand") as run:
        name, document = job.model_name("policy"), PolicyDocument(name=AGENT, settings=None)
        version = job.registry.register(name, document, run=run, signature_input=EXAMPLE).version
    job.registry.promote(name, version, "champion", reason="a test", actor="me", evidence={})
    allocast("backtest", "tiny.yaml", "agent.algorithm=a2c")
    tables = [pd.read_csv(path) for path in Path("mlruns/artifacts/tiny/policy").rglob("paired.csv")]
    (table,) = [table for table in tables if "agent(a2c)" in set(table["policy"])]
    assert table["policy"].iloc[0] == "champion agent(ppo)"
    assert table["difference"].iloc[0] == 0
    assert (table["low"].iloc[1:] <= table["difference"].iloc[1:]).all()
