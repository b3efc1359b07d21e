"""Judge policies on past windows; let a challenger win only where its lower cost is no accident; register."""

from dataclasses import dataclass

import pandas as pd

from allocast.adapters.plots import policy_plot
from allocast.adapters.policy_document import AGENT, PolicyDocument
from allocast.adapters.registry import ModelVersion
from allocast.adapters.worth_plot import worth_plot
from allocast.demand.patterns import LABELS
from allocast.forecast.judging.backtest import summarise
from allocast.inventory.policies import RuleOfThumb
from allocast.inventory.situation import Policy
from allocast.simulation.paired import PairedComparison, compare_paired
from allocast.simulation.windows import choose_policy
from allocast.simulation.worth import Worth, worth_of
from allocast.workflows.folds import Fold, judge_forecasts, replay_forecasts, replay_policies, train_folds
from allocast.workflows.job import Job
from allocast.workflows.models import champion_policy
from allocast.workflows.promotion import register_and_promote
from allocast.workflows.ruled_past import compare_ruled, ruled_windows

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
    comparison : PairedComparison
        Each policy against the champion, on the same windows and scenarios.
    document : PolicyDocument
        The policy that the comparison chose.
    version : ModelVersion
    worth : Worth
        Carrying cost, turns and the like of each policy, beside the rule of thumb.
    forecast_costs : DataFrame, optional
        One row a demand model, cheapest first: what one policy costs on its forecasts.
    segments : DataFrame, optional
        One row a demand model, target and segment: scores of its forecasts, with coverage and bias.
    rulebook : PairedComparison, optional
        The champion under the job's rulebook against the champion alone; its row stands in the tables, too.
    """

    table: pd.DataFrame
    summary: pd.DataFrame
    comparison: PairedComparison
    document: PolicyDocument
    version: ModelVersion
    worth: Worth
    forecast_costs: pd.DataFrame | None = None
    segments: pd.DataFrame | None = None
    rulebook: PairedComparison | None = None

    @property
    def keeps_the_champion_agent(self) -> bool:
        """Whether an agent of other settings than the config's is champion and stays."""
        return self.comparison.chosen.startswith("champion ")


def backtest(
    job: Job,
    *,
    folds: list[Fold] | None = None,
    actor: str,
    champion: bool = False,
    forecasts: bool = False,
) -> Choice:
    """Replay the candidates of the config, and the agent if it names one, and choose.

    The champion is the registered policy, where it is among the candidates; else the classical one that cost least.
    A registered agent is trained anew before each window, by its own settings if the config's are others. The champion
    stays unless a challenger surely costs less, as ``compare_paired`` has it. Where the job has a rulebook, the
    champion is replayed under it, too: to be looked at, for it is no candidate.

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
        comparison = compare_paired(table, _champion(job, table))
        ruled = ruled_windows(job, folds, comparison.champion, candidates)
        beside = compare_ruled(table, ruled, comparison.champion)
        table = pd.concat([table, ruled], ignore_index=True)
        summary = summarise_policies(table)
        chosen, worth = comparison.chosen, worth_of(table, _rule_of_thumb(job))
        document = _document(job, chosen)
        for window, part in table.groupby("window"):
            with run.child(f"window {pd.Timestamp(window):%Y-%m-%d}") as fold_run:
                fold_run.table(part, "policies.csv")
                own = part[part["policy"] == chosen].iloc[0]
                fold_run.metrics({name: float(own[name]) for name in ("cost", "fill_rate", "average_stock")})
        run.table(table, "windows.csv")
        run.table(summary, "policies.csv")
        run.table(comparison.table, "paired.csv")
        run.text(comparison.verdict, "verdict.txt")
        if beside is not None:
            run.table(beside.table, "rulebook.csv")
        run.figure(policy_plot(summary), "policies.png")
        run.table(worth.measures, "worth.csv")
        run.table(worth.savings, "savings.csv")
        run.figure(worth_plot(worth), "worth.png")
        costs = replay_forecasts(job, folds) if forecasts else None
        judged = judge_segments(job, folds) if forecasts else None
        if costs is not None and judged is not None:
            run.table(costs, "forecast_costs.csv")
            run.table(judged, "segments.csv")
        evidence = _evidence(summary, comparison)
        run.metrics(evidence)
        version = register_and_promote(
            job, run, document, example=EXAMPLE, evidence=evidence, actor=actor, champion=champion
        )
    return Choice(
        table=table,
        summary=summary,
        comparison=comparison,
        document=document,
        version=version,
        worth=worth,
        forecast_costs=None
        if costs is None
        else summarise_policies(costs.rename(columns={"model": "policy"})),
        segments=judged,
        rulebook=beside,
    )


def judge_segments(job: Job, folds: list[Fold]) -> pd.DataFrame:
    """Scores of each demand model in each segment (ABC class, pattern, age), all windows and origins together."""
    return summarise(judge_forecasts(job, folds), ["target", "model", *LABELS])


def candidates(job: Job, fold: Fold) -> list[Policy]:
    """The policies of the config, rules of thumb set just before the window, and the fold's agents."""
    built = [settings.build() for settings in job.settings.backtest.policies]
    classical = [
        policy.kept_from(fold.known.as_of) if isinstance(policy, RuleOfThumb) else policy for policy in built
    ]
    return [*classical, *(agent for agent in (fold.agent, fold.champion_agent) if agent is not None)]


def summarise_policies(table: pd.DataFrame) -> pd.DataFrame:
    """Totals and means over windows, cheapest first."""
    grouped = table.groupby("policy", sort=False)
    sums = grouped[["cost", "holding_cost", "shortage_cost", "order_cost"]].sum()
    means = grouped[["fill_rate", "average_stock"]].mean()
    return sums.join(means).sort_values("cost", kind="stable").reset_index()


def _champion(job: Job, table: pd.DataFrame) -> str:
    """The registered champion's name in a table of results; where it is not there, the cheapest classical policy."""
    classical = {settings.build().name for settings in job.settings.backtest.policies}
    document, names = champion_policy(job), list(table["policy"].unique())
    if document is not None and document.settings is not None and document.name in names:
        return document.name
    agents = [
        name for name in names if name not in classical
    ]  # the last is the champion's, if it is another's
    if document is not None and document.settings is None and agents:
        return str(agents[-1])
    return choose_policy(table[table["policy"].isin(classical)])


def _rule_of_thumb(job: Job) -> str:
    """What the others are set beside: the first rule of thumb of the config; where there is none, its first policy."""
    policies = job.settings.backtest.policies
    usual = next((settings for settings in policies if settings.kind == "rule_of_thumb"), policies[0])
    return usual.build().name


def _evidence(summary: pd.DataFrame, comparison: PairedComparison) -> dict[str, float]:
    """Numbers of the chosen policy, for the alias history; where it is new, with its difference to the champion."""
    own = summary.set_index("policy").loc[comparison.chosen]
    evidence = {name: float(own[name]) for name in ("cost", "fill_rate", "average_stock")}
    if comparison.chosen == comparison.champion:
        return evidence
    paired = comparison.table.set_index("policy").loc[comparison.chosen]
    return evidence | {f"paired_{name}": float(paired[name]) for name in ("difference", "low", "high")}


def _document(job: Job, chosen: str) -> PolicyDocument:
    by_name = {settings.build().name: settings for settings in job.settings.backtest.policies}
    if chosen in by_name:
        return PolicyDocument(name=chosen, settings=by_name[chosen])
    return PolicyDocument(name=AGENT, settings=None)
