"""Registered models: shown and moved by the command line, loaded by any MLflow tool without pickle."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from allocast.adapters.demand_table import demand_table
from allocast.workflows.job import open_job

pytestmark = pytest.mark.usefixtures("workspace")

KINDS = ("agent", "demand", "policy", "supply")
STRANGER = """
import json, sys
import mlflow
mlflow.set_tracking_uri("sqlite:///mlruns/mlflow.db")
answers = {}
for name in sys.argv[1:]:
    model = mlflow.pyfunc.load_model(f"models:/{name}@champion")
    asked = model.input_example
    answered = model.predict(asked)
    if name.endswith("-demand"):  # a forecast: a row a series and period ahead
        asked = [*range(len(asked.drop_duplicates(["item_id", "location_id"])) * 12)]
    answers[name] = [len(asked), len(answered), int(answered.isna().sum().sum())]
print(json.dumps(answers))
"""
ASK_FOR_A_FORECAST = """
import sys
from pathlib import Path
import mlflow, pandas as pd
mlflow.set_tracking_uri("sqlite:///mlruns/mlflow.db")
folder = Path(sys.argv[1])
model = mlflow.pyfunc.load_model("models:/tiny-demand@champion")
model.predict(pd.read_parquet(folder / "asked.parquet")).to_parquet(folder / "answered.parquet")
"""


def test_every_model_loads_with_plain_mlflow_and_pickle_forbidden():
    names = [f"tiny-{kind}" for kind in KINDS]
    environment = os.environ | {"MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false"}
    said = subprocess.run(
        [sys.executable, "-c", STRANGER, *names],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert said.returncode == 0, said.stderr
    answers = json.loads(said.stdout.splitlines()[-1])
    assert set(answers) == set(names)
    for asked, answered, missing in answers.values():
        assert asked == answered > 0
        assert missing == 0


def test_a_registered_demand_model_answers_a_demand_table_as_the_model_in_memory_does(tmp_path):
    job = open_job(Path("tiny.yaml"))
    model = job.registry.load("tiny-demand").bundle
    table = demand_table(job.panel, model.settings.features)
    table.to_parquet(tmp_path / "asked.parquet")
    said = subprocess.run(
        [sys.executable, "-c", ASK_FOR_A_FORECAST, str(tmp_path)],
        env=os.environ | {"MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert said.returncode == 0, said.stderr
    own = model.forecast(job.panel).to_frame()
    answered = pd.read_parquet(tmp_path / "answered.parquet")
    assert {"item_id", "location_id", "as_of", "date", "mean", "q0.5", "q0.99"} <= set(answered)
    assert answered.to_csv() == own.to_csv()
    for name in own.select_dtypes("number"):
        assert answered[name].to_numpy().tobytes() == own[name].to_numpy().tobytes()


def test_a_registered_demand_model_says_which_columns_it_needs(allocast):
    screen = allocast("models", "show", "tiny-demand", "1").output
    for name in ("item_id", "location_id", "date", "units", "in_stock", "price", "category", "q0.5", "as_of"):
        assert f"'{name}'" in screen


def test_the_run_of_the_demand_model_holds_its_card_and_plots(finished):
    (card,) = (finished / "mlruns" / "artifacts" / "tiny" / "demand").rglob("model_card.md")
    page = card.read_text()
    for words in ("# tiny-demand", "18 series", "scaled_pinball", "as out of stock", "## What it is not for"):
        assert words in page
    assert "Not judged by segments" not in page
    assert {"calibration.png", "importance.png", "scores.csv"} <= {
        path.name for path in card.parent.iterdir()
    }


def test_the_run_of_the_supplier_model_holds_its_card_scorecards_and_plots(finished):
    (card,) = (finished / "mlruns" / "artifacts" / "tiny" / "supply").rglob("model_card.md")
    page = card.read_text()
    for words in ("# tiny-supply", "order lines of 3 suppliers", "supplier_model", "## What it is not for"):
        assert words in page
    files = {path.name for path in card.parent.iterdir()}
    assert {
        "survival.png",
        "importance.png",
        "scorecard.csv",
        "scorecard.png",
        "scores.csv",
        "due_day.csv",
    } <= files


def test_nothing_in_the_store_is_pickled(finished):
    suffixes = {path.suffix for path in (finished / "mlruns" / "artifacts").rglob("*") if path.is_file()}
    assert not suffixes & {".pkl", ".pickle", ".joblib", ".cloudpickle", ".pt", ".pth", ".zip"}


def test_the_list_names_every_model_and_its_aliases_on_a_narrow_screen(allocast):
    lines = allocast("models", "list").output.splitlines()
    for kind in KINDS:
        (line,) = [line for line in lines if f"tiny-{kind}" in line]
        assert "champion" in line


def test_a_store_without_models_lists_none(allocast):
    assert "tiny" not in allocast("models", "list", "--tracking", "empty").output


def test_a_version_is_shown_with_settings_signature_and_data(allocast):
    screen = allocast("models", "show", "tiny-demand", "1").output
    for words in ("demand.horizon: 12", "period.scaled_pinball", "signature", "purchase_orders", "champion"):
        assert words in screen


def test_promoting_moves_the_alias_and_the_history_says_who_and_why(allocast):
    allocast("train", "supply", "tiny.yaml")
    said = allocast("models", "promote", "tiny-supply", "2", "--reason", "won the trial").output
    assert "champion of tiny-supply is now version 2" in said
    history = allocast("models", "history", "tiny-supply").output
    assert "won the trial" in " ".join(history.split())
    allocast("recommend", "tiny.yaml", "--out", "again.csv")
    assert "tiny-supply/2" in Path("again.csv").read_text()


def test_promoting_without_a_reason_is_refused(allocast):
    assert "--reason" in allocast("models", "promote", "tiny-supply", "1", code=2).stderr
    empty = allocast("models", "promote", "tiny-supply", "1", "--reason", " ", code=2)
    assert "needs a reason" in empty.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "tiny-demand", "9"),
        ("promote", "tiny-demand", "9", "--reason", "why not"),
        ("history", "tiny-nothing"),
    ],
)
def test_a_version_that_does_not_exist_is_refused_in_one_line(allocast, arguments):
    error = allocast("models", *arguments, code=2).stderr
    assert error.startswith("error: ")
    assert len(error.splitlines()) == 1
