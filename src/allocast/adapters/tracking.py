"""Runs, their parameters, metrics, plots and data digests, kept in MLflow."""

import json
import os
import sqlite3
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pandas as pd
from filelock import FileLock

from allocast.errors import DataError, RegistryError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Run", "TrackingStore", "quiet_mlflow"]

_MLFLOW_DEFAULTS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",  # it would call home
    "MLFLOW_UV_AUTO_DETECT": "false",  # it would copy a lock file of the working folder into every model
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
}
_MLFLOW_WARNINGS = [  # raised by MLflow 3.17 against itself, whatever the caller does
    (DeprecationWarning, "The ``noload`` loader strategy is deprecated"),
    (DeprecationWarning, "Operation with range is deprecated"),
    (UserWarning, ".*Any type hint is inferred as AnyType"),
]
_LOCATION_COLUMNS = [  # where MLflow's database keeps absolute artifact locations
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
]
_METRICS_PER_CALL, _PARAMS_PER_CALL = 1000, 100  # MLflow refuses more in one call
_PARAM_LENGTH = 500  # MLflow cuts at 6000 without saying where the rest is
_DIGEST_LENGTH = 36  # MLflow's column for a data digest


@contextmanager
def quiet_mlflow() -> Iterator[Any]:
    """The ``mlflow`` module, imported only here, without network calls and without its own known warnings."""
    for name, value in _MLFLOW_DEFAULTS.items():
        os.environ.setdefault(name, value)
    with warnings.catch_warnings():
        for category, message in _MLFLOW_WARNINGS:
            warnings.filterwarnings("ignore", message=message, category=category)
        import mlflow
        import mlflow.pyfunc

        yield mlflow


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run that is being recorded; made by `TrackingStore.run`."""

    store: "TrackingStore"
    experiment: str
    experiment_id: str
    run_id: str

    def child(self, name: str) -> AbstractContextManager["Run"]:
        """A run inside this one, such as a fold."""
        return self.store.run(self.experiment, name, parent=self)

    def params(self, settings: Mapping[str, Any]) -> None:
        """Record settings: as searchable parameters under dotted keys, and in full as ``settings.json``."""
        from mlflow.entities import Param

        flat = {key: str(value) for key, value in _flattened(settings)}
        params = [Param(key, _shortened(value)) for key, value in flat.items()]
        for start in range(0, len(params), _PARAMS_PER_CALL):
            self._client.log_batch(self.run_id, params=params[start : start + _PARAMS_PER_CALL])
        self.text(json.dumps(settings, indent=2, default=str), "settings.json")

    def metrics(self, values: Mapping[str, float], step: int | None = None) -> None:
        """Record metrics, all in one call."""
        self._log_metrics([(name, value, step or 0) for name, value in values.items()])

    def metric_history(self, histories: Mapping[str, Sequence[float]]) -> None:
        """Record whole learning curves; the place in a sequence is the step, from 0."""
        self._log_metrics(
            [(name, value, step) for name, curve in histories.items() for step, value in enumerate(curve)]
        )

    def text(self, text: str, name: str) -> None:
        """Keep a text as the artifact of this name."""
        self._keep(name, lambda path: path.write_text(text, encoding="utf-8"))

    def figure(self, figure: "Figure", name: str) -> None:
        """Keep a matplotlib figure as the artifact of this name; its ending says the format."""
        self._keep(name, figure.savefig)

    def table(self, frame: pd.DataFrame, name: str) -> None:
        """Keep a table, without its index, as the artifact of this name.

        Raises
        ------
        DataError
            The name ends neither in ``.csv`` nor in ``.parquet``.
        """
        if name.endswith(".parquet"):
            self._keep(name, lambda path: frame.to_parquet(path, index=False))
        elif name.endswith(".csv"):
            self._keep(name, lambda path: frame.to_csv(path, index=False))
        else:
            raise DataError(f"a table is kept as .csv or .parquet; its name is {name!r}.")

    def dataset(self, frame: pd.DataFrame, name: str, context: str, digest: str) -> None:
        """Record which data went in, by digest: the data themselves are not copied.

        Parameters
        ----------
        frame : DataFrame
            The data; its columns, types and size are recorded.
        name : str
            The table's name, such as ``demand``.
        context : str
            What it was used for, such as ``training``.
        digest : str
            Of the content; MLflow's own column holds 36 characters of it, the data set's source all.
        """
        # Built by hand: mlflow.data.from_pandas probes git and warns about every whole-number column.
        from mlflow.entities import Dataset, DatasetInput, InputTag

        columns = [{"name": str(column), "type": str(dtype)} for column, dtype in frame.dtypes.items()]
        source = {"tags": {"mlflow.source.name": "allocast", "digest": digest}}
        dataset = Dataset(
            name=name,
            digest=digest[:_DIGEST_LENGTH],
            source_type="code",
            source=json.dumps(source),
            schema=json.dumps({"mlflow_colspec": columns}),
            profile=json.dumps({"num_rows": len(frame), "num_elements": int(frame.size)}),
        )
        used = DatasetInput(dataset, tags=[InputTag("mlflow.data.context", context)])
        self._client.log_inputs(self.run_id, datasets=[used])

    @property
    def _client(self) -> Any:
        return self.store.client

    def _log_metrics(self, points: list[tuple[str, float, int]]) -> None:
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        metrics = [Metric(name, float(value), now, step) for name, value, step in points]
        for start in range(0, len(metrics), _METRICS_PER_CALL):
            self._client.log_batch(self.run_id, metrics=metrics[start : start + _METRICS_PER_CALL])

    def _keep(self, name: str, write: Any) -> None:
        """Write one artifact; a name such as ``plots/fold.png`` puts it into a folder."""
        folder, _, file = name.rpartition("/")
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / file
            write(path)
            self._client.log_artifact(self.run_id, str(path), folder or None)


class TrackingStore:
    """A folder with MLflow's database and artifacts, or a tracking server with a folder for what is our own.

    Nothing is opened, and MLflow not imported, before the first use. Many processes may open an empty folder
    at once. A folder that was moved is put right on the next use: MLflow stores absolute artifact locations.

    Parameters
    ----------
    folder : Path
        Holds ``mlflow.db``, ``artifacts/`` and the registry's alias history; made when missing.
    tracking_uri : str, optional
        Of another database or a tracking server, instead of ``mlflow.db``.
    artifact_location : str, optional
        URI under which artifacts are put, instead of ``artifacts/``.
    """

    def __init__(
        self, folder: Path, *, tracking_uri: str | None = None, artifact_location: str | None = None
    ) -> None:
        self.folder = folder.resolve()
        self._database = self.folder / "mlflow.db" if tracking_uri is None else None
        self.tracking_uri = tracking_uri or f"sqlite:///{self._database}"
        self._marker = self.folder / "store.json"
        self._owns_artifacts = artifact_location is None
        self.artifact_location = (artifact_location or (self.folder / "artifacts").as_uri()).rstrip("/")

    @cached_property
    def client(self) -> Any:
        """MLflow's client for this store.

        Raises
        ------
        RegistryError
            The database was made by another version of MLflow; the message says how to upgrade it.
        """
        if not self._is_ready():
            self.folder.mkdir(parents=True, exist_ok=True)
            # MLflow's migrations break when two processes run them on one empty database.
            with FileLock(self.folder / "store.lock"):
                if not self._is_ready():
                    self._prepare()
        return self._open()

    @contextmanager
    def run(
        self, experiment: str, name: str, *, parent: Run | None = None, tags: Mapping[str, str] | None = None
    ) -> Iterator[Run]:
        """Record one run: finished when the block ends, failed (and raised again) when it raises.

        Parameters
        ----------
        experiment : str
            One a model kind; made when missing.
        name : str
            Of the run, for people.
        parent : Run, optional
            The run inside which this one belongs.
        tags : mapping, optional
            Short texts to search by, such as the commit.
        """
        experiment_id = self._experiment_id(experiment)
        nested = {"mlflow.parentRunId": parent.run_id} if parent else {}
        info = self.client.create_run(experiment_id, run_name=name, tags={**(tags or {}), **nested}).info
        run = Run(store=self, experiment=experiment, experiment_id=experiment_id, run_id=info.run_id)
        try:
            yield run
        except BaseException as error:
            self.client.set_tag(run.run_id, "error", _shortened(f"{type(error).__name__}: {error}"))
            status = "FAILED" if isinstance(error, Exception) else "KILLED"
            self.client.set_terminated(run.run_id, status)
            raise
        self.client.set_terminated(run.run_id)

    def _experiment_id(self, experiment: str) -> str:
        from_store = self.client.get_experiment_by_name
        found = from_store(experiment)
        if found is None:
            from mlflow.exceptions import MlflowException

            location = f"{self.artifact_location}/{quote(experiment, safe='')}"
            try:
                return str(self.client.create_experiment(experiment, artifact_location=location))
            except MlflowException:
                found = from_store(experiment)  # another process was faster
                if found is None:
                    raise
        return str(found.experiment_id)

    def _open(self) -> Any:
        with quiet_mlflow() as mlflow:
            try:
                return mlflow.MlflowClient(self.tracking_uri, self.tracking_uri)
            except mlflow.MlflowException as error:
                if "out-of-date database schema" not in str(error):
                    raise
                raise RegistryError(
                    f"the tracking database {self.tracking_uri} was made by another version of MLflow. "
                    f"Copy it to a safe place, then run: mlflow db upgrade {self.tracking_uri}"
                ) from error

    def _prepare(self) -> None:
        """Make or adopt the database; the marker is written last, so that a crash here is made good later."""
        if self._database is not None:
            with closing(sqlite3.connect(self._database, timeout=60)) as connection:
                connection.execute("PRAGMA journal_mode=WAL")  # readers and a writer at the same time
        self._open()
        self._follow_a_move()
        scratch = self._marker.with_suffix(".new")
        scratch.write_text(json.dumps(self._locations()), "utf-8")
        scratch.replace(self._marker)  # a reader sees the old file or the new one, never a half

    def _is_ready(self) -> bool:
        database_is_there = self._database is None or self._database.exists()
        return database_is_there and self._marked() == self._locations()

    def _locations(self) -> dict[str, str]:
        return {"tracking_uri": self.tracking_uri, "artifact_location": self.artifact_location}

    def _marked(self) -> dict[str, str]:
        return dict(json.loads(self._marker.read_text("utf-8"))) if self._marker.exists() else {}

    def _follow_a_move(self) -> None:
        """Point the database at the artifacts where they are now, if the folder was elsewhere before."""
        was = self._marked().get("artifact_location", self.artifact_location) + "/"
        now = self.artifact_location + "/"
        if self._database is None or not self._owns_artifacts or was == now:
            return
        with closing(sqlite3.connect(self._database, timeout=60)) as connection, connection:
            for table, column in _LOCATION_COLUMNS:
                connection.execute(
                    f"UPDATE {table} SET {column} = :now || substr({column}, length(:was) + 1) "
                    f"WHERE substr({column}, 1, length(:was)) = :was",
                    {"was": was, "now": now},
                )


def _flattened(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in settings.items():
        if isinstance(value, Mapping) and value:
            yield from _flattened(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _shortened(text: str) -> str:
    return text if len(text) <= _PARAM_LENGTH else f"{text[: _PARAM_LENGTH - 1]}…"
