"""Recommendations from forecasts that were written before: shard by shard, and as if all were there."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from allocast.adapters.job_settings import ProjectedNeedSettings
from allocast.adapters.policy_document import PolicyDocument
from allocast.inventory.recommendation import COLUMNS
from allocast.workflows import recommend_parts as module
from allocast.workflows.backtest import EXAMPLE
from allocast.workflows.job import open_job
from allocast.workflows.promotion import register_and_promote

ONE_SUPPLIER = "sourcing.split=false"  # forecasts alone go to one
KEYS = ["item_id", "location_id", "supplier_id"]
PATIENCE = 240.0  # seconds: only so that a broken command does not hang the suite
SCRIPT = """
from allocast.cli.main import app
from allocast.workflows import recommend_parts
if __name__ == "__main__":
    recommend_parts.SHARD_ROWS = 1
    app(["recommend", "tables.yaml", "--forecasts", "forecast", "--out", "out/parts"])
"""


@pytest.fixture(autouse=True)
def forecast(workspace, allocast, monkeypatch) -> Path:
    """A job on the finished run's tables, forecasts in three parts, and a classical champion."""
    monkeypatch.setattr(module, "SHARD_ROWS", 1)
    text = Path("tiny.yaml").read_text()
    data = text[text.index("data:") : text.index("costs:")]
    next(Path("tables").glob("lanes.*")).unlink()  # stock would move between series
    Path("tables.yaml").write_text(text.replace(data, "data: {kind: tables, root: tables}\n"))
    job = open_job(Path("tables.yaml"))
    document = PolicyDocument(name="projected_need", settings=ProjectedNeedSettings(kind="projected_need"))
    with job.store.run("tiny-policy", "policy") as run:
        register_and_promote(job, run, document, example=EXAMPLE, evidence={}, actor="test", champion=True)
    allocast("forecast", "tables.yaml", "--out", "whole.parquet")
    (workspace / "forecast").mkdir()
    for place, rows in pd.read_parquet("whole.parquet").groupby("location_id"):
        rows.to_parquet(f"forecast/{place}.parquet", index=False)
    return Path("forecast")


def contents(folder):
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def advice(path):
    return pd.read_parquet(path).sort_values(KEYS, ignore_index=True)


def test_every_series_has_the_row_that_it_has_without_given_forecasts(allocast) -> None:
    screen = allocast("recommend", "tables.yaml", "--forecasts", "forecast", "--out", "out/parts").output
    allocast("recommend", "tables.yaml", ONE_SUPPLIER, "--out", "whole_orders.parquet")
    given, whole = advice("out/parts"), advice("whole_orders.parquet")
    assert list(given.columns) == COLUMNS
    same = [
        *KEYS,
        "on_hand",
        "on_order",
        "position",
        "late_units",
        "lead_time_p50",
        "lead_time_p90",
        "demand_model",
    ]
    pd.testing.assert_frame_equal(given[same], whole[same])
    assert given["demand_p50"].sum() == pytest.approx(whole["demand_p50"].sum(), rel=0.1)
    # other paths, and few: levels differ a little, and orders, what levels lack, by more
    assert given["level"].sum() == pytest.approx(whole["level"].sum(), rel=0.1)
    assert f"{len(given)} rows" in screen


def test_a_series_is_advised_the_same_however_the_forecasts_are_divided(allocast) -> None:
    for given in ("forecast", "whole.parquet"):
        allocast("recommend", "tables.yaml", "--forecasts", given, "--out", f"from_{given}.d/orders.parquet")
    parts, whole = (advice(f"from_{given}.d/orders.parquet") for given in ("forecast", "whole.parquet"))
    pd.testing.assert_frame_equal(parts, whole, check_exact=True)


def test_one_and_two_workers_recommend_the_same_bytes(allocast) -> None:
    for workers in ("1", "2"):
        allocast(
            "recommend",
            "tables.yaml",
            "--forecasts",
            "forecast",
            "--out",
            f"by{workers}/parts",
            "--workers",
            workers,
        )
    assert contents("by1/parts") == contents("by2/parts")
    assert len(list(Path("by1/parts").glob("part-*.parquet"))) >= 3


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is of POSIX")
def test_killed_recommendations_go_on_with_the_shards_that_they_lack(allocast) -> None:
    allocast("recommend", "tables.yaml", "--forecasts", "forecast", "--out", "fresh/parts")
    Path("job.py").write_text(SCRIPT)
    process = subprocess.Popen(
        [sys.executable, "job.py"], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    until = time.monotonic() + PATIENCE
    while not (finished := list(Path("out").glob(".parts.work/*/orders/part-*.parquet"))):
        assert process.poll() is None and time.monotonic() < until
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    made = {path.name: path.stat().st_mtime_ns for path in finished}
    allocast("recommend", "tables.yaml", "--forecasts", "forecast", "--out", "out/parts")
    assert contents("out/parts") == contents("fresh/parts")
    assert {name: (Path("out/parts") / name).stat().st_mtime_ns for name in made} == made


def test_what_was_recommended_and_approved_is_not_proposed_again(allocast) -> None:
    allocast("recommend", "tables.yaml", "--forecasts", "forecast", "--out", "first.parquet")
    first = pd.read_parquet("first.parquet")
    orders = first[first["order_units"] > 0].sort_values(KEYS, ignore_index=True)
    today = pd.Timestamp(first["as_of"].iloc[0]) + pd.Timedelta(days=6)
    approved = orders[KEYS].assign(units=orders["order_units"].astype(float), approved_on=today)
    approved.to_parquet("tables/approved.parquet", index=False)
    for name, more in (("again.parquet", ["--forecasts", "forecast"]), ("plain.parquet", [ONE_SUPPLIER])):
        allocast("recommend", "tables.yaml", *more, "--out", name)
        again = advice(name).merge(orders[KEYS], on=KEYS)
        assert again["approved_units"].tolist() == orders["order_units"].tolist()
        if "--forecasts" in more:
            capped = orders["binding_constraint"].to_numpy() == "capacity"
            assert np.flatnonzero(again["order_units"].to_numpy()[~capped]).tolist() == []


def test_forecasts_that_cannot_be_decided_from_are_refused(allocast, forecast) -> None:
    def refusal(*more):
        return allocast("recommend", "tables.yaml", "--out", "out/x", *more, code=2).stderr

    assert "is not there" in refusal("--forecasts", "nowhere")
    assert "not 2020-01-06" in refusal("--forecasts", "forecast", "--as-of", "2020-01-06")
    assert "leave --challenger, --basket and" in refusal("--forecasts", "forecast", "--challenger", "agent")
    file = next(forecast.iterdir())
    table = pd.read_parquet(file)
    table.drop(columns=[name for name in table if name.startswith("total_q")]).to_parquet(file, index=False)
    assert "Write it anew with 'allocast forecast'" in refusal("--forecasts", "forecast")
