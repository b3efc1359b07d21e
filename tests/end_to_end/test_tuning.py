"""Tuning from the command line: repeatable, resumable, recorded, and of use."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pandas as pd
import pytest

from allocast.adapters.tracking import TrackingStore
from allocast.workflows.job import resolve

pytest.importorskip("optuna")
pytestmark = pytest.mark.usefixtures("unregistered")

SMALL = (
    "tuning.windows=2", "tuning.outer_windows=1", "tuning.seeds=1", "tuning.origins=2",
    "tuning.space={rounds: {low: 5, high: 30}, learning_rate: {low: 0.03, high: 0.3, log: true}}",
)  # fmt: skip
KILLED = """
import os, signal, sys
from allocast.cli.main import app
from allocast.workflows import tuning_windows
score, calls = tuning_windows.DemandProblem.score, []
def deadly(problem, chosen, fold):
    calls.append(fold)
    if len(calls) == 6:
        os.kill(os.getpid(), signal.SIGKILL)
    return score(problem, chosen, fold)
tuning_windows.DemandProblem.score = deadly
app(sys.argv[1:])
"""


def tune(allocast, *arguments, **options):
    return allocast(
        "tune", "demand", "tiny.yaml", *SMALL, "--trials", "3", "--out", "tuned.yaml", *arguments, **options
    )


def runs(name):
    store = TrackingStore(Path("mlruns"))
    found = store.client.search_runs([store.client.get_experiment_by_name("tiny/demand").experiment_id])
    parents = [run for run in found if run.info.run_name == "tune demand" and run.info.status == name]
    (parent,) = parents
    return parent, [run for run in found if run.data.tags.get("mlflow.parentRunId") == parent.info.run_id]


def artifact(run, name):
    return Path(unquote(run.info.artifact_uri.removeprefix("file://"))) / name


def test_tuned_settings_can_be_pasted_passed_and_found_again_in_the_run(allocast):
    screen = tune(allocast).output
    assert "tuning.outer_windows" not in screen
    assert "one window shows no spread" in " ".join(screen.split())
    assert max(map(len, screen.splitlines())) <= 80
    parent, children = runs("FINISHED")
    assert len(children) == 6
    assert {child.data.tags["state"] for child in children} <= {"finished", "pruned"}
    assert {"rounds", "learning_rate"} <= children[0].data.params.keys()
    assert "outer.gain_percent" in parent.data.metrics
    assert artifact(parent, "tuned.yaml").read_text() == Path("tuned.yaml").read_text()
    overrides = artifact(parent, "overrides.txt").read_text().split()
    pasted = Path("tiny.yaml").read_text().replace("  rounds: 15\n", "")
    section = Path("tuned.yaml").read_text().partition("demand:\n")[2]
    Path("pasted.yaml").write_text(pasted.replace("demand:\n", f"demand:\n{section}"))
    assert (
        resolve(Path("pasted.yaml"), []).settings.demand
        == resolve(Path("tiny.yaml"), overrides).settings.demand
    )


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is of POSIX")
def test_a_killed_tuning_goes_on_and_ends_as_one_that_was_not(allocast):
    arguments = ["tune", "demand", "tiny.yaml", *SMALL, "--trials", "3", "--out", "tuned.yaml"]
    killed = subprocess.run([sys.executable, "-c", KILLED, *arguments], check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert not Path("tuned.yaml").exists()
    tune(allocast)
    parent, children = runs("FINISHED")
    resumed = [child for child in children if child.data.tags["resumed"] == "true"]
    assert 2 <= len(resumed) < len(children) == 6
    interrupted = pd.read_csv(artifact(parent, "trials.csv"))
    tune(allocast, "tracking=elsewhere", "--out", "whole.yaml")
    (whole,) = Path("elsewhere").rglob("trials.csv")
    pd.testing.assert_frame_equal(pd.read_csv(whole), interrupted)
    assert Path("whole.yaml").read_text().partition("demand:")[2] == section_of("tuned.yaml")


def section_of(name):
    return Path(name).read_text().partition("demand:")[2]


def test_a_history_too_short_is_refused_in_one_line(allocast):
    error = tune(allocast, "tuning.windows=30", code=2).stderr
    assert error.startswith("error: a history of ")
    assert len(error.splitlines()) == 1


def test_a_file_that_is_not_yaml_is_refused_before_any_work(allocast):
    error = tune(allocast, "--out", "tuned.csv", code=2).stderr
    assert "written as .yaml or .yml" in error
    assert not Path("mlruns").exists()


def test_without_optuna_the_command_names_the_extra(allocast, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    assert 'pip install "allocast[tuning]"' in tune(allocast, code=2).stderr


def test_help_says_what_is_judged_how_and_what_it_needs(allocast):
    said = " ".join(allocast("tune", "demand", "--help").output.split())
    for words in ("past windows", "later windows that it does not see", "key=value", 'the extra "tuning"'):
        assert words in said
