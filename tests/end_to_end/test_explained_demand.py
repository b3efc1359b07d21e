"""Why so much demand is expected: on the screen, in a picture, in the orders, and in the training run."""

from pathlib import Path

import pandas as pd
import pytest

from allocast.adapters.tracking import TrackingStore

pytestmark = pytest.mark.usefixtures("workspace")
SERIES = ("--item", "item-0002", "--location", "store-001")


def test_one_series_is_explained_by_a_sentence_a_table_and_a_picture(allocast):
    screen = allocast("explain", "tiny.yaml", *SERIES, "--periods", "3", "--out", "why/one.png").output
    assert "The next 3 weeks, in units a week:" in screen
    assert "Expected" in screen and " a week, " in screen
    lines = [line.rsplit(maxsplit=1) for line in screen.splitlines()]
    units = {line[0].strip(): line[1] for line in lines if len(line) == 2}
    families = [name for name in units if name in ("recent demand", "season", "group", "age", "calendar")]
    assert len(families) == 5 and {"usual", "expected"} <= set(units)
    assert Path("why/one.png").read_bytes().startswith(b"\x89PNG")
    assert max(len(line) for line in screen.splitlines()) <= 80


def test_all_series_are_explained_on_average(allocast):
    screen = allocast("explain", "tiny.yaml", "--out", "why.svg").output
    assert "on average over 18 series" in " ".join(screen.split())
    assert Path("why.svg").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--item", "item-0002"), "bring both --item and --location, or neither"),
        (("--item", "item-2", "--location", "store-001"), "unknown item with demand 'item-2'; valid are"),
        (("--item", "item-0002", "--location", "store-1"), "unknown location of item item-0002 'store-1'"),
        ((*SERIES, "--periods", "13"), "within its horizon of 12 periods; asked are 13"),
        ((*SERIES, "--out", "why.txt"), "a picture is written as .png, .svg or .pdf"),
    ],
)
def test_what_cannot_be_explained_is_refused(allocast, arguments, message):
    assert message in allocast("explain", "tiny.yaml", *arguments, code=2).stderr


def test_every_order_says_why_its_demand_is_expected_and_other_rows_are_silent(allocast):
    allocast("recommend", "tiny.yaml", "--out", "now.csv")
    table = pd.read_csv("now.csv", keep_default_na=False)
    ordered = table["order_units"] > 0
    assert ordered.any()
    assert table.loc[ordered, "demand_reason"].str.startswith("Expected ").all()
    assert (table.loc[~ordered, "demand_reason"] == "").all()


def test_the_training_run_shows_what_moves_the_forecasts(workspace):
    client = TrackingStore(workspace / "mlruns").client
    (experiment,) = [found for found in client.search_experiments() if found.name == "tiny/demand"]
    runs = client.search_runs([experiment.experiment_id])
    (parent,) = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    names = {artifact.path for artifact in client.list_artifacts(parent.info.run_id)}
    assert {"contributions.png", "contributions.csv", "importance.png"} <= names
