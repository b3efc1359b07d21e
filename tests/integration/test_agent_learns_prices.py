"""Agents of a job that are asked within a budget."""

from pathlib import Path

import pytest

from allocast.agents.worlds.observation_names import PRICE_PLACE
from allocast.workflows.folds import train_fold
from allocast.workflows.job import open_job

CONFIG = """\
name: prices
data:
  kind: demo
  root: tables
  world: {n_items: 6, n_locations: 2, n_suppliers: 2, n_periods: 90, n_future: 12}
costs: {kind: shares, holding_share_per_year: 0.4, margin_share_lost: 0.25}
demand: {horizon: 12, rounds: 3, calibration_periods: 20, first_origin: 20, smallest_leaf: 20, threads: 1}
agent: {algorithm: ppo, total_steps: 256, n_envs: 32, n_steps: 4, n_batches: 2, n_evaluations: 1,
  evaluation_episodes: 64}
backtest: {windows: 1, shape: {periods: 12, decisions: 4, scored_from: 2}}
paths: 20
"""


@pytest.mark.parametrize(("highest_price", "learned"), [(0.0, False), (2.0, True)])
def test_an_agent_of_a_job_learns_at_the_prices_that_the_config_says(
    highest_price, learned, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    Path("prices.yaml").write_text(CONFIG, encoding="utf-8")
    job = open_job(Path("prices.yaml"), [f"agent.highest_price={highest_price}"])
    agent = train_fold(job, job.panel.periods[-12]).agent
    assert (agent.observation_high[PRICE_PLACE] > 0.01) == learned
