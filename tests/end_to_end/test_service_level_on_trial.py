"""An agent without a network on trial: trained from a config, recommending, explained."""

from pathlib import Path

import pandas as pd

CONFIG = """\
name: levels
data:
  kind: demo
  root: tables
  world: {n_items: 6, n_locations: 2, n_suppliers: 2, n_periods: 90, n_future: 12}
demand: {horizon: 12, rounds: 5, calibration_periods: 20, first_origin: 20, smallest_leaf: 20, threads: 1}
agent: {algorithm: service_level, past_windows: 2, total_steps: 3, classical_level: 0.7}
backtest: {windows: 1, shape: {periods: 6, decisions: 4, scored_from: 2}}
paths: 20
"""


def test_its_orders_say_their_level_and_can_be_taken_apart(allocast, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("levels.yaml").write_text(CONFIG, encoding="utf-8")
    for model in ("demand", "agent", "agent"):  # the second agent is the challenger
        allocast("train", model, "levels.yaml")
    allocast("recommend", "levels.yaml", "--challenger", "agent", "--out", "trial.csv")
    trial = pd.read_csv("trial.csv", keep_default_na=False)
    decided = trial[trial["policy"] == "agent(service_level)"]
    assert len(decided) > 0
    assert decided["reason"].str.contains("Service level").all()
    first = decided.iloc[0]
    series = ("--item", first["item_id"], "--location", first["location_id"])
    screen = allocast("explain", "levels.yaml", "--order", *series, "--challenger", "agent").output
    for words in ("usual level", "what sold lately", "order of the agent", "decisions_left"):
        assert words in screen
