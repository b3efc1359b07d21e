"""The models of past windows, trained one after the other, share the bins of the earliest."""

from pathlib import Path

import pytest

from allocast.workflows.folds import train_fold, train_folds
from allocast.workflows.job import Job, open_job

CONFIG = """\
name: folds
data:
  kind: demo
  root: tables
  world: {n_items: 8, n_locations: 3, n_suppliers: 2, n_periods: 90, n_future: 12}
costs: {kind: shares, holding_share_per_year: 0.4, margin_share_lost: 0.25}
demand: {horizon: 12, rounds: 5, calibration_periods: 20, first_origin: 20, smallest_leaf: 20, threads: 1}
backtest: {windows: 2, shape: {periods: 6, decisions: 4, scored_from: 2}}
"""


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    monkeypatch.chdir(tmp_path)
    Path("folds.yaml").write_text(CONFIG, encoding="utf-8")
    return open_job(Path("folds.yaml"))


def ranges(text: str) -> str:
    return next(line for line in text.splitlines() if line.startswith("feature_infos="))


def test_a_later_window_takes_the_bins_of_the_earliest_and_a_window_alone_its_own(job: Job) -> None:
    first, second = train_folds(job)
    earliest, alone = (train_fold(job, fold.start) for fold in (first, second))
    assert first.demand.state() == earliest.demand.state()
    assert ranges(second.demand.text) == ranges(first.demand.text) != ranges(alone.demand.text)
    for fold, own in ((first, earliest), (second, alone)):
        assert fold.known.as_of == own.known.as_of == fold.demand.trained_until < fold.start
