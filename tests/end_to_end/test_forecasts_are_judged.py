"""What a run leaves behind of how its forecasts were judged."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

Command = Callable[..., Any]
MODELS = {
    "lightgbm",
    "seasonal_naive",
    "moving_average(13)",
    "seasonal_moving_average(13)",
    "croston_sba(0.1)",
    "tsb(0.1)",
}


def artifact(finished: Path, kind: str, name: str) -> pd.DataFrame:
    (path,) = (finished / "mlruns" / "artifacts" / "tiny" / kind).glob(f"*/artifacts/{name}")
    return pd.read_csv(path)


def test_segments_are_kept_by_origin_and_in_sum(finished: Path) -> None:
    by_origin, summary = (
        artifact(finished, "demand", f"{name}.csv") for name in ("segments_by_origin", "segments")
    )
    assert set(by_origin["model"]) == set(summary["model"]) == MODELS
    whole = summary[(summary[["abc", "pattern", "age"]] == "all").all(axis=1)].set_index(["target", "model"])
    cross = summary[(summary[["abc", "pattern", "age"]] != "all").all(axis=1)]
    assert cross.groupby(["target", "model"])["cells"].sum().to_dict() == whole["cells"].to_dict()
    assert by_origin.groupby("window")["origin"].nunique().tolist() == [4, 4]


def test_our_forecast_costs_what_the_policy_costs_in_the_backtest(workspace: Path, allocast: Command) -> None:
    screen = allocast("backtest", "tiny.yaml", "agent=null", "backtest.windows=1", "--forecasts").output
    (path,) = (workspace / "mlruns/artifacts/tiny/policy").rglob("forecast_costs.csv")
    costs, policies = pd.read_csv(path), pd.read_csv(path.with_name("windows.csv"))
    assert set(costs["model"]) == MODELS
    ours = costs[costs["model"] == "lightgbm"].set_index("window")["cost"]
    same = policies[policies["policy"] == "projected_need(critical ratio)"].set_index("window")["cost"]
    pd.testing.assert_series_equal(ours, same)
    assert "Forecasts: cost of ordering the projected need" in screen


def test_a_backtest_of_forecasts_has_coverage_beside_bias_for_each_age(
    workspace: Path, allocast: Command
) -> None:
    asked = ("tiny.yaml", "agent=null", "backtest.windows=1", "name=ages", "--forecasts")
    screen = allocast("backtest", *asked).output
    (path,) = (workspace / "mlruns/artifacts/ages/policy").rglob("segments.csv")
    table = pd.read_csv(path)
    ages = table[(table["age"] != "all") & (table[["abc", "pattern"]] == "all").all(axis=1)]
    own = ages[(ages["model"] == "lightgbm") & (ages["target"] == "period")]
    assert own[["bias", "coverage_0.5", "coverage_0.9", "placed_0.9"]].notna().all(axis=None)
    for name in own["age"]:
        assert f"age: {name}" in screen


def test_the_screen_shows_the_segments(finished: Path) -> None:
    screen = (finished / "screen.txt").read_text(encoding="utf-8")
    assert "Demand: our model by segment" in screen
    assert "abc: A" in screen
    assert "age: " in screen
    assert "≤q0.9" in screen.split("our model by segment")[1]
