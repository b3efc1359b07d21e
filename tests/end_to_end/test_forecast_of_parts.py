"""Demand in a folder of Parquet parts: forecast shard by shard, as if the whole table were there."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from allocast.workflows import forecast_parts as module

pytestmark = pytest.mark.usefixtures("workspace")
PATIENCE = 120.0  # seconds: only so that a broken command does not hang the suite
SCRIPT = """
from allocast.cli.main import app
from allocast.workflows import forecast_parts
if __name__ == "__main__":
    forecast_parts.SHARD_ROWS = 1
    app(["forecast", "parts.yaml", "--out", "out/parts"])
"""


@pytest.fixture(autouse=True)
def parts(workspace, monkeypatch):
    """The finished run's tables with a demand part a location, each a shard of its own."""
    monkeypatch.setattr(module, "SHARD_ROWS", 1)
    text = Path("tiny.yaml").read_text()
    data = text[text.index("data:") : text.index("costs:")]
    Path("parts.yaml").write_text(text.replace(data, "data: {kind: tables, root: parts}\n"))
    shutil.copytree("tables", "parts", ignore=shutil.ignore_patterns("demand*", "made_with*"))
    demand = pd.read_parquet("tables/demand.parquet")
    Path("parts/demand").mkdir()
    for place, rows in demand.groupby("location_id"):
        rows.to_parquet(f"parts/demand/{place}.parquet", index=False)
    return workspace / "parts" / "demand"


def contents(folder):
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def test_a_forecast_of_parts_is_that_of_the_whole_table_to_the_last_bit(allocast):
    allocast("forecast", "tiny.yaml", "--out", "whole.parquet")
    screen = allocast("forecast", "parts.yaml", "--out", "out/parts")
    keys = ["item_id", "location_id", "date"]
    whole = pd.read_parquet("whole.parquet").sort_values(keys, ignore_index=True)
    together = pd.read_parquet("out/parts").sort_values(keys, ignore_index=True)
    pd.testing.assert_frame_equal(together, whole, check_exact=True)
    assert set(together["model_version"]) == {"tiny-demand/1"} and together["as_of"].nunique() == 1
    assert len(list(Path("out/parts").glob("part-*.parquet"))) == 3
    assert json.loads(Path("out/parts/_made_by_allocast.json").read_text())["rows"] == len(whole)
    assert "Forecast: 216 rows in out/parts" in screen.output


def test_one_and_two_workers_give_the_same_bytes_and_leave_nothing_else(allocast):
    for workers in ("1", "2"):
        allocast("forecast", "parts.yaml", "--out", f"by{workers}/parts", "--workers", workers)
    assert contents("by1/parts") == contents("by2/parts")
    assert [path.name for path in Path("by1").iterdir()] == ["parts"]


def test_small_parts_are_taken_together_with_the_same_forecast(allocast, monkeypatch):
    allocast("forecast", "parts.yaml", "--out", "each.csv")
    monkeypatch.setattr(module, "SHARD_ROWS", 10**6)
    allocast("forecast", "parts.yaml", "--out", "together.csv")
    keys = ["item_id", "location_id", "date"]
    each, together = (
        pd.read_csv(name).sort_values(keys, ignore_index=True) for name in ("each.csv", "together.csv")
    )
    pd.testing.assert_frame_equal(each, together, check_exact=True)


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is of POSIX")
def test_a_killed_forecast_goes_on_with_the_shards_that_it_lacks(allocast):
    allocast("forecast", "parts.yaml", "--out", "fresh/parts")
    Path("job.py").write_text(SCRIPT)
    process = subprocess.Popen(
        [sys.executable, "job.py"], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    until = time.monotonic() + PATIENCE
    while not (finished := list(Path("out").glob(".parts.work/*/*/forecast/part-*.parquet"))):
        assert process.poll() is None and time.monotonic() < until
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not Path("out/parts").exists()
    made = {path.name: path.stat().st_mtime_ns for path in finished}
    allocast("forecast", "parts.yaml", "--out", "out/parts")
    assert contents("out/parts") == contents("fresh/parts")
    assert {name: (Path("out/parts") / name).stat().st_mtime_ns for name in made} == made
    assert not Path("out/.parts.work").exists()


def test_a_changed_part_makes_everything_anew(allocast, parts, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(module, "deliver_parts", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        allocast("forecast", "parts.yaml", "--out", "out/parts", code=130)
    assert list(Path("out").glob(".parts.work/*/*/forecast/part-*.parquet"))
    file = parts / "store-001.parquet"
    demand = pd.read_parquet(file)
    demand.assign(units=demand["units"] * 2).to_parquet(file, index=False)
    for out in ("out/parts", "fresh/parts"):
        allocast("forecast", "parts.yaml", "--out", out)
    assert contents("out/parts") == contents("fresh/parts")
    assert [path.name for path in Path("out").glob(".parts*")] == []


@pytest.mark.parametrize(("place", "same"), [(1, True), (-5, False)])  # beyond the last known week, or within
def test_units_in_halves_count_until_as_of_alone(allocast, parts, place, same):
    keep = ("data.repair.fractional_units=keep", "--out")
    allocast("forecast", "parts.yaml", *keep, "before.parquet")
    last = str(pd.read_parquet("before.parquet")["as_of"].iloc[0])[:10]
    file = parts / "store-001.parquet"
    demand = pd.read_parquet(file)
    halves = demand["date"] == pd.Timestamp(last) + place * pd.Timedelta(weeks=1)
    assert halves.any()
    demand.assign(units=demand["units"].mask(halves, 0.5)).to_parquet(file, index=False)
    allocast("forecast", "parts.yaml", "--as-of", last, *keep, "after.parquet")
    tables = (pd.read_parquet(name).drop(columns="as_of") for name in ("before.parquet", "after.parquet"))
    quantiles = [table["q0.9"].to_numpy() for table in tables]
    assert ((quantiles[1] % 1 == 0).all(), (quantiles[0] == quantiles[1]).all()) == (same, same)


def test_a_series_in_two_parts_is_refused_before_anything_is_forecast(allocast, parts):
    demand = pd.read_parquet(parts / "store-001.parquet")
    late = demand["date"] > demand["date"].median()
    demand[late].to_parquet(parts / "late.parquet", index=False)
    demand[~late].to_parquet(parts / "store-001.parquet", index=False)
    refusal = allocast("forecast", "parts.yaml", "--out", "out/parts", code=2).stderr
    assert "has rows in late.parquet and in store-001.parquet (6 series are split)" in refusal
    assert not Path("out/parts").exists()


def test_what_is_found_in_parts_is_told_together_and_refused(allocast, parts):
    for place in ("store-001", "store-002"):
        demand = pd.read_parquet(parts / f"{place}.parquet")
        demand.iloc[3:].assign(units=demand["units"].where(demand.index != demand.index[5], -2)).to_parquet(
            parts / f"{place}.parquet", index=False
        )
    refusal = allocast("forecast", "parts.yaml", "--out", "out/parts", code=2).stderr
    assert "negative units, 2 rows, first store-001.parquet row 3" in refusal
    repaired = allocast("forecast", "parts.yaml", "data.repair.negative_units=zero", "--out", "out/parts")
    assert "set to 0 (2 parts)" in repaired.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--out", "tables"), "holds files that no forecast wrote"),
        (("--out", "out/forecast.txt"), "ends in '.txt'"),
        (("--as-of", "2031-01-06"), "as_of 2031-01-06 lies after the last known period"),
        (("--as-of", "2022-03-07"), "has learned from demand until"),
    ],
)
def test_what_cannot_be_forecast_is_refused(allocast, arguments, message):
    out = () if "--out" in arguments else ("--out", "out/parts")
    assert message in allocast("forecast", "parts.yaml", *arguments, *out, code=2).stderr


def test_one_file_of_demand_can_be_forecast_into_a_folder_too(allocast):
    allocast("forecast", "tiny.yaml", "--out", "out/folder")
    allocast("forecast", "tiny.yaml", "--out", "out/file.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet("out/folder"), pd.read_parquet("out/file.parquet"))
