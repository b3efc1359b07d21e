"""One step at a time: each trains, judges and registers, or scores, what it names."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from allocast.adapters import engine
from allocast.adapters.registry import ModelRegistry
from allocast.adapters.tracking import TrackingStore
from allocast.workflows import forecast as forecast_module

pytestmark = pytest.mark.usefixtures("workspace")


def aliases(workspace, name):
    table = ModelRegistry(TrackingStore(workspace / "mlruns")).list()
    return {row.version: row.aliases for row in table[table["name"] == name].itertuples()}


@pytest.mark.parametrize("kind", ["demand", "supply", "agent"])
def test_a_model_that_is_trained_anew_is_a_challenger(workspace, allocast, kind):
    result = allocast("train", kind, "tiny.yaml")
    assert f"registered tiny-{kind}/2" in result.output
    assert aliases(workspace, f"tiny-{kind}") == {1: ("champion",), 2: ("challenger",)}


def test_the_first_model_of_its_name_is_champion(unregistered, allocast):
    allocast("train", "supply", "tiny.yaml")
    assert aliases(unregistered, "tiny-supply") == {1: ("champion",)}


def test_a_whole_run_makes_its_models_champions(workspace, allocast):
    allocast("run", "tiny.yaml", "agent=null", "backtest.windows=1", "--out", "again.csv")
    for kind in ("demand", "supply", "policy"):
        assert aliases(workspace, f"tiny-{kind}") == {1: (), 2: ("champion",)}
    assert aliases(workspace, "tiny-agent") == {1: ("champion",)}


def test_a_backtest_compares_the_agent_with_the_policies_of_the_config(allocast):
    screen = allocast("backtest", "tiny.yaml").output
    for policy in ("agent(ppo)", "moving_average_cover(13, 4)", "order_up_to", "projected_need"):
        assert policy in screen
    assert "registered tiny-policy/2" in screen
    assert "What policies are worth: means of a window" in screen
    assert "Beside moving_average_cover(13, 4): 95 % intervals over windows" in screen
    for name in ("worth.csv", "savings.csv", "worth.png"):
        assert list(Path("mlruns/artifacts/tiny/policy").rglob(name))


def test_runs_of_past_windows_are_children_of_the_run_that_judged(workspace):
    client = TrackingStore(workspace / "mlruns").client
    experiments = {found.name: found.experiment_id for found in client.search_experiments()}
    runs = client.search_runs([experiments["tiny/demand"]])
    parents = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    assert len(parents) == 1
    assert len(runs) == 1 + 2  # as many windows as the config asks for
    assert {run.data.tags.get("mlflow.parentRunId") for run in runs} == {None, parents[0].info.run_id}


def test_a_forecast_has_the_same_bytes_whatever_the_number_of_workers(allocast, monkeypatch):
    monkeypatch.setattr(forecast_module, "SHARD_SERIES", 7)
    for workers in ("1", "2"):
        allocast("forecast", "tiny.yaml", "--out", f"forecast{workers}.parquet", "--workers", workers)
    assert Path("forecast1.parquet").read_bytes() == Path("forecast2.parquet").read_bytes()
    table = pd.read_parquet("forecast1.parquet")
    assert table.groupby(["item_id", "location_id"]).size().eq(12).all()
    assert len(table) == 18 * 12
    assert set(table["model_version"]) == {"tiny-demand/1"}
    assert table["date"].min() == pd.Timestamp("2023-02-13")


def test_the_screen_shows_the_forecast_and_not_only_whose_it_is(allocast):
    screen = allocast("forecast", "tiny.yaml", "--out", "forecast.csv").output
    first = pd.read_csv("forecast.csv").iloc[0]
    (row,) = [line.split() for line in screen.splitlines() if "2023-02-13" in line and "store-001" in line][
        :1
    ]
    assert [float(cell) for cell in row[-4:]] == pytest.approx(
        first[["mean", "q0.1", "q0.5", "q0.9"]].tolist(), abs=0.051
    )


def stopped(*_):
    raise KeyboardInterrupt


@pytest.fixture
def interrupted(monkeypatch, allocast):
    """A forecast whose shards are all computed, stopped before the result was written."""
    monkeypatch.setattr(forecast_module, "SHARD_SERIES", 7)  # 18 series in 3 shards
    with monkeypatch.context() as patch:
        patch.setattr(forecast_module, "write_table", stopped)
        allocast("forecast", "tiny.yaml", "--out", "result/forecast.csv", code=130)
    return Path("result/forecast.csv")


def test_a_forecast_that_was_stopped_goes_on_where_it_stopped(interrupted, allocast, monkeypatch):
    assert not interrupted.exists()
    monkeypatch.setattr(engine, "_run", stopped)  # all shards are finished: nothing is computed again
    allocast("forecast", "tiny.yaml", "--out", str(interrupted))
    assert len(pd.read_csv(interrupted)) == 18 * 12
    assert [path.name for path in interrupted.parent.iterdir()] == ["forecast.csv"]


@pytest.mark.parametrize("other", [("paths=30",), ("data.world.n_items=5",)])
def test_a_forecast_of_other_data_takes_no_shards_of_a_stopped_one(interrupted, allocast, monkeypatch, other):
    asked = []
    monkeypatch.setattr(engine, "_run", lambda _, jobs, *__: asked.extend(jobs) or stopped())
    allocast("forecast", "tiny.yaml", *other, "--out", str(interrupted), code=130)
    assert len(asked) == 3


def test_a_job_without_demand_is_about_open_orders(allocast):
    shutil.copy("tables/purchase_orders.parquet", "orders_only.parquet")
    Path("orders.yaml").write_text(
        "name: orders\n"
        "data: {kind: tables, root: ., files: {purchase_orders: orders_only.parquet}, frequency: daily}\n"
        "supply: {rounds: 5, threads: 1}\n"
    )
    allocast("run", "orders.yaml", "--as-of", "2023-01-31", "--out", "open.csv")
    table = pd.read_csv("open.csv")
    assert len(table) > 0
    assert table["age_days"].is_monotonic_decreasing
    assert table["probability_within_45_days"].between(0, 1).all()
    refusal = allocast("recommend", "orders.yaml", code=2)
    assert "about suppliers only" in refusal.stderr
