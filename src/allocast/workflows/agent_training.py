"""Train an agent on scenarios from the demand and the lead-time model."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from allocast.agents.agent_settings import AgentSettings, ServiceLevelSettings
from allocast.agents.worlds.observation import promised_periods, season_of
from allocast.agents.worlds.training_world import TrainingWorld
from allocast.demand.panel import DemandPanel
from allocast.errors import SettingsError
from allocast.forecast.lightgbm_model import DemandModel
from allocast.numerics.streams import stream
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
        _forecast_world(job, known, demand, lead_time, share, highest_price=settings.highest_price),
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


def _forecast_world(
    job: Job,
    known: DemandPanel,
    demand: DemandModel,
    lead_time: LeadTimeDistribution,
    share: ShareReceived | None,
    *,
    highest_price: float,
) -> TrainingWorld:
    """Futures drawn from the forecast at the end of a panel."""
    rng = stream(job.settings.seed, "agent", "scenarios")
    (forecast,) = demand.forecasts(known, known.periods[-1:])  # in past windows single series may have gaps
    paths = np.concatenate([forecast.sample_paths(job.settings.paths, rng) for _ in range(REPEATS)], axis=2)
    _, n_paths, n_periods = paths.shape
    keys, size = series_keys(known.series), {"n_paths": n_paths, "n_periods": n_periods}
    luck = int(rng.integers(2**31))
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
        highest_price=highest_price,
    )
