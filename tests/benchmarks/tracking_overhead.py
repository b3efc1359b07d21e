"""Print what tracking adds to a run: ``python tests/benchmarks/tracking_overhead.py``."""

import json
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import pandas as pd
from matplotlib.figure import Figure

from allocast.adapters.bundles import BUNDLE_CLASSES
from allocast.adapters.registry import ModelRegistry
from allocast.adapters.tracking import TrackingStore, quiet_mlflow


@dataclass(frozen=True)
class Megabyte:
    """A model of a realistic size that needs no training."""

    kind: ClassVar[str] = "benchmark"
    text: bytes = b"x" * 1_000_000

    def state(self) -> dict[str, bytes]:
        return {"model.txt": self.text}

    @classmethod
    def from_state(cls, files: Mapping[str, bytes]) -> Self:
        return cls(files["model.txt"])

    def predict_table(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frame[["units"]]


FRAME = pd.DataFrame({"item_id": ["a"] * 100_000, "units": range(100_000)})
SETTINGS = {"model": {f"key_{number}": number for number in range(50)}}
METRICS = {f"metric_{number}": float(number) for number in range(50)}


def one_run(store: TrackingStore) -> None:
    """A training run as the workflows record one: settings, data, five folds, a plot, a table, a model."""
    figure = Figure()
    figure.subplots().plot([1, 2])
    with store.run("demand", "benchmark") as run:
        run.params(SETTINGS)
        run.dataset(FRAME, "demand", "training", "d" * 64)
        for fold in range(5):
            with run.child(f"fold {fold}") as child:
                child.metrics(METRICS)
        run.metrics(METRICS)
        run.metric_history({"loss": [1.0] * 500})
        run.figure(figure, "fit.png")
        run.table(FRAME.head(1000), "folds.csv")
        model = ModelRegistry(store).register("benchmark", Megabyte(), run=run, signature_input=FRAME.head(5))
    ModelRegistry(store).promote(
        "benchmark", model.version, "champion", reason="benchmark", actor="benchmark", evidence={"loss": 1.0}
    )


def seconds(work: Callable[[], Any]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def import_mlflow() -> None:
    """What any use of MLflow costs, once a process."""
    with quiet_mlflow():
        pass


def main() -> None:
    """Measure in the order in which a first run pays."""
    BUNDLE_CLASSES["benchmark"] = f"{__name__}:Megabyte"
    with tempfile.TemporaryDirectory() as scratch:
        store = TrackingStore(Path(scratch) / "mlruns")
        rows = {
            "import mlflow": seconds(import_mlflow),
            "make an empty store, once": seconds(lambda: store.client),
            "first run in this process": seconds(lambda: one_run(store)),
            "second run in this process": seconds(lambda: one_run(store)),
            "load the champion": seconds(lambda: ModelRegistry(store).load("benchmark")),
        }
    print(json.dumps({name: round(value, 3) for name, value in rows.items()}, indent=2))


if __name__ == "__main__":
    main()
