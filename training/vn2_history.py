"""Replays on the history of VN2: many overlapping windows, forecast by models that knew nothing of them.

A model is trained every eight weeks; each week is forecast once, by the last model trained before it. Windows may then
begin in any week, which gives more of them to learn from than windows side by side.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from allocast.demand.panel import DemandPanel
from allocast.forecast.demand_forecast import DemandForecast
from allocast.forecast.lightgbm_model import DemandModel
from allocast.inventory.policies import RuleOfThumb
from allocast.inventory.situation import Policy
from allocast.numerics.arrays import DateArray
from allocast.numerics.streams import stream
from allocast.simulation.replay import replay
from allocast.simulation.windows import compare, window_world
from allocast.simulation.worth import measures_of
from allocast.workflows.job import Job, open_job
from allocast.workflows.past_scenarios import earlier_starts
from training.figures import data_folder

__all__ = ["Vn2History", "ended_before", "judged_starts", "open_history"]

JUDGED_FROM = np.datetime64("2023-05-15")  # settings were chosen on windows that end before it
MOST_MODELS = 12  # trained before the first judged window


def judged_starts(job: Job) -> DateArray:
    """First weeks of the windows that are judged: side by side, up to the last week known, from May 2023 on."""
    periods = job.settings.backtest.shape.periods
    (end,) = job.frequency.shifted(job.panel.as_of, np.array([1]))
    count = job.frequency.periods_between(JUDGED_FROM, end) // periods
    return job.frequency.shifted(end, -periods * np.arange(count, 0, -1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Vn2History:
    """Forecasts of each week since the first model, and what replays need beside them.

    Parameters
    ----------
    job : Job
    panel : DemandPanel
    judged : array of days
        First weeks of the judged windows.
    forecasts : dict
        The forecast made at the end of each week.
    """

    job: Job
    panel: DemandPanel
    judged: DateArray
    forecasts: dict[np.datetime64, DemandForecast]

    def earlier(self, every: int) -> DateArray:
        """First weeks of overlapping windows, so many weeks apart, that end before the last judged one begins."""
        periods, frequency = self.job.settings.backtest.shape.periods, self.job.frequency
        (last,) = frequency.shifted(self.judged[-1:], -periods)
        count = (int(frequency.place(min(self.forecasts), last)) - 1) // every
        return frequency.shifted(last, -every * np.arange(count, -1, -1))

    def replay(
        self, starts: DateArray, policies: Callable[[np.datetime64], Sequence[Policy]]
    ) -> pd.DataFrame:
        """Costs and measures, one row a window and policy; rules of thumb are set before each window."""
        return pd.concat([self._window(start, policies(start)) for start in starts], ignore_index=True)

    def _window(self, start: np.datetime64, policies: Sequence[Policy]) -> pd.DataFrame:
        job, shape = self.job, self.job.settings.backtest.shape
        rng = stream(job.settings.seed, "replay", str(start))
        (end,) = job.frequency.shifted(np.array([start]), -1)
        before = self.panel.until(end)
        lead_time = job.lead_times(
            job.contracts, history=job.orders, as_of=job.frequency.end_of(before.as_of)
        )
        world = window_world(
            self.panel,
            start,
            shape,
            lead_time=lead_time,
            costs=job.costs.take(job.able),
            sourcing=job.lines,
            rng=rng,
        )
        results = replay(
            world,
            [p.kept_from(before.as_of) if isinstance(p, RuleOfThumb) else p for p in policies],
            forecast=lambda known: self.forecasts[known.as_of],
            lead_time=lead_time,
            n_paths=job.settings.paths,
            rng=rng,
        )
        worth = pd.DataFrame([measures_of(r, world.costs, job.frequency, shape.scored) for r in results])
        return compare(results, start, shape).join(worth.drop(columns="fill_rate"))


def open_history(seed: int) -> Vn2History:
    """Train the models and forecast every week since the first of them; one thread."""
    overrides = [f"seed={seed}", f"data.root={data_folder('vn2')}", "demand.threads=1"]
    job = open_job(Path("configs/vn2.yaml"), overrides)
    panel, judged = job.panel.take(job.able), judged_starts(job)
    starts = np.concatenate([earlier_starts(job, judged[0], MOST_MODELS), judged])
    forecasts: dict[np.datetime64, DemandForecast] = {}
    ends = job.frequency.shifted(starts, -1)
    weeks = np.arange(job.settings.backtest.shape.periods)
    for end, model in zip(
        ends, DemandModel.train_each(panel, ends, job.demand_settings, seed=seed), strict=True
    ):
        origins = job.frequency.shifted(end, weeks)
        forecasts |= dict(zip(origins, model.forecasts(panel, origins), strict=True))
    return Vn2History(job=job, panel=panel, judged=judged, forecasts=forecasts)


def ended_before(table: pd.DataFrame, start: np.datetime64, n_weeks: int) -> pd.DataFrame:
    """Rows of the windows of so many weeks that were over when another began."""
    over = table["window"] + pd.Timedelta(weeks=n_weeks)
    return table[over <= pd.Timestamp(start)]
