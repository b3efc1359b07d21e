"""Scenarios from the command line: a table, a picture, a run; and what is refused."""

from pathlib import Path

import pandas as pd
import pytest

from allocast.adapters.tracking import TrackingStore

ROOT = Path(__file__).parents[2]
SCENARIOS = (
    "scenarios=[{name: same}, {name: a fifth more, demand_factor: 1.2}, {name: later, lead_time_added_periods: 1}, "
    "{name: no money, budget: 0}, {name: nobody, lost_suppliers: [supplier-01, supplier-02, supplier-03]}]"
)


@pytest.mark.usefixtures("workspace")
def test_scenarios_are_compared_on_the_screen_in_a_table_and_in_a_picture(allocast, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    screen = allocast("scenarios", "tiny.yaml", SCENARIOS, "--periods", "8").output
    assert max(map(len, screen.splitlines())) <= 120
    assert "8 periods on 20 paths" in screen
    table = pd.read_csv("out/scenarios.csv").set_index("scenario")
    assert table.index.tolist() == ["baseline", "same", "a fifth more", "later", "no money", "nobody"]
    assert (table.loc["same"] == table.loc["baseline"])[table.loc["same"].notna()].all()
    assert table.loc["baseline", "cash_today"] > 0
    assert table.loc["a fifth more", "shortage_cost"] > table.loc["baseline", "shortage_cost"]
    assert (table.loc[["no money", "nobody"], "ordered"] == 0).all()
    assert table.loc["nobody", "series_without_supplier"] > table.loc["baseline", "series_without_supplier"]
    assert Path("out/scenarios.png").stat().st_size > 10_000


@pytest.mark.usefixtures("workspace")
def test_any_number_of_workers_gives_the_same_table_and_runs_are_kept(allocast):
    for workers in ("1", "2"):
        allocast("scenarios", "tiny.yaml", SCENARIOS, "--workers", workers, "--out", f"{workers}.csv")
    assert Path("1.csv").read_bytes() == Path("2.csv").read_bytes()
    client = TrackingStore(Path("mlruns")).client
    (experiment,) = [e for e in client.search_experiments() if e.name == "tiny/scenarios"]
    runs = client.search_runs([experiment.experiment_id])
    (whole, _) = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    kept = {file.path for file in client.list_artifacts(whole.info.run_id)}
    assert {"scenarios.csv", "scenarios_by_period.csv", "scenarios.png"} <= kept
    names = {run.info.run_name for run in runs if "mlflow.parentRunId" in run.data.tags}
    assert names == {"baseline", "same", "a fifth more", "later", "no money", "nobody"}


@pytest.mark.usefixtures("workspace")
def test_what_cannot_be_played_is_said_in_a_sentence(allocast):
    none = allocast("scenarios", "tiny.yaml", code=2)
    assert "the config names no scenarios" in none.stderr
    unknown = allocast(
        "scenarios", "tiny.yaml", "scenarios=[{name: x, lost_suppliers: [supplier-3]}]", code=2
    )
    assert "in scenario 'x': 'supplier-3'; valid are supplier-03" in unknown.stderr
    wrong = allocast("scenarios", "tiny.yaml", "scenarios=[{name: x, demand: 2}]", code=2)
    assert "scenarios" in wrong.stderr
    picture = allocast("scenarios", "tiny.yaml", SCENARIOS, "--plot", "picture.gif", code=2)
    assert "ends in '.gif'" in picture.stderr
    far = allocast("scenarios", "tiny.yaml", SCENARIOS, "--periods", "99", code=2)
    assert "within 1 and the 12 forecast" in far.stderr
    assert not Path("out/scenarios.csv").exists()


def test_scenarios_follow_the_rulebook(workspace, allocast):
    text = (ROOT / "configs" / "rulebooks" / "demo.yaml").read_text(encoding="utf-8")
    (workspace / "demo.yaml").write_text(text, encoding="utf-8")
    arguments = ("scenarios", "tiny.yaml", SCENARIOS, "rulebook=demo.yaml", "--periods", "3")
    screen = allocast(*arguments).output
    assert " under demo/" in screen
    assert len(pd.read_csv("out/scenarios.csv")) == 6
