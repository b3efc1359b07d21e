"""All of it: judge, train, choose, register, recommend."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from allocast.adapters.files import write_table
from allocast.adapters.plots import example_plot, policy_plot, save_plot
from allocast.forecast.lightgbm_model import DemandModel
from allocast.inventory.recommendation import Recommendations
from allocast.numerics.streams import stream
from allocast.supply.suppliers.scorecard import scorecard
from allocast.supply.supply_model import SupplyModel
from allocast.workflows.backtest import Choice, backtest
from allocast.workflows.folds import train_folds
from allocast.workflows.job import Job
from allocast.workflows.models import champion_agent_settings
from allocast.workflows.recommend import recommend
from allocast.workflows.train_agent import train_agent
from allocast.workflows.train_demand import DemandTraining, train_demand
from allocast.workflows.train_supply import train_supply

__all__ = ["RunResult", "open_order_table", "run"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """What a run found; parts that the job does not have are None.

    Parameters
    ----------
    demand : DemandTraining
    supply_scores : DataFrame
    choice : Choice
    recommendations : Recommendations
    open_orders, suppliers : DataFrame
        When open orders arrive, and how reliable suppliers were.
    plots : tuple of Path
    """

    demand: DemandTraining | None = None
    supply_scores: pd.DataFrame | None = None
    choice: Choice | None = None
    recommendations: Recommendations | None = None
    open_orders: pd.DataFrame | None = None
    suppliers: pd.DataFrame | None = None
    plots: tuple[Path, ...] = ()


def run(job: Job, out: Path, *, actor: str) -> RunResult:
    """Train what the config names on what is known, choose the policy by its past, and recommend.

    What is trained here becomes champion: it has just been judged together.

    Parameters
    ----------
    job : Job
    out : Path
        CSV or Parquet: recommendations, or open orders where there is no demand. Plots go beside it.
    actor : str
        Who asked, for the alias history.
    """
    supply = train_supply(job, actor=actor, champion=True) if job.settings.supply else None
    supply_scores = supply[2] if supply else None
    suppliers = scorecard(job.orders, as_of=job.today) if len(job.orders) else None
    if not job.has_demand:
        table = open_order_table(job, supply[0] if supply else None)
        write_table(table, out)
        return RunResult(supply_scores=supply_scores, open_orders=table, suppliers=suppliers)
    folds = train_folds(job)
    trained = train_demand(job, folds=folds, actor=actor, champion=True)
    choice = backtest(job, folds=folds, actor=actor, champion=True)
    if job.settings.agent:
        kept = champion_agent_settings(job) if choice.keeps_the_champion_agent else None
        train_agent(
            job,
            demand=trained.model,
            supply=supply[0] if supply else job.contracts,
            actor=actor,
            champion=True,
            settings=kept,
        )
    recommendations = recommend(job)
    write_table(recommendations.table, out)
    return RunResult(
        demand=trained,
        supply_scores=supply_scores,
        choice=choice,
        recommendations=recommendations,
        suppliers=suppliers,
        plots=_plots(job, trained.model, choice, recommendations, out.parent),
    )


def open_order_table(job: Job, model: SupplyModel | None, *, within_days: int = 45) -> pd.DataFrame:
    """Open orders, oldest first, with the probability that each is there within some days, given its age."""
    waiting = job.orders.take(job.orders.is_open)
    table = pd.DataFrame(
        {
            "order_line_id": waiting.order_line_id,
            "supplier_id": waiting.supplier_id,
            "item_id": waiting.item_id,
            "location_id": waiting.location_id,
            "ordered_on": waiting.ordered_on,
            "age_days": (job.today - waiting.ordered_on).astype(np.int64),
            "units_ordered": waiting.units_ordered,
        }
    )
    if model is not None:
        day = job.today + np.timedelta64(within_days, "D")
        probability = model.probability_received_by(waiting, history=job.orders, as_of=job.today, day=day)
        table[f"probability_within_{within_days}_days"] = probability
    return table.assign(as_of=job.as_of).sort_values(
        "age_days", ascending=False, kind="stable", ignore_index=True
    )


def _plots(
    job: Job, model: DemandModel, choice: Choice, recommendations: Recommendations, folder: Path
) -> tuple[Path, ...]:
    """What people would rather look at than read: the policies, and the series with most at stake."""
    first = recommendations.orders.head(1)
    paths = [save_plot(policy_plot(choice.summary), folder / "policies.png")]
    if len(first):
        recommendation = first.iloc[0]
        keys = job.panel.series[["item_id", "location_id"]]
        row = int(
            np.flatnonzero((keys == recommendation[["item_id", "location_id"]].to_numpy()).all(axis=1))[0]
        )
        rng = stream(job.settings.seed, "plots")
        figure = example_plot(job.panel, model.forecast(job.panel), row, recommendation, rng)
        paths.append(save_plot(figure, folder / "recommendation.png"))
    return tuple(paths)
