"""A demand model with covariates of both kinds, asked through MLflow with a demand table."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from allocast.adapters.demand_table import demand_table
from allocast.adapters.registry import ModelRegistry
from allocast.adapters.tracking import TrackingStore
from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.forecast.demand_settings import DemandModelSettings, FeatureSettings
from allocast.forecast.lightgbm_model import DemandModel

SETTINGS = DemandModelSettings(
    horizon=3, anchors=(3,), rounds=5, smallest_leaf=5, first_origin=16, calibration_periods=10, threads=1,
    features=FeatureSettings(lags=(1, 2), windows=(4,), known_ahead=("price",), past_only=("visits",)),
)  # fmt: skip
ASK = """
import json, sys
from pathlib import Path
import mlflow, pandas as pd
folder = Path(sys.argv[1])
model = mlflow.pyfunc.load_model(str(next(folder.rglob("MLmodel")).parent))
said = {}
for path in sorted(folder.glob("*.parquet")):
    try:
        said[path.stem] = model.predict(pd.read_parquet(path))["mean"].tolist()
    except Exception as error:
        said[path.stem] = str(error)
print(json.dumps(said))
"""


def a_panel() -> DemandPanel:
    """Weekly demand of six items, a price known three weeks ahead, visits until now; Mondays of a leap year."""
    rng = np.random.default_rng(6)
    units = rng.poisson(8, (6, 60)).astype(float)
    return DemandPanel(
        series=pd.DataFrame({"item_id": list("abcdef"), "location_id": "here"}),
        periods=np.datetime64("2024-01-01") + 7 * np.arange(60),
        frequency=Frequency.WEEKLY,
        units=units,
        observed=np.ones(units.shape, dtype=bool),
        known_ahead={"price": rng.normal(5, 0.1, (6, 63))},
        past_only={"visits": 10 * np.roll(units, -1)},
    )


def asked_through_mlflow(folder: Path, model: DemandModel, table: pd.DataFrame) -> Any:
    """What the model, once registered, says to every Parquet file of the folder; by their names."""
    registry = ModelRegistry(TrackingStore(folder / "mlruns"))
    with registry.store.run("demand", "training") as run:
        registry.register("shop", model, run=run, signature_input=table)
    said = subprocess.run(
        [sys.executable, "-c", ASK, str(folder)],
        env=os.environ | {"MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(said.stdout.splitlines()[-1])


def test_covariates_of_both_kinds_work_through_mlflow_and_what_is_wrong_is_said(tmp_path: Path) -> None:
    panel = a_panel()
    model = DemandModel.train(panel, SETTINGS, seed=1)
    table = demand_table(panel, SETTINGS.features)
    table.to_parquet(tmp_path / "good.parquet")
    table.fillna({"visits": 3.0}).to_parquet(tmp_path / "later_visits.parquet")
    table[table["units"].notna()].to_parquet(tmp_path / "no_prices.parquet")
    table.drop(columns="visits").to_parquet(tmp_path / "no_visits.parquet")
    answers = asked_through_mlflow(tmp_path, model, table)
    assert answers["good"] == model.forecast(panel).to_frame()["mean"].tolist()
    assert "visits is past only" in answers["later_visits"]
    assert "price is known for 0" in answers["no_prices"]
    assert "visits" in answers["no_visits"]


def test_whole_number_attributes_keep_their_forecasts_through_mlflow_whose_numbers_are_doubles(
    tmp_path: Path,
) -> None:
    panel = a_panel()
    series = panel.series.assign(size=pd.array([3, 3, 10, 10, 7, None], dtype="Int64"), class_=[0, 1] * 3)
    panel = replace(panel, series=series, units=panel.units * np.array([[1], [2], [9], [9], [4], [5]]))
    names = ("size", "class_")
    features = replace(SETTINGS.features, statics=names, groups=names, encodings=names)
    model = DemandModel.train(panel, replace(SETTINGS, rounds=30, features=features), seed=1)
    table = demand_table(panel, features)
    table.astype(dict.fromkeys(names, "float64")).to_parquet(tmp_path / "doubles.parquet")
    answers = asked_through_mlflow(tmp_path, model, table)
    assert model.importance()[list(names)].gt(0).all()
    assert answers["doubles"] == model.forecast(panel).to_frame()["mean"].tolist()
