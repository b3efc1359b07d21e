"""Agents that learn from what history brought: with the forecasts of that time, and nothing of what came later."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from allocast.errors import DataError, SettingsError
from allocast.workflows.folds import Fold, train_folds_at
from allocast.workflows.job import Job, open_job
from allocast.workflows.past_scenarios import earlier_starts, past_views, past_windows_of

CONFIG = """\
name: history
data:
  kind: demo
  root: tables
  world: {n_items: 6, n_locations: 2, n_suppliers: 2, n_periods: 90, n_future: 12}
costs: {kind: shares, holding_share_per_year: 0.4, margin_share_lost: 0.25}
demand: {horizon: 12, rounds: 5, calibration_periods: 20, first_origin: 20, smallest_leaf: 20, threads: 1}
agent: {algorithm: service_level, past_windows: 3, total_steps: 5}
backtest: {windows: 1, shape: {periods: 12, decisions: 4, scored_from: 2}}
paths: 20
"""


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    monkeypatch.chdir(tmp_path)
    Path("history.yaml").write_text(CONFIG, encoding="utf-8")
    return open_job(Path("history.yaml"))


def with_other_sales(job: Job, start: np.datetime64) -> Job:
    """The same job, but from a day on everything sells three units more."""
    panel = job.panel
    later = panel.periods >= start
    changed = Job(resolved=job.resolved, data=job.data, asked_as_of=job.asked_as_of)
    changed.__dict__["panel"] = replace(panel, units=panel.units + 3.0 * later)
    return changed


def test_demand_from_the_windows_beginning_on_changes_nothing_in_its_agent(job: Job) -> None:
    start = job.panel.periods[-12]
    (fold,) = train_folds_at(job, [start])
    (other,) = train_folds_at(with_other_sales(job, start), [start])
    (earlier,) = train_folds_at(with_other_sales(job, job.panel.periods[-14]), [start])
    assert fold.agent.name == "agent(service_level)"
    assert fold.agent.state() == other.agent.state()
    assert fold.agent.state() != earlier.agent.state()


@pytest.fixture
def fold(job: Job) -> Fold:
    """The models before the last window."""
    (fold,) = train_folds_at(job, [job.panel.periods[-12]], with_agent=False)
    return fold


def test_past_views_are_of_periods_that_their_model_did_not_know(job: Job, fold: Fold) -> None:
    known = job.panel.take(job.able)
    views = list(past_views(job, known, fold.demand, fold.lead_time))
    assert [view.period for view in views] == list(range(78, 90))
    past = past_windows_of(job, known, views, fold.lead_time, 1)
    seen, sold = known.observed[:, 78:], np.nan_to_num(known.units[:, 78:])
    np.testing.assert_array_equal(past.demand[seen], sold[seen])
    assert (past.demand >= sold).all()


def test_as_many_windows_are_learned_from_as_the_settings_say(job: Job, fold: Fold) -> None:
    known = job.panel.take(job.able)
    (view, *_) = past_views(job, known, fold.demand, fold.lead_time)
    views = [replace(view, period=period) for period in range(50, 90)]
    two, three = (past_windows_of(job, known, views, fold.lead_time, count) for count in (2, 3))
    assert two.demand.shape[1] == 24
    np.testing.assert_array_equal(three.demand[:, 12:], two.demand)


def test_gaps_between_the_periods_seen_are_refused(job: Job, fold: Fold) -> None:
    known = job.panel.take(job.able)
    views = list(past_views(job, known, fold.demand, fold.lead_time))
    with pytest.raises(DataError, match=r"periods side by side"):
        past_windows_of(job, known, [views[0], *views[2:]], fold.lead_time, 1)


def test_only_windows_with_history_enough_before_them_are_learned_from(job: Job) -> None:
    starts = earlier_starts(job, job.panel.periods[-12], 20)
    assert 0 < len(starts) < 20
    assert (np.diff(starts) == np.timedelta64(12 * 7, "D")).all()


def test_service_levels_are_refused_where_lead_times_are_uncertain(job: Job) -> None:
    Path("history.yaml").write_text(f"{CONFIG}supply: {{}}\n", encoding="utf-8")
    uncertain = open_job(Path("history.yaml"))
    with pytest.raises(SettingsError, match="learns where lead times are certain"):
        next(iter(train_folds_at(uncertain, [job.panel.periods[-12]])))
