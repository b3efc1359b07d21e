"""Train an agent on scenarios from the models, or from blocks of history."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from allocast.agents.agent_settings import AgentSettings, ServiceLevelSettings
from allocast.agents.worlds.observation import season_of
from allocast.agents.worlds.supplier_terms import promised_periods
from allocast.agents.worlds.training_world import TrainingWorld
from allocast.demand.panel import DemandPanel
from allocast.errors import SettingsError
from allocast.forecast.lightgbm_model import DemandModel
from allocast.numerics.arrays import FloatArray
from allocast.numerics.streams import stream
from allocast.simulation.asked_for import asked_for
from allocast.simulation.scenarios.block_bootstrap import block_bootstrap
from allocast.supply.arrivals import ShareReceived
from allocast.supply.lead_time import LeadTimeDistribution
from allocast.supply.order_fates import sample_lead_times, sample_shares, series_keys
from allocast.supply.orders.order_features import OrderLines
from allocast.workflows.job import Job
from allocast.workflows.past_scenarios import PastView, past_windows_of, train_past_views

if TYPE_CHECKING:
    from allocast.agents.service_level.learning import LearnedLevels
    from allocast.agents.training_loop import TrainingResult

__all__ = ["train_agent_on"]

REPEATS = 4  # an episode lives through the forecast horizon so often: orders near its end must still matter
BLOCK_PERIODS = 4  # of history: some lead times, in which what follows from week to week still does


def train_agent_on(
    job: Job,
    known: DemandPanel,
    demand: DemandModel,
    lead_time: LeadTimeDistribution,
    on_progress: Callable[[Mapping[str, float]], None] | None = None,
    settings: AgentSettings | None = None,
    *,
    share: ShareReceived | None = None,
    views: Sequence[PastView] | None = None,
) -> "TrainingResult | LearnedLevels":
    """Train on futures drawn from the models as they are at the end of a panel, or on what history brought until then.

    Parameters
    ----------
    job : Job
    known : DemandPanel
        Of the series that can be ordered.
    demand : DemandModel
    lead_time : LeadTimeDistribution
        One row a series.
    on_progress : function of a point of the learning curve, optional
    settings : AgentSettings, optional
        The config's by default.
    share : ShareReceived, optional
        Which share of an order is delivered; all of it by default. Of no use to who learns service levels.
    views : sequence of PastView, optional
        What models of the past foresaw, where they are trained already; used by who learns from history.

    A training that was stopped goes on at its last checkpoint, which lies beside the MLflow store.
    """
    settings = settings or job.settings.agent
    if settings is None:
        raise SettingsError("this config names no agent; add a section 'agent' with an algorithm.")
    if isinstance(settings, ServiceLevelSettings):
        return _service_level(job, known, lead_time, settings, views, on_progress)
    from allocast.agents.training_loop import (
        train_agent,  # torch and SB3 cost seconds: only those who train pay
    )

    return train_agent(
        _world(job, known, _paths(job, known, demand, settings), lead_time, share, settings),
        settings,
        seed=job.settings.seed,
        on_progress=on_progress,
        checkpoints=job.settings.tracking / "checkpoints",
    )


def _service_level(
    job: Job,
    known: DemandPanel,
    lead_time: LeadTimeDistribution,
    settings: ServiceLevelSettings,
    views: Sequence[PastView] | None,
    on_progress: Callable[[Mapping[str, float]], None] | None,
) -> "LearnedLevels":
    """Service levels from what past windows cost."""
    from allocast.agents.service_level.learning import learn_service_level

    count = settings.past_windows
    views = train_past_views(job, known, lead_time, count) if views is None else views
    past = past_windows_of(job, known, views, lead_time, count)
    return learn_service_level(past, settings, seed=job.settings.seed, on_progress=on_progress)


def _paths(job: Job, known: DemandPanel, demand: DemandModel, settings: AgentSettings) -> FloatArray:
    """Futures of demand after the end of a panel, shape (n_series, n_paths, n_periods), in units."""
    rng = stream(job.settings.seed, "agent", "scenarios")
    if settings.scenarios == "history":
        return _from_history(job, known, job.settings.demand.horizon * REPEATS, rng)
    (forecast,) = demand.forecasts(known, known.periods[-1:])  # in past windows single series may have gaps
    drawn = [forecast.sample_paths(job.settings.paths, rng) for _ in range(REPEATS)]
    return np.concatenate(drawn, axis=2)


def _from_history(job: Job, known: DemandPanel, n_periods: int, rng: np.random.Generator) -> FloatArray:
    """Blocks of what was asked for in the last two seasons, wherever they lie: at one place there are but two."""
    length = len(known.periods)
    count = min(length, 2 * known.frequency.season)
    history = asked_for(known, length - count, count, job.settings.backtest.shape.censored)
    return block_bootstrap(
        history,
        n_paths=job.settings.paths,
        n_periods=n_periods,
        block_periods=min(BLOCK_PERIODS, count),
        rng=rng,
    )


def _world(
    job: Job,
    known: DemandPanel,
    paths: FloatArray,
    lead_time: LeadTimeDistribution,
    share: ShareReceived | None,
    settings: AgentSettings,
) -> TrainingWorld:
    """The world of these futures, each order with a lead time and a delivered share of its own."""
    _, n_paths, n_periods = paths.shape
    keys, size = series_keys(known.series), {"n_paths": n_paths, "n_periods": n_periods}
    luck = int(stream(job.settings.seed, "agent", "orders").integers(2**31))
    lines = [OrderLines.of_sourcing(job.lines, known.frequency.end_of(known.as_of))]
    coming = known.frequency.shifted(known.periods[-1], np.arange(1, n_periods + 1))
    return TrainingWorld(
        demand=paths,
        lead_time=sample_lead_times([lead_time], keys, **size, seed=luck),
        costs=job.costs.take(job.able),
        sourcing=job.lines,
        delivered_share=None if share is None else sample_shares(share, lines, keys, **size, seed=luck + 1),
        season=season_of(coming, known.frequency),  # runs on, so that later decisions fall into what was seen
        promised=promised_periods(job.lines, lead_time)[:, None],
        highest_price=settings.highest_price,
    )
