"""Past windows with the models that could have been trained before each: what backtests and choices rest on."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from allocast.adapters.progress import track
from allocast.agents.agent_settings import ServiceLevelSettings
from allocast.demand.panel import DemandPanel
from allocast.demand.patterns import segments
from allocast.errors import DataError
from allocast.forecast.baseline_model import BaselineModel, ForecastingModel
from allocast.forecast.baselines import (
    Croston,
    MeanRule,
    MovingAverage,
    SeasonalMovingAverage,
    SeasonalNaive,
    TeunterSyntetosBabai,
)
from allocast.forecast.demand_forecast import DemandForecast
from allocast.forecast.judging.backtest import rolling_origin
from allocast.forecast.lightgbm_model import DemandModel
from allocast.inventory.policies.projected_need import ProjectedNeed
from allocast.inventory.situation import OrderDecision, Policy, Situation
from allocast.numerics.arrays import DateArray
from allocast.numerics.streams import stream
from allocast.simulation.replay import ReplayResult, World, replay
from allocast.simulation.windows import WindowSettings, compare, past_windows, window_world
from allocast.simulation.worth import measures_of
from allocast.supply.arrivals import ShareReceived
from allocast.supply.lead_time import LeadTimeDistribution
from allocast.supply.supplier_model import SupplierModel
from allocast.supply.supply_model import SupplyModel
from allocast.workflows.agent_training import train_agent_on
from allocast.workflows.job import Job
from allocast.workflows.models import champion_agent_settings, share_of
from allocast.workflows.past_scenarios import PastView, earlier_starts, past_views

__all__ = [
    "Fold",
    "baselines",
    "judge_forecasts",
    "replay_forecasts",
    "replay_policies",
    "train_fold",
    "train_folds",
    "train_folds_at",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """A past window and the models of its beginning.

    Parameters
    ----------
    start : day
        First period of the window; the models know nothing from then on.
    known : DemandPanel
        Of the series that can be ordered, until the window.
    demand : DemandModel
    lead_time : LeadTimeDistribution
        Of an order placed at the window's beginning, one row a series.
    share : ShareReceived, optional
        Of such an order that is delivered; all of it by default.
    agent : Policy, optional
        The agent trained on these models' scenarios.
    champion_agent : Policy, optional
        Where the agent that recommends today was trained by other settings than the config's: one trained by those
        on the same scenarios.
    """

    start: np.datetime64
    known: DemandPanel
    demand: DemandModel
    lead_time: LeadTimeDistribution
    agent: Policy | None
    share: ShareReceived | None = None
    champion_agent: Policy | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChampionAgent:
    """An agent of the champion's settings, under a name of its own."""

    agent: Policy

    @property
    def name(self) -> str:
        """The agent's, with what it is."""
        return f"champion {self.agent.name}"

    def decide(self, situation: Situation) -> OrderDecision:
        """What the agent decides."""
        return self.agent.decide(situation)


def train_folds(job: Job, *, with_agent: bool = True) -> list[Fold]:
    """Train the models of the last windows, each on what was known before it.

    Windows with too little history before them are left out. Demand models of later windows take the bins of the
    first one's.

    Raises
    ------
    DataError
        No series can be ordered, or no window has enough history before it.
    """
    if not len(job.able):
        raise DataError("no series with demand has a supplier; bring the table sourcing, or check its ids.")
    panel, settings = job.panel, job.settings.backtest
    count = min(settings.windows, (len(panel.periods) - 1) // settings.shape.periods)
    starts = list(past_windows(panel, settings.shape, count)) if count else []
    able = [start for start in starts if _can_train_before(job, start)]
    if not able:
        raise DataError(
            f"the history of {len(panel.periods)} periods is too short to train before a past window of "
            f"{settings.shape.periods} and judge it; bring a longer one, or make backtest.shape smaller."
        )
    folds = _folds(job, able, with_agent=with_agent)
    return list(track(folds, "Past windows", total=len(able)))


def _can_train_before(job: Job, start: np.datetime64) -> bool:
    """Whether the history before a window is long enough for a demand model."""
    try:
        job.demand_settings.fitted_to(job.frequency.periods_between(job.panel.periods[0], start))
    except DataError:
        return False
    return True


def train_folds_at(job: Job, starts: Sequence[np.datetime64], *, with_agent: bool = True) -> Iterator[Fold]:
    """Train on what was known before each of some windows side by side, earliest first, one after the other."""
    return _folds(job, starts, with_agent=with_agent)


def train_fold(job: Job, start: np.datetime64, *, with_agent: bool = True) -> Fold:
    """Train on what was known before one window, in bins of its own, whatever other windows there are."""
    return next(_folds(job, [start], with_agent=with_agent))


def _folds(job: Job, starts: Sequence[np.datetime64], *, with_agent: bool) -> Iterator[Fold]:
    """Train on what was known before each window, earliest first."""
    panel, agent = job.panel.take(job.able), job.settings.agent if with_agent else None
    trained_by = champion_agent_settings(job) if agent else None
    learners = [each for each in (agent, trained_by) if isinstance(each, ServiceLevelSettings)]
    count = max((each.past_windows for each in learners), default=0)
    before = list(earlier_starts(job, starts[0], count)) if count else []
    every = [*before, *starts]
    ends = job.frequency.shifted(np.array(every), -1)
    models = DemandModel.train_each(panel, ends, job.demand_settings, seed=job.settings.seed)
    views: list[PastView] = []
    last: DemandModel | None = None
    for place, (start, end) in enumerate(zip(every, ends, strict=True)):
        known, demand = panel.until(end), next(models)
        lead_time, share = _supply(job, known)
        if learners and last is not None:
            views += past_views(job, known, last, lead_time)
        last = demand
        if place < len(before):
            continue
        fold = Fold(start=start, known=known, demand=demand, lead_time=lead_time, share=share, agent=None)
        if agent:
            fold = replace(
                fold,
                agent=train_agent_on(job, known, demand, lead_time, share=share, views=views or None).agent,
            )
        if trained_by not in (None, agent):
            again = train_agent_on(
                job, known, demand, lead_time, settings=trained_by, share=share, views=views or None
            ).agent
            fold = replace(fold, champion_agent=ChampionAgent(agent=again))
        yield fold


def _supply(job: Job, known: DemandPanel) -> tuple[LeadTimeDistribution, ShareReceived | None]:
    """Lead times and delivered shares as they could be believed at the end of a panel."""
    today = known.frequency.end_of(known.as_of)
    history = job.orders.known_at(today)
    supply: SupplyModel = job.contracts
    if job.settings.supply is not None and history.is_closed.any():  # nothing received yet teaches nothing
        supply = SupplierModel.train(
            history, as_of=today, settings=job.settings.supply, seed=job.settings.seed
        )
    return job.lead_times(supply, history=history, as_of=today), share_of(supply)


def judge_forecasts(job: Job, folds: list[Fold]) -> pd.DataFrame:
    """The demand model and the baselines at the origins of each window.

    Returns
    -------
    table : DataFrame
        One row a window, model, origin, target and segment (ABC class, pattern, age as known at the origin; ``all``
        stands for any), with the scores of ``forecast.judging``.
    """
    tables = []
    for fold in track(folds, "Judging forecasts"):
        models: list[ForecastingModel] = [fold.demand, *baselines(job, fold.known)]
        tables.append(
            rolling_origin(
                models,
                job.panel.take(job.able),
                _origins(job, fold),
                anchors=job.settings.demand.anchors,
                segments=segments,
            ).assign(window=fold.start)
        )
    return pd.concat(tables, ignore_index=True)


def baselines(job: Job, known: DemandPanel) -> list[BaselineModel]:
    """The rules of thumb that stand beside every model, calibrated on the same periods."""
    settings = job.settings.demand
    rules: list[MeanRule] = [
        SeasonalNaive(),
        MovingAverage(),
        SeasonalMovingAverage(),
        Croston(),
        TeunterSyntetosBabai(),
    ]
    return [
        BaselineModel.train(
            known,
            rule,
            horizon=settings.horizon,
            levels=settings.levels,
            calibration_periods=settings.calibration_periods,
        )
        for rule in rules
    ]


def _origins(job: Job, fold: Fold) -> DateArray:
    """The periods at whose ends the window's decisions are made."""
    return job.frequency.shifted(fold.start, np.arange(-1, job.settings.backtest.shape.decisions - 1))


def replay_forecasts(job: Job, folds: list[Fold]) -> pd.DataFrame:
    """What each model's forecasts cost: one policy, projected need at the critical ratio, in each window.

    A forecast is good if decisions taken on it are: the stock at the start, the demand, and the lead times are the same
    for every model.

    Returns
    -------
    table : DataFrame
        One row a window and model (``model``): cost and its parts, fill rate, average stock, units ordered.
    """
    tables = []
    for fold in track(folds, "Replaying forecasts"):
        models: list[ForecastingModel] = [fold.demand, *baselines(job, fold.known)]
        for model in models:
            table = _replay_fold(job, fold, [ProjectedNeed()], model)
            tables.append(table.drop(columns="policy").assign(model=model.name))
    return pd.concat(tables, ignore_index=True)


def replay_policies(job: Job, folds: list[Fold], policies: Callable[[Fold], list[Policy]]) -> pd.DataFrame:
    """Each policy in each window, from the same stock and on the same scenarios.

    Returns
    -------
    table : DataFrame
        One row a window and policy: cost and its parts, fill rate, average stock, units ordered.
    """
    tables = [
        _replay_fold(job, fold, policies(fold), fold.demand) for fold in track(folds, "Replaying policies")
    ]
    return pd.concat(tables, ignore_index=True)


def _replay_fold(job: Job, fold: Fold, policies: list[Policy], model: ForecastingModel) -> pd.DataFrame:
    """Policies in one window on one model's forecasts; the draws depend on the window alone."""
    rng = stream(job.settings.seed, "replay", str(fold.start))
    shape = job.settings.backtest.shape
    world = window_world(
        job.panel.take(job.able),
        fold.start,
        shape,
        lead_time=fold.lead_time,
        costs=job.costs.take(job.able),
        sourcing=job.lines,
        rng=rng,
        share=fold.share,
    )

    def forecast(past: DemandPanel) -> DemandForecast:
        """One of a past in which covariates of single series may be missing: some ended, some have gaps."""
        return model.forecasts(past, past.periods[-1:])[0]

    results = replay(
        world,
        policies,
        forecast=forecast,
        lead_time=fold.lead_time,
        n_paths=job.settings.paths,
        rng=rng,
        share=fold.share,
    )
    return compare(results, fold.start, shape).join(_worth(results, world, shape))


def _worth(results: list[ReplayResult], world: World, shape: WindowSettings) -> pd.DataFrame:
    """Measures of each policy over the scored periods, in the results' order."""
    rows = [measures_of(result, world.costs, world.known.frequency, shape.scored) for result in results]
    return pd.DataFrame(rows).drop(columns="fill_rate")
