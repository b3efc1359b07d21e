"""Runs are recorded completely, safely with many processes, silently, and wherever the folder is moved."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlparse
from urllib.request import url2pathname

import pandas as pd
import pytest
from matplotlib.figure import Figure

from allocast.adapters.tracking import TrackingStore
from allocast.errors import DataError, RegistryError

SOURCE = Path(__file__).parents[2] / "src"


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store made once: MLflow needs seconds to make its tables."""
    folder = tmp_path_factory.mktemp("empty") / "mlruns"
    assert TrackingStore(folder).client
    return folder


@pytest.fixture
def store(empty_store: Path, tmp_path: Path) -> Iterator[TrackingStore]:
    """A store of this test alone: a moved copy of the empty one."""
    shutil.copytree(empty_store, tmp_path / "mlruns")
    return TrackingStore(tmp_path / "mlruns")


def python(script: str, *arguments: str | Path) -> subprocess.Popen[str]:
    """Start a fresh interpreter that does not know it is inside a test: MLflow's telemetry looks for that."""
    hidden = ("PYTEST", "CI", "GITHUB", "MLFLOW", "_MLFLOW", "PYTHONPATH")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", script, *map(str, arguments)],
        env={**kept, "PYTHONPATH": str(SOURCE), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


ONE_RUN = """
import sys
from pathlib import Path
from allocast.adapters.tracking import TrackingStore
with TrackingStore(Path(sys.argv[1])).run("demand", sys.argv[2]) as run:
    run.metrics({"loss": 1.0})
"""


@pytest.mark.slow
def test_sixteen_processes_that_open_an_empty_store_at_once_all_succeed(tmp_path: Path) -> None:
    processes = [python(ONE_RUN, tmp_path / "mlruns", f"run {number}") for number in range(16)]
    said = [process.communicate(timeout=600)[0] for process in processes]
    assert said == [""] * 16
    assert [process.returncode for process in processes] == [0] * 16
    store = TrackingStore(tmp_path / "mlruns")
    demand = store.client.get_experiment_by_name("demand")
    runs = store.client.search_runs([demand.experiment_id])
    assert {run.info.run_name for run in runs} == {f"run {number}" for number in range(16)}


def test_the_database_lets_readers_and_a_writer_work_together(store: TrackingStore) -> None:
    assert store.client
    with closing(sqlite3.connect(store.folder / "mlflow.db")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_run_keeps_settings_metrics_and_tags(store: TrackingStore) -> None:
    with store.run("demand", "first", tags={"commit": "abc"}) as run:
        run.params({"model": {"learning_rate": 0.05, "lags": [1, 2]}, "seed": 1})
        run.metrics({"pinball": 0.25, "coverage": 0.8})
    recorded = store.client.get_run(run.run_id)
    assert recorded.data.params == {"model.learning_rate": "0.05", "model.lags": "[1, 2]", "seed": "1"}
    assert recorded.data.metrics == {"pinball": 0.25, "coverage": 0.8}
    assert recorded.data.tags["commit"] == "abc"
    assert recorded.info.status == "FINISHED"


def test_a_long_setting_is_cut_as_a_parameter_but_kept_in_full(store: TrackingStore) -> None:
    with store.run("demand", "long") as run:
        run.params({f"key_{number}": "x" * 9000 for number in range(150)})
    assert len(store.client.get_run(run.run_id).data.params["key_149"]) == 500
    assert artifact(store, run.run_id, "settings.json").read_text().count("x" * 9000) == 150


def test_a_learning_curve_is_kept_step_by_step(store: TrackingStore) -> None:
    with store.run("agent", "curve") as run:
        run.metric_history({"reward": [float(step) for step in range(1500)]})
        run.metrics({"loss": 3.0}, step=7)
    points = store.client.get_metric_history(run.run_id, "reward")
    assert [(point.step, point.value) for point in points] == [(step, float(step)) for step in range(1500)]
    assert store.client.get_metric_history(run.run_id, "loss")[0].step == 7


def test_a_fold_is_a_run_inside_its_run(store: TrackingStore) -> None:
    with store.run("demand", "job") as job, job.child("fold 1") as fold:
        fold.metrics({"pinball": 0.3})
    recorded = store.client.get_run(fold.run_id)
    assert recorded.data.tags["mlflow.parentRunId"] == job.run_id
    assert recorded.info.experiment_id == job.experiment_id
    assert recorded.info.run_name == "fold 1"


def test_a_run_that_raises_is_marked_failed_and_raises_on(store: TrackingStore) -> None:
    with (
        pytest.raises(ValueError, match="no data"),
        store.run("demand", "job") as job,
        job.child("fold") as fold,
    ):
        raise ValueError("no data")
    for run in (job, fold):
        assert store.client.get_run(run.run_id).info.status == "FAILED"
    assert store.client.get_run(fold.run_id).data.tags["error"] == "ValueError: no data"


def test_an_interrupted_run_is_marked_killed(store: TrackingStore) -> None:
    with pytest.raises(KeyboardInterrupt), store.run("demand", "job") as run:
        raise KeyboardInterrupt
    assert store.client.get_run(run.run_id).info.status == "KILLED"


def test_texts_figures_and_tables_are_kept_as_files(store: TrackingStore) -> None:
    frame = pd.DataFrame({"item_id": ["a", "b"], "units": [1.5, 2.5]})
    figure = Figure()
    figure.subplots().plot([1, 2])
    with store.run("demand", "files") as run:
        run.text("é", "notes/why.txt")
        run.figure(figure, "plots/fit.png")
        run.table(frame, "folds.csv")
        run.table(frame, "folds.parquet")
    assert artifact(store, run.run_id, "notes/why.txt").read_text("utf-8") == "é"
    assert artifact(store, run.run_id, "plots/fit.png").read_bytes().startswith(b"\x89PNG")
    pd.testing.assert_frame_equal(pd.read_csv(artifact(store, run.run_id, "folds.csv")), frame)
    pd.testing.assert_frame_equal(pd.read_parquet(artifact(store, run.run_id, "folds.parquet")), frame)


def test_a_table_of_an_unknown_format_is_refused(store: TrackingStore) -> None:
    with pytest.raises(DataError, match=r"'folds\.xlsx'"), store.run("demand", "files") as run:
        run.table(pd.DataFrame(), "folds.xlsx")


def test_a_data_set_is_recorded_by_its_digest(store: TrackingStore) -> None:
    frame = pd.DataFrame({"item_id": ["a"], "units": [1], "received_on": [None]})
    with store.run("demand", "data") as run:
        run.dataset(frame, "demand", "training", "d" * 64)
    used = store.client.get_run(run.run_id).inputs.dataset_inputs[0]
    assert (used.dataset.name, used.dataset.digest) == ("demand", "d" * 36)
    assert "d" * 64 in used.dataset.source
    assert [(tag.key, tag.value) for tag in used.tags] == [("mlflow.data.context", "training")]


def test_new_files_of_an_old_experiment_go_where_the_folder_was_moved(
    store: TrackingStore, tmp_path: Path
) -> None:
    with store.run("demand", "before") as old:
        old.text("old", "note.txt")
    moved = TrackingStore(store.folder.rename(tmp_path / "else where"))
    with moved.run("demand", "after") as new:
        new.text("new", "note.txt")
    assert artifact(moved, old.run_id, "note.txt").read_text() == "old"
    assert artifact(moved, new.run_id, "note.txt").is_relative_to(tmp_path / "else where")
    assert not (tmp_path / "mlruns").exists()


def test_artifacts_can_be_kept_elsewhere(empty_store: Path, tmp_path: Path) -> None:
    uri, files = f"sqlite:///{empty_store}/mlflow.db", tmp_path / "files"
    store = TrackingStore(tmp_path / "mlruns", tracking_uri=uri, artifact_location=files.as_uri())
    with store.run("elsewhere", "one") as run:
        run.text("here", "note.txt")
    assert artifact(store, run.run_id, "note.txt").is_relative_to(files)


def test_a_database_of_another_mlflow_is_refused_with_the_command_that_upgrades_it(
    store: TrackingStore,
) -> None:
    with closing(sqlite3.connect(store.folder / "mlflow.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '451aebb31d03'")
    with pytest.raises(RegistryError, match="run: mlflow db upgrade sqlite:///"):
        _ = store.client


def test_nothing_is_imported_or_opened_before_the_first_use(tmp_path: Path) -> None:
    script = """
import sys
from pathlib import Path
from allocast.adapters import registry, tracking
registry.ModelRegistry(tracking.TrackingStore(Path(sys.argv[1])))
print(sorted({"mlflow", "sqlalchemy", "matplotlib"} & sys.modules.keys()), Path(sys.argv[1]).exists())
"""
    assert python(script, tmp_path / "mlruns").communicate(timeout=300)[0] == "[] False\n"


def test_tracking_makes_no_network_call_and_says_nothing(store: TrackingStore) -> None:
    script = """
import socket, time
def refuse(*arguments, **named):
    print("network:", arguments, flush=True)
    raise OSError("no network in this test")
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
"""
    script += ONE_RUN + "time.sleep(0.5)  # a thread in the background would have called by now\n"
    process = python(script, store.folder, "quiet")
    assert process.communicate(timeout=300)[0] == ""
    assert process.returncode == 0


def artifact(store: TrackingStore, run_id: str, name: str) -> Path:
    """Where the store says an artifact lies."""
    return Path(url2pathname(urlparse(store.client.get_run(run_id).info.artifact_uri).path)) / name
