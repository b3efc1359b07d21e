"""Rulebooks from the command line: what holds, what it costs, what changes, and what recommendations make of it."""

from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]
LAID_OVER = ("tiny.yaml", "rulebook=demo.yaml")
SERIES = ["item_id", "location_id"]


@pytest.fixture
def rulebook(workspace):
    """The demo world's rulebook, as a file to change."""
    path = workspace / "demo.yaml"
    path.write_text(
        (ROOT / "configs" / "rulebooks" / "demo.yaml").read_text(encoding="utf-8"), encoding="utf-8"
    )
    return path


def rewritten(path, old, new, name):
    changed = path.with_name(name)
    changed.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    return name


@pytest.mark.usefixtures("rulebook")
def test_every_effective_value_says_where_it_comes_from(allocast):
    screen = allocast("policy", "show", *LAID_OVER).output
    assert "Series by where their values come from" in screen
    assert max(map(len, screen.splitlines())) <= 120
    values = pd.read_csv("out/policy_values.csv")
    assert len(values) == 18
    origins = values.filter(like="_from").to_numpy().ravel()
    assert {origin.split(":")[0] for origin in origins} == {"default", "rule", "user"}
    own = values[(values[SERIES] == ["item-0001", "store-001"]).all(axis=1)].iloc[0]
    assert own[["cycle_service_level", "cycle_service_level_from"]].tolist() == [0.99, "user: anna"]


@pytest.mark.usefixtures("rulebook")
def test_a_preview_counts_and_costs_each_rule_and_changes_nothing(allocast):
    before = sorted(Path().rglob("*.csv"))
    screen = allocast("policy", "preview", *LAID_OVER).output
    assert "nothing applies yet" in screen
    table = pd.read_csv("out/policy_preview.csv")
    assert table["priority"].dropna().tolist() == [1, 10, 20, 30]
    assert table.iloc[-1]["rule"] == "all together"
    assert (table["changes"] <= table["series"]).all()
    assert sorted({*Path().rglob("*.csv")} - {*before}) == [Path("out/policy_preview.csv")]


def test_recommendations_follow_the_rulebook_and_name_its_version(rulebook, allocast, orders):
    allocast("recommend", *LAID_OVER, "--out", "ruled.csv")
    ruled = pd.read_csv("ruled.csv", keep_default_na=False)
    (version,) = ruled["policy_version"].unique()
    assert version.startswith(orders["policy_version"][0] + " under demo/")
    own = ruled.set_index(SERIES).loc[("item-0001", "store-001")]
    assert own["policy"].endswith("(0.99)")
    assert "cycle service level 0.99 (user: anna)" in own["reason"]
    late = rewritten(rulebook, "2023-01-01", "2033-01-01", "late.yaml")
    refused = allocast("recommend", "tiny.yaml", f"rulebook={late}", "--out", "late.csv", code=2)
    assert "no version of the rulebook is in effect" in refused.stderr


def test_a_diff_says_what_differs_and_ends_with_one(rulebook, allocast):
    assert "say the same" in allocast("policy", "diff", "demo.yaml", "demo.yaml").output
    other = rewritten(rulebook, "0.98", "0.7", "other.yaml")
    screen = allocast("policy", "diff", "demo.yaml", other, code=1).output
    assert "then.cycle_service_level" in screen
    wrong = rewritten(rulebook, "priority: 10", "priority: ten", "wrong.yaml")
    assert "wrong.yaml:18:5" in allocast("policy", "diff", "demo.yaml", wrong, code=2).stderr


def test_a_large_change_does_not_act_until_the_rulebook_approves_it(rulebook, allocast):
    allocast("policy", "recalibrate", *LAID_OVER, "--out", "first.csv")
    allocast("recommend", *LAID_OVER, "calibration=first.csv", "--out", "old.csv")
    other = f"rulebook={rewritten(rulebook, '0.98', '0.6', 'other.yaml')}"
    stale = allocast("recommend", "tiny.yaml", other, "calibration=first.csv", "--out", "stale.csv", code=2)
    assert "policy recalibrate" in stale.stderr
    screen = allocast(
        "policy", "recalibrate", "tiny.yaml", other, "--before", "first.csv", "--out", "second.csv"
    )
    assert "do not act until approved" in screen.output
    waiting = pd.read_csv("out/calibration_changes.csv").query("status == 'needs approval'")
    assert len(waiting) > 0
    allocast("recommend", "tiny.yaml", other, "calibration=second.csv", "--out", "held.csv")
    reasons = pd.read_csv("held.csv", keep_default_na=False)["reason"]
    assert reasons.str.contains("held until its change is approved").sum() == len(waiting)
    approval = "approvals:\n  - {calibrated_on: 2023-02-12, by: eva}\n"
    Path("other.yaml").write_text(Path("other.yaml").read_text() + approval, encoding="utf-8")
    allocast("recommend", "tiny.yaml", other, "calibration=second.csv", "--out", "approved.csv")
    allocast("recommend", "tiny.yaml", other, "--out", "anew.csv")
    approved, anew = (
        pd.read_csv(name).drop(columns="policy_version") for name in ("approved.csv", "anew.csv")
    )
    pd.testing.assert_frame_equal(approved, anew)
    versions = [pd.read_csv(name)["policy_version"][0] for name in ("held.csv", "approved.csv", "anew.csv")]
    assert len(set(versions)) == 3
    assert all(version.startswith(versions[2]) for version in versions)


def test_a_job_without_a_rulebook_is_told_how_to_bring_one(workspace, allocast):
    refused = allocast("policy", "show", "tiny.yaml", code=2)
    assert "rulebook=configs/rulebooks/demo.yaml" in refused.stderr
    assert not (workspace / "out" / "policy_values.csv").exists()
