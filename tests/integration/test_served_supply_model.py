"""A supplier model in the registry: what it says there, and through MLflow's own interface, is what it said before."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from allocast.adapters.registry import ModelRegistry
from allocast.adapters.tracking import TrackingStore
from allocast.supply.orders.order_features import OrderLines
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.supplier_model import SupplierModel, SupplierModelSettings

AS_OF = np.datetime64("2024-01-31")
ASK = """
import sys
from pathlib import Path
import mlflow, pandas as pd
folder = Path(sys.argv[1])
model = mlflow.pyfunc.load_model(str(next(folder.rglob("MLmodel")).parent))
model.predict(pd.read_parquet(folder / "asked.parquet")).to_parquet(folder / "answered.parquet")
print(model.metadata.signature is not None and model.input_example is not None)
"""


def text(values) -> np.ndarray:
    return np.array([str(value) for value in values], dtype=object)


@pytest.fixture(scope="module")
def orders() -> PurchaseOrders:
    rng = np.random.default_rng(2)
    n = 400
    ordered_on = np.datetime64("2023-01-01") + np.sort(rng.integers(0, 380, n))
    received_on = ordered_on + rng.integers(5, 40, n)
    return PurchaseOrders(
        order_line_id=text(range(n)), supplier_id=text(rng.integers(0, 4, n)), item_id=text(rng.integers(0, 3, n)),
        location_id=text(["l"] * n), ordered_on=ordered_on, promised_on=ordered_on + 20, received_on=received_on,
        units_ordered=np.full(n, 4.0), units_received=np.full(n, 4.0), shipment_id=text(range(n)),
        attributes=pd.DataFrame({"mode": rng.choice(["air", "sea"], n)}),
    )  # fmt: skip


@pytest.fixture(scope="module")
def model(orders) -> SupplierModel:
    settings = SupplierModelSettings(rounds=10)
    return SupplierModel.train(orders, as_of=AS_OF, settings=settings, seed=1)


def asked(model: SupplierModel, orders: PurchaseOrders) -> pd.DataFrame:
    """The features of some lines, by name; one is not known."""
    lines = OrderLines.of_orders(orders.take(np.arange(50)))
    features = model.features(lines, history=orders.known_at(AS_OF), as_of=AS_OF)
    frame = pd.DataFrame(features, columns=model.example_features.columns)
    frame.loc[0, frame.columns[0]] = np.nan
    return frame


def test_a_stored_model_arrives_at_the_same_chances_to_the_last_bit(tmp_path: Path, model, orders) -> None:
    registry = ModelRegistry(TrackingStore(tmp_path / "mlruns"))
    with registry.store.run("supply", "training") as run:
        version = registry.register("shop-supply", model, run=run, signature_input=model.example_features)
    registry.promote("shop-supply", version.version, "champion", reason="first", actor="test", evidence={})
    loaded = registry.load("shop-supply", kind="supply").bundle
    assert loaded.state() == model.state()
    known = orders.known_at(AS_OF)
    waiting = known.take(known.is_open)
    window = {"history": orders, "as_of": AS_OF, "period_days": 7, "n_periods": 8}
    before, after = (each.arrivals(waiting, **window).probability for each in (model, loaded))
    assert len(waiting) > 10
    assert before.tobytes() == after.tobytes()


def test_any_mlflow_tool_gets_the_same_answers_without_pickle(tmp_path: Path, model, orders) -> None:
    registry = ModelRegistry(TrackingStore(tmp_path / "mlruns"))
    with registry.store.run("supply", "training") as run:
        registry.register("shop-supply", model, run=run, signature_input=model.example_features)
    table = asked(model, orders)
    table.to_parquet(tmp_path / "asked.parquet")
    said = subprocess.run(
        [sys.executable, "-c", ASK, str(tmp_path)],
        env=os.environ | {"MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert said.returncode == 0, said.stderr
    answered, own = pd.read_parquet(tmp_path / "answered.parquet"), model.predict_table(table)
    assert said.stdout.splitlines()[-1] == "True"
    assert json.dumps(list(answered)) == json.dumps(list(own))
    assert answered.to_numpy().tobytes() == own.to_numpy().tobytes()
