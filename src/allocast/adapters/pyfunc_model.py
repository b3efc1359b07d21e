"""The code that MLflow keeps beside every registered model, so that any MLflow tool can load and ask it."""

from typing import Any

import pandas as pd

from allocast.adapters.bundles import read_bundle, served_table
from allocast.adapters.tracking import quiet_mlflow

with quiet_mlflow():
    from mlflow.models import set_model
    from mlflow.pyfunc import PythonModel


class BundleModel(PythonModel):  # type: ignore[misc]  # mypy skips mlflow
    """A registered bundle behind MLflow's general interface."""

    def load_context(self, context: Any) -> None:
        """Read the bundle that was stored with this model."""
        self.bundle = read_bundle(context.artifacts["bundle"])

    def predict(self, model_input: pd.DataFrame) -> pd.DataFrame:
        """What the bundle answers to this table."""
        return served_table(self.bundle, model_input)


set_model(BundleModel())
