"""The main job: from tables to recommendations that say where they come from."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from allocast.adapters.tracking import TrackingStore
from allocast.inventory.recommendation import COLUMNS, Status

pytestmark = pytest.mark.usefixtures("workspace")

SERIES = ["item_id", "location_id"]


def installed_allocast(*arguments):
    """The command as a user has it, in a process of its own."""
    command = [Path(sys.executable).with_name("allocast"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_every_series_has_one_row_with_a_reason(finished, orders):
    demand = pd.read_parquet(finished / "tables" / "demand.parquet")
    sold = demand[SERIES].drop_duplicates().sort_values(SERIES)
    assert list(orders.columns) == COLUMNS
    assert orders[SERIES].to_numpy().tolist() == sold.to_numpy().tolist()
    assert (orders["reason"].str.len() > 20).all()
    assert set(orders["status"]) <= {str(status) for status in Status}


def test_something_is_ordered_and_something_is_not(orders):
    assert (orders["order_units"] > 0).any()
    assert (orders["order_units"] == 0).any()
    assert ((orders["order_units"] > 0) == (orders["status"] == "order")).all()


def test_orders_are_whole_packs_and_at_least_the_minimum(finished, orders):
    sourcing = pd.read_parquet(finished / "tables" / "sourcing.parquet")
    placed = orders[orders["order_units"] > 0].merge(sourcing, on=[*SERIES, "supplier_id"], validate="1:1")
    assert len(placed) == (orders["order_units"] > 0).sum()
    assert (placed["order_units"] % placed["pack_units"] == 0).all()
    assert (placed["order_units"] >= placed["minimum_order_units"]).all()
    assert (placed["order_units"] <= placed["capacity_units"]).all()


def test_the_numbers_behind_an_order_fit_together(orders):
    known = orders[orders["on_hand"].notna()].astype({"on_order": float, "position": float})
    pd.testing.assert_series_equal(
        known["position"], known["on_hand"] + known["on_order"], check_names=False, check_exact=False
    )
    quantiles = known[["demand_p10", "demand_p50", "demand_p90"]].astype(float)
    assert (quantiles.diff(axis=1).iloc[:, 1:] >= 0).all(axis=None)


def test_lineage_names_runs_and_versions_that_the_store_has(workspace, orders):
    client = TrackingStore(workspace / "mlruns").client
    for kind in ("demand", "supply"):
        (version,), (run_id,) = orders[f"{kind}_model"].unique(), orders[f"{kind}_run_id"].unique()
        found = client.get_model_version(*version.split("/"))
        assert found.run_id == run_id
        assert client.get_run(run_id).info.status == "FINISHED"
    (policy,), (run_id,) = orders["policy_version"].unique(), orders["policy_run_id"].unique()
    assert client.get_model_version(*policy.split("/")).run_id == run_id


def test_the_digest_in_the_lineage_is_that_of_the_data_of_the_run(workspace, orders):
    client = TrackingStore(workspace / "mlruns").client
    used = client.get_run(orders["demand_run_id"].iloc[0]).inputs.dataset_inputs
    (digest,) = orders["data_digest"].unique()
    assert sorted(entry.dataset.digest[:12] for entry in used) == sorted(digest.split("-"))


def test_a_run_can_be_repeated_from_the_settings_kept_with_it(workspace, orders, allocast):
    client = TrackingStore(workspace / "mlruns").client
    kept = client.download_artifacts(orders["demand_run_id"].iloc[0], "settings.yaml", str(workspace))
    allocast("recommend", kept, "--out", "again.csv")
    assert Path("again.csv").read_bytes() == Path("out/orders.csv").read_bytes()


def test_recommending_afterwards_gives_the_very_same_file():
    result = installed_allocast("recommend", "tiny.yaml", "--as-of", "2023-02-06", "--out", "again.csv")
    assert result.returncode == 0, result.stderr
    assert Path("again.csv").read_bytes() == Path("out/orders.csv").read_bytes()


def test_the_screen_shows_orders_policies_and_where_to_look_further(finished):
    screen = (finished / "screen.txt").read_text()
    for words in ("Recommendations with most at stake", "Why the first:", "Policies: past windows"):
        assert words in screen
    for path in ("out/orders.csv", "out/policies.png", "out/recommendation.png"):
        assert path in screen
        assert (finished / path).stat().st_size > 0
    assert "sqlite:///mlruns/mlflow.db" in screen


def test_nothing_unfinished_is_left_beside_the_results(finished):
    assert sorted(path.name for path in (finished / "out").iterdir()) == [
        "orders.csv",
        "policies.png",
        "recommendation.png",
    ]


def test_recommendations_can_be_parquet(allocast, orders):
    allocast("recommend", "tiny.yaml", "--out", "orders.parquet")
    assert pd.read_parquet("orders.parquet")["order_units"].tolist() == orders["order_units"].tolist()
