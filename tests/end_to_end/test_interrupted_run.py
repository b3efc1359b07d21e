"""A run that is killed leaves whole files or none, and a store that goes on."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures("workspace")

COMMAND = [sys.executable, "-c", "from allocast.cli.main import app; app()", "run", "tiny.yaml"]
PATIENCE = 60.0  # seconds: only so that a broken command does not hang the suite


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is of POSIX")
def test_a_run_killed_at_work_leaves_the_old_results_whole(allocast):
    before = {path: path.read_bytes() for path in Path("out").iterdir()}
    runs = set(Path("mlruns/artifacts/tiny").glob("*/*"))
    process = subprocess.Popen([*COMMAND, "--out", "out/orders.csv"], stderr=subprocess.DEVNULL)
    until = time.monotonic() + PATIENCE
    while set(Path("mlruns/artifacts/tiny").glob("*/*")) <= runs and time.monotonic() < until:
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert {path: path.read_bytes() for path in Path("out").iterdir()} == before
    allocast("recommend", "tiny.yaml", "--out", "out/again.csv")
    assert Path("out/again.csv").exists()


def test_a_process_killed_while_it_writes_leaves_the_old_file_and_the_next_cleans_up(allocast):
    script = """
import os, signal
import pandas as pd
from allocast.cli.main import app
whole = pd.DataFrame.to_csv
def half(frame, path, **options):
    whole(frame.head(3), path, **options)
    os.kill(os.getpid(), signal.SIGKILL)
pd.DataFrame.to_csv = half
app(["recommend", "tiny.yaml", "--out", "out/orders.csv"])
"""
    before = Path("out/orders.csv").read_bytes()
    killed = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL
    assert Path("out/orders.csv").read_bytes() == before
    assert any(path.name.startswith(".orders.csv.") for path in Path("out").iterdir())
    allocast("recommend", "tiny.yaml", "--out", "out/orders.csv")
    assert Path("out/orders.csv").read_bytes() == before
    assert not any(path.name.startswith(".") for path in Path("out").iterdir())
