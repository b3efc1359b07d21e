"""One small job, run once for all tests; each test works on a copy of its folder."""

import contextlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from filelock import FileLock
from typer.testing import CliRunner

from allocast.cli.main import app

CONFIG = """\
name: tiny
seed: 6
data:
  kind: demo
  root: tables
  world: {n_items: 6, n_locations: 3, n_suppliers: 3, n_periods: 110, n_future: 12}
costs: {kind: shares, holding_share_per_year: 0.4, margin_share_lost: 0.25}
demand:
  horizon: 12
  anchors: [3, 5]
  rounds: 15
  largest_rows: 20000
  calibration_periods: 12
  first_origin: 20
  threads: 1
  features:
    statics: [category]
    groups: [item_id, location_id]
    known_ahead: [price, promotion, christmas]
supply: {rounds: 20, threads: 1}
agent: {algorithm: ppo, total_steps: 4096, n_envs: 64, hidden_sizes: [8], n_evaluations: 2, evaluation_episodes: 64}
backtest:
  windows: 2
  shape: {periods: 6, decisions: 4, scored_from: 2}
  policies:
    - {kind: moving_average_cover, window: 13, cover_periods: 4}
    - {kind: order_up_to}
    - {kind: projected_need}
paths: 20
"""
Command = Callable[..., Any]


def run_command(*arguments: str, code: int = 0) -> Any:
    """An allocast command in this process and folder, which must end with this exit code."""
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == code, f"{arguments}: {result.output}"
    return result


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished ``allocast run``, made once even where several workers test; not to be changed."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "finished_run"
    with FileLock(folder.with_suffix(".lock")):
        if not (folder / "screen.txt").exists():
            folder.mkdir()
            (folder / "tiny.yaml").write_text(CONFIG, encoding="utf-8")
            with contextlib.chdir(folder):
                screen = run_command("run", "tiny.yaml", "--out", "out/orders.csv").output
            (folder / "screen.txt").write_text(screen, encoding="utf-8")
    return folder


@pytest.fixture
def workspace(finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the finished run's folder to work in."""
    folder = shutil.copytree(finished, tmp_path / "work")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def unregistered(workspace: Path) -> Path:
    """A folder to work in with config and tables, before anything was trained."""
    shutil.rmtree(workspace / "mlruns")
    shutil.rmtree(workspace / "out")
    return workspace


@pytest.fixture(scope="session")
def allocast() -> Command:
    """An allocast command in this process, as ``allocast("models", "list", code=0)``."""
    return run_command


@pytest.fixture
def orders(finished: Path) -> pd.DataFrame:
    """The recommendations of the finished run; ids are text, empty text is empty."""
    return pd.read_csv(finished / "out" / "orders.csv", keep_default_na=False, na_values={"on_hand": [""]})
