"""A model as MLflow stores it: code and text, signature, input example and the versions it was made with; no pickle."""

import tempfile
from contextlib import suppress
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

import pandas as pd

from allocast.adapters.bundles import ModelBundle, served_table, write_bundle
from allocast.adapters.tracking import Run, quiet_mlflow

__all__ = ["log_bundle"]

_PINNED = ("allocast", "mlflow", "numpy", "pandas", "scipy", "lightgbm", "torch", "stable-baselines3")


def log_bundle(
    client: Any, bundle: ModelBundle, *, name: str, run: Run, signature_input: pd.DataFrame
) -> tuple[Any, str]:
    """Store a model with the run that trained it; gives MLflow's logged model and the digest of its files.

    What ``mlflow.pyfunc.log_model`` does, without its global state and its look at git.

    Parameters
    ----------
    client : MlflowClient
    bundle : ModelBundle
    name : str
    run : Run
    signature_input : DataFrame
        A few rows as `served_table` takes them.
    """
    from mlflow.entities import LoggedModelOutput
    from mlflow.models import Model, infer_signature

    example = _signature_columns(signature_input)
    predictions = _signature_columns(served_table(bundle, example))
    logged = client.create_logged_model(
        run.experiment_id, name=name, source_run_id=run.run_id, model_type=bundle.kind
    )
    model = Model(
        artifact_path=logged.artifact_location,
        run_id=run.run_id,
        model_uuid=logged.model_id,
        model_id=logged.model_id,
    )
    with tempfile.TemporaryDirectory() as scratch, quiet_mlflow() as mlflow:
        folder = Path(scratch) / "bundle"
        digest = write_bundle(bundle, folder)
        mlflow.pyfunc.save_model(
            Path(scratch) / "model",
            mlflow_model=model,
            python_model=str(Path(__file__).with_name("pyfunc_model.py")),
            artifacts={"bundle": str(folder)},
            pip_requirements=_requirements(),  # inferring them takes seconds and the network
            signature=infer_signature(example, predictions),
            input_example=example,
        )
        client.log_model_artifacts(logged.model_id, str(Path(scratch) / "model"))
    client.finalize_logged_model(logged.model_id, "READY")
    client.log_outputs(run.run_id, [LoggedModelOutput(logged.model_id, step=0)])
    return logged, digest


def _signature_columns(frame: pd.DataFrame) -> pd.DataFrame:
    """Numbers as doubles (whole-number columns would refuse a missing value), categories as their values."""
    types: dict[Any, Any] = {}
    for column, dtype in frame.dtypes.items():
        if isinstance(dtype, pd.CategoricalDtype):
            types[column] = dtype.categories.dtype
        elif pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype):
            types[column] = "float64"
    return frame.astype(types)


def _requirements() -> list[str]:
    pins = []
    for package in _PINNED:
        with suppress(PackageNotFoundError):  # Allocast itself may run from its source folder
            pins.append(f"{package}=={version_of(package)}")
    return pins
