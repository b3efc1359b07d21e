"""What the rulebook would have cost in past windows, by what was known at their beginnings."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from allocast.inventory.policies import ProjectedNeed
from allocast.workflows.folds import Fold
from allocast.workflows.job import open_job
from allocast.workflows.rulebook import job_rulebook
from allocast.workflows.ruled_past import ruled_policy

ROOT = Path(__file__).parents[2]
START = np.datetime64("2022-10-03")
AFTER = pd.Timestamp("2022-10-03")


CONFIG = """\
name: ruled
seed: 6
data:
  kind: demo
  root: tables
  world: {n_items: 6, n_locations: 2, n_suppliers: 3, n_periods: 110, n_future: 6}
costs: {kind: shares, holding_share_per_year: 0.4, margin_share_lost: 0.25}
demand: {horizon: 8, anchors: [3, 5], rounds: 5, calibration_periods: 12, first_origin: 20, threads: 1}
supply: {rounds: 5, threads: 1}
backtest:
  windows: 2
  shape: {periods: 4, decisions: 3, scored_from: 2}
  policies: [{kind: order_up_to}, {kind: projected_need}]
paths: 20
"""


@pytest.fixture
def rulebook(tmp_path, monkeypatch):
    """A job that has its tables and has trained nothing, and its rulebook."""
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "configs" / "rulebooks" / "demo.yaml").read_text(encoding="utf-8")
    Path("demo.yaml").write_text(text.replace("2023-01-01", "2021-01-01"), encoding="utf-8")
    Path("made.yaml").write_text(CONFIG, encoding="utf-8")
    open_job(Path("made.yaml"))  # writes the tables
    own = CONFIG.splitlines()
    own[2:6] = ["data: {kind: tables, root: tables}"]
    Path("own.yaml").write_text("\n".join(own), encoding="utf-8")
    return "rulebook=demo.yaml"


def values_at_start(rulebook):
    """Effective values in the window that begins at ``START``."""
    job = open_job(Path("own.yaml"), [rulebook])
    end = job.frequency.shifted(START, -1)
    known = job.panel.take(job.able).until(end)
    today = known.frequency.end_of(known.as_of)
    lead_time = job.lead_times(job.contracts, history=job.orders.known_at(today), as_of=today)
    fold = Fold(start=START, known=known, demand=None, lead_time=lead_time, agent=None)
    return ruled_policy(job, fold, job_rulebook(job), ProjectedNeed()).values


def change(name, changed):
    path = Path("tables") / f"{name}.parquet"
    changed(pd.read_parquet(path)).to_parquet(path, index=False)


def with_other_sales(table, since=AFTER):
    """From a day on, what sold most sells nothing and the rest ten times as much."""
    later = (table["date"] >= since) & table["units"].notna()
    best = table.groupby(["item_id", "location_id"])["units"].transform("sum").rank(pct=True) > 0.5
    table.loc[later, "units"] *= np.where(best[later], 0, 10)
    return table


def with_late_receipts(table):
    later = table["received_on"] >= AFTER
    table.loc[later, "received_on"] += pd.Timedelta(days=60)
    return table


def test_nothing_within_a_window_changes_the_segments_at_its_beginning(rulebook):
    before = values_at_start(rulebook)
    change("demand", with_other_sales)
    change("purchase_orders", with_late_receipts)
    change("receipts", with_late_receipts)
    pd.testing.assert_frame_equal(values_at_start(rulebook), before)
    change("demand", lambda table: with_other_sales(table, AFTER - pd.Timedelta(weeks=60)))
    assert not values_at_start(rulebook).equals(before)


def test_the_rulebook_stands_beside_the_champion_and_is_no_candidate(rulebook, allocast):
    screen = allocast("backtest", "own.yaml", rulebook, "supply=null").output
    assert "would have cost" in screen
    assert "a rulebook is no candidate for champion" in " ".join(screen.split())
    (paths,) = {path.parent for path in Path("mlruns").rglob("rulebook.csv")}
    summary, beside = (pd.read_csv(paths / name) for name in ("policies.csv", "rulebook.csv"))
    ruled = summary[summary["policy"].str.contains(" under demo/")]
    assert len(ruled) == 1
    assert beside["policy"].tolist() == [ruled["policy"].iloc[0].split(" under ")[0], *ruled["policy"]]
    assert not pd.read_csv(paths / "paired.csv")["policy"].str.contains(" under ").any()
