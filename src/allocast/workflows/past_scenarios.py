"""What an agent learns from of history: past windows, with the forecasts that were possible at the time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from allocast.agents.service_level.past_windows import PastWindows
from allocast.agents.service_level.sold_lately import sold_lately
from allocast.demand.panel import DemandPanel
from allocast.errors import DataError, SettingsError
from allocast.forecast.lightgbm_model import DemandModel
from allocast.inventory.lead_time_demand import lead_time_demand
from allocast.numerics.arrays import DateArray, FloatArray
from allocast.numerics.streams import stream
from allocast.simulation.asked_for import asked_for
from allocast.simulation.windows import starting_stock
from allocast.supply.lead_time import LeadTimeDistribution
from allocast.workflows.job import Job

__all__ = ["PastView", "earlier_starts", "past_views", "past_windows_of", "train_past_views"]

PATHS_KEPT = 50  # of each series and period


@dataclass(frozen=True, slots=True, kw_only=True)
class PastView:
    """What was foreseen just before one past period, by a model that knew nothing of it.

    Parameters
    ----------
    period : int
        Place in the panel.
    paths : float32 array of shape (n_series, n_paths, n_periods), in units
        Some of those sampled, over the longest protection interval.
    lately : array of shape (n_series,)
        From ``sold_lately``.
    """

    period: int
    paths: FloatArray
    lately: FloatArray


def earlier_starts(job: Job, start: np.datetime64, count: int) -> DateArray:
    """First periods of the windows before a day with a season of history, enough to train on; earliest first."""
    season = job.frequency.season
    steps = np.arange(count, 0, -1) * job.settings.backtest.shape.periods
    starts = job.frequency.shifted(start, -steps)
    places = [job.frequency.periods_between(job.panel.periods[0], each) for each in starts]
    return np.array(
        [each for each, place in zip(starts, places, strict=True) if place >= season and _enough(job, place)]
    )


def _enough(job: Job, n_periods: int) -> bool:
    try:
        job.demand_settings.fitted_to(n_periods)
    except DataError:
        return False
    return True


def train_past_views(
    job: Job, known: DemandPanel, lead_time: LeadTimeDistribution, count: int
) -> list[PastView]:
    """Train models at the beginnings of so many windows before the end of a panel; what they foresaw in them."""
    (end,) = known.frequency.shifted(known.as_of, np.array([1]))
    starts = earlier_starts(job, end, count)
    if not len(starts):
        raise DataError(
            f"the history of {len(known.periods)} periods is too short to train a model before a past window of "
            "it; take another algorithm, which learns from scenarios of the forecast, or bring a longer one."
        )
    ends = known.frequency.shifted(starts, -1)
    models = DemandModel.train_each(known, ends, job.demand_settings, seed=job.settings.seed)
    return [view for model in models for view in past_views(job, known, model, lead_time)]


def past_views(
    job: Job, known: DemandPanel, model: DemandModel, lead_time: LeadTimeDistribution
) -> Iterator[PastView]:
    """What a model foresaw in the window that began after its training, as far as the panel knows it."""
    first = known.frequency.periods_between(known.periods[0], model.trained_until) + 1
    last = min(first + job.settings.backtest.shape.periods, len(known.periods))
    rng = stream(job.settings.seed, "agent", "past", str(model.trained_until))
    every, ahead = max(job.settings.paths // PATHS_KEPT, 1), int(lead_time.quantile(1.0).max()) + 1
    for period in range(first, last):
        before = known.until(known.periods[period - 1])
        (forecast,) = model.forecasts(before, before.periods[-1:])
        demand = forecast.sample_paths(job.settings.paths, rng)
        total = lead_time_demand(demand, lead_time.periods.sample(job.settings.paths, rng))
        yield PastView(
            period=period,
            paths=demand[:, ::every, :ahead].astype(np.float32),
            lately=sold_lately(before, total.mean / (lead_time.mean + 1)),
        )


def past_windows_of(
    job: Job, known: DemandPanel, views: Sequence[PastView], lead_time: LeadTimeDistribution, count: int
) -> PastWindows:
    """Windows that begin at each past period with a forecast, as long as they lie wholly in those.

    Parameters
    ----------
    known : DemandPanel
        Of the series that can be ordered; nothing after it is used.
    views : sequence of PastView
        Of periods side by side, in their order.
    lead_time : LeadTimeDistribution
        As believed now: also of orders of the past.
    count : int, >= 1
        The last so many windows, side by side, are learned from.

    Raises
    ------
    SettingsError
        Lead times are uncertain.
    DataError
        There is no such window, or periods are missing between the views.
    """
    certain = lead_time.quantile(1.0)
    if not _certain(lead_time):
        raise SettingsError(
            "agent.algorithm service_level learns where lead times are certain, and some here are not; "
            "take another algorithm, or leave the section supply out."
        )
    shape, longest = job.settings.backtest.shape, int(certain.max())
    views = [view for view in _side_by_side(views) if view.period < len(known.periods)]
    views = views[-count * shape.periods :]
    first = views[0].period
    starts = np.arange(max(len(views) - shape.periods + 1, 0))
    stocks = [
        starting_stock(known.until(known.periods[first + start - 1]), certain, longest=longest)
        for start in starts
    ]
    return PastWindows(
        demand=asked_for(known, first, len(views), shape.censored),
        paths=np.stack([view.paths for view in views]),
        lately=np.stack([view.lately for view in views]),
        starts=starts,
        on_hand=np.array([stock.on_hand for stock in stocks]),
        pipeline=np.array([stock.pipeline for stock in stocks]),
        lead_time=certain,
        costs=job.costs.take(job.able),
        shape=shape,
    )


def _side_by_side(views: Sequence[PastView]) -> Sequence[PastView]:
    """Views of periods side by side, in their order; others are refused."""
    places = [view.period for view in views]
    if len(places) < 2 or places != list(range(places[0], places[-1] + 1)):
        raise DataError(f"past views must be of periods side by side, two or more; they are of {places}.")
    return views


def _certain(lead_time: LeadTimeDistribution) -> bool:
    """Whether every order takes as long as is expected of it."""
    return bool((lead_time.periods.probability.max(axis=1) == 1.0).all())
