"""Judge policies on past windows, choose the one that cost least there, register the choice."""

from dataclasses import dataclass

import pandas as pd

from allocast.adapters.plots import policy_plot
from allocast.adapters.policy_document import AGENT, PolicyDocument
from allocast.adapters.registry import ModelVersion
from allocast.demand.patterns import LABELS
from allocast.forecast.judging.backtest import summarise
from allocast.inventory.situation import Policy
from allocast.simulation.windows import choose_policy
from allocast.workflows.folds import Fold, judge_forecasts, replay_forecasts, replay_policies, train_folds
from allocast.workflows.job import Job
from allocast.workflows.promotion import register_and_promote

__all__ = ["Choice", "backtest", "candidates", "judge_segments", "summarise_policies"]

EXAMPLE = pd.DataFrame({"position": [3.0, 12.0], "trigger": [10.0, 10.0], "level": [15.0, 15.0]})


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a backtest found.

    Parameters
    ----------
    table : DataFrame
        One row a window and policy.
    summary : DataFrame
        One row a policy over all windows, cheapest first.
    document : PolicyDocument
        The policy that cost least.
    version : ModelVersion
    forecast_costs : DataFrame, optional
        One row a demand model, cheapest first: what one policy costs on its forecasts.
    segments : DataFrame, optional
        One row a demand model, target and segment: scores of its forecasts, with coverage and bias.
    """

    table: pd.DataFrame
    summary: pd.DataFrame
    document: PolicyDocument
    version: ModelVersion
    forecast_costs: pd.DataFrame | None = None
    segments: pd.DataFrame | None = None


def backtest(
    job: Job,
    *,
    folds: list[Fold] | None = None,
    actor: str,
    champion: bool = False,
    forecasts: bool = False,
) -> Choice:
    """Replay the candidates of the config, and the agent if it names one, and choose.

    Parameters
    ----------
    job : Job
    folds : list of Fold, optional
        Past windows whose models are trained already.
    actor : str
        Who asked, for the alias history.
    champion : bool
        Make the choice champion even if there is one.
    forecasts : bool
        Also judge the forecasts of the demand model and of each baseline by segment, and replay one policy on each,
        to see what a better forecast is worth; about as much work as all candidates again.
    """
    with job.store.run(f"{job.settings.name}/policy", "backtest") as run:
        job.record(run)
        folds = train_folds(job) if folds is None else folds
        table = replay_policies(job, folds, lambda fold: candidates(job, fold))
        summary = summarise_policies(table)
        chosen = choose_policy(table)
        document = _document(job, chosen)
        for window, part in table.groupby("window"):
            with run.child(f"window {pd.Timestamp(window):%Y-%m-%d}") as fold_run:
                fold_run.table(part, "policies.csv")
                own = part[part["policy"] == chosen].iloc[0]
                fold_run.metrics({name: float(own[name]) for name in ("cost", "fill_rate", "average_stock")})
        run.table(table, "windows.csv")
        run.table(summary, "policies.csv")
        run.figure(policy_plot(summary), "policies.png")
        costs = replay_forecasts(job, folds) if forecasts else None
        judged = judge_segments(job, folds) if forecasts else None
        if costs is not None and judged is not None:
            run.table(costs, "forecast_costs.csv")
            run.table(judged, "segments.csv")
        best = summary.iloc[0]
        evidence = {name: float(best[name]) for name in ("cost", "fill_rate", "average_stock")}
        run.metrics(evidence)
        version = register_and_promote(
            job, run, document, example=EXAMPLE, evidence=evidence, actor=actor, champion=champion
        )
    return Choice(
        table=table,
        summary=summary,
        document=document,
        version=version,
        forecast_costs=None
        if costs is None
        else summarise_policies(costs.rename(columns={"model": "policy"})),
        segments=judged,
    )


def judge_segments(job: Job, folds: list[Fold]) -> pd.DataFrame:
    """Scores of each demand model in each segment (ABC class, pattern, age), all windows and origins together."""
    return summarise(judge_forecasts(job, folds), ["target", "model", *LABELS])


def candidates(job: Job, fold: Fold) -> list[Policy]:
    """The policies of the config, and the fold's agent."""
    classical = [settings.build() for settings in job.settings.backtest.policies]
    return classical if fold.agent is None else [*classical, fold.agent]


def summarise_policies(table: pd.DataFrame) -> pd.DataFrame:
    """Totals and means over windows, cheapest first."""
    grouped = table.groupby("policy", sort=False)
    sums = grouped[["cost", "holding_cost", "shortage_cost", "order_cost"]].sum()
    means = grouped[["fill_rate", "average_stock"]].mean()
    return sums.join(means).sort_values("cost", kind="stable").reset_index()


def _document(job: Job, chosen: str) -> PolicyDocument:
    by_name = {settings.build().name: settings for settings in job.settings.backtest.policies}
    if chosen in by_name:
        return PolicyDocument(name=chosen, settings=by_name[chosen])
    return PolicyDocument(name=AGENT, settings=None)
