"""A search: the same for the same seed, interrupted or not; pruned; kept in SQLite."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

from allocast.adapters.study import Study, require_optuna
from allocast.adapters.tuning_settings import SearchRange
from allocast.errors import AllocastError, DataError

pytest.importorskip("optuna")
DEFAULTS = {"rounds": 200, "learning_rate": 0.07}
SPACE = {
    "rounds": SearchRange(low=50, high=600, log=True),
    "learning_rate": SearchRange(low=0.02, high=0.2),
}
KILLED = """
import os, signal, sys
from pathlib import Path
import test_study
class Deadly(test_study.Bowl):
    def score(self, chosen, fold):
        calls = Path("calls.txt")
        calls.write_text(calls.read_text() + "x" if calls.exists() else "x")
        if len(calls.read_text()) == 17:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().score(chosen, fold)
list(test_study.study(Path.cwd()).search(Deadly(), 12))
"""


@dataclass(frozen=True)
class Bowl:
    """Loss with a lowest point at 300 rounds; the folds differ in level."""

    n_folds: int = 3
    fails: bool = False

    def score(self, chosen, fold):
        if self.fails:
            raise DataError("this fold cannot be judged")
        return abs(chosen["rounds"] - 300) / 300 + chosen["learning_rate"] + fold


def study(folder, *, seed=1, name="bowl", prune=True):
    return Study(folder=folder, name=name, space=SPACE, defaults=DEFAULTS, seed=seed, prune=prune)


def outcome(trials):
    return [(trial.number, dict(trial.chosen), trial.scores, trial.pruned) for trial in trials]


def test_two_searches_with_one_seed_are_equal_and_with_another_differ(tmp_path):
    first, same, other = (
        outcome(study(tmp_path / folder, seed=seed).search(Bowl(), 14))
        for folder, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert first == same
    assert first[0] == other[0]  # the defaults
    assert first[1:] != other[1:]


def test_the_first_trial_is_the_settings_in_use_and_the_search_improves_on_them(tmp_path):
    trials = list(study(tmp_path).search(Bowl(), 25))
    assert trials[0].chosen == DEFAULTS
    assert min(trial.mean for trial in trials if not trial.pruned) < trials[0].mean
    assert all(isinstance(trial.chosen["rounds"], int) for trial in trials)


def test_a_search_goes_on_where_it_stopped_as_if_it_had_not(tmp_path):
    whole = outcome(study(tmp_path / "whole").search(Bowl(), 14))
    some = list(study(tmp_path / "parts").search(Bowl(), 5))
    rest = list(study(tmp_path / "parts").search(Bowl(), 14))
    assert [trial.resumed for trial in rest] == [True] * 5 + [False] * 9
    assert outcome(some) == whole[:5]
    assert outcome(rest) == whole
    assert outcome(study(tmp_path / "parts").search(Bowl(), 3)) == whole[:3]


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is of POSIX")
def test_a_killed_search_keeps_its_finished_trials_and_then_goes_on_as_if_nothing_had_been(tmp_path):
    paths = os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])
    killed = subprocess.run(
        [sys.executable, "-c", KILLED], cwd=tmp_path, check=False, env=os.environ | {"PYTHONPATH": paths}
    )
    assert killed.returncode == -signal.SIGKILL
    trials = list(study(tmp_path).search(Bowl(), 12))
    assert 3 <= sum(trial.resumed for trial in trials) < 12
    assert outcome(trials) == outcome(study(tmp_path / "whole").search(Bowl(), 12))


def test_hopeless_trials_are_given_up_and_recorded_as_such(tmp_path):
    trials = list(study(tmp_path).search(Bowl(), 25))
    pruned = [trial for trial in trials if trial.pruned]
    assert pruned
    assert all(len(trial.scores) < 3 for trial in pruned)
    assert [trial.pruned for trial in study(tmp_path).search(Bowl(), 25)] == [t.pruned for t in trials]
    unpruned = study(tmp_path, name="all", prune=False).search(Bowl(), 25)
    assert not any(trial.pruned for trial in unpruned)


def test_several_workers_try_as_many_settings(tmp_path):
    trials = list(study(tmp_path).search(Bowl(), 9, workers=2))
    assert [trial.number for trial in trials] == list(range(9))
    assert len({tuple(trial.chosen.items()) for trial in trials}) == 9
    assert sum(dict(trial.chosen) == DEFAULTS for trial in trials) == 1


@pytest.mark.parametrize("trials", [1, 6])
def test_the_settings_in_use_are_tried_again_where_another_worker_alone_had_finished(tmp_path, trials):
    optuna, one = require_optuna(), study(tmp_path)
    opened = one._open(optuna)
    _, second = one._ask(optuna, opened, 0), one._ask(optuna, opened, 1)
    second.trial.set_user_attr("scores", [1.0, 2.0, 3.0])
    opened.tell(second.trial, 2.0)  # and then the process is killed
    found = list(one.search(Bowl(), trials))
    assert [trial.number for trial in found] == list(range(trials))
    assert sum(dict(trial.chosen) == DEFAULTS for trial in found) == 1
    assert [trial.resumed for trial in found] == ([True] + [False] * 5 if trials == 6 else [False])


def test_studies_of_different_names_do_not_know_each_other(tmp_path):
    first = list(study(tmp_path, name="one").search(Bowl(), 4))
    second = list(study(tmp_path, name="two").search(Bowl(), 4))
    assert not any(trial.resumed for trial in first + second)


def test_an_error_in_a_trial_goes_through_and_the_search_can_go_on(tmp_path):
    with pytest.raises(DataError, match="cannot be judged"):
        list(study(tmp_path).search(Bowl(fails=True), 4))
    assert len(list(study(tmp_path).search(Bowl(), 4))) == 4


def test_one_study_is_for_one_process_at_a_time(tmp_path):
    with (
        FileLock(tmp_path / "tuning-bowl.lock"),
        pytest.raises(AllocastError, match="another process is at work on the study bowl"),
    ):
        list(study(tmp_path).search(Bowl(), 4))
    assert len(list(study(tmp_path).search(Bowl(), 4))) == 4


def test_without_optuna_the_error_names_the_extra(monkeypatch):
    assert require_optuna().__name__ == "optuna"
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(AllocastError, match=r'pip install "allocast\[tuning\]"'):
        require_optuna()
