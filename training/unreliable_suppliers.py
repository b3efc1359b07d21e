"""The demo world with unreliable, drifting suppliers and a budget: an agent beside classical policies.

All policies get the same forecasts, the same lead times from the same supplier model, and the same money a week: four
fifths of what was sold in a week of the last year, at cost. The agent simulates the futures of several orders of
each series and shares the money by its price. The classical policy it is compared with is the one of a grid of rules,
service levels and ways to share a budget that cost least in two windows before, each as long as what is judged and
replayed with models of its beginning; the cheapest of the grid in hindsight, which nobody could know beforehand,
stands beside it, and the cheapest rule in hindsight that has all the money it wants.

What follows the history of a world is one draw: policies are judged on several, and on several worlds a seed. The
first eight weeks do not count: lead times are up to eight weeks, so that what happens in them is decided by old orders.
The agent computes and has learned nothing; its settings are the same in all worlds, chosen on those of seeds 11 to 16.
One fault showed in world 1, which is judged: what nobody asks for was ordered for its worth at a simulation's end.
"""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from allocast.adapters.engine import cpu_quota
from allocast.adapters.job_settings import DemoData
from allocast.agents.budgets.cut_to_budget import CutToBudget, Sharing
from allocast.agents.lookahead import LookaheadAgent
from allocast.demand.panel import DemandPanel
from allocast.errors import DataError
from allocast.forecast.demand_forecast import DemandForecast
from allocast.forecast.lightgbm_model import DemandModel
from allocast.inventory.policies.order_up_to import OrderUpTo
from allocast.inventory.policies.projected_need import ProjectedNeed
from allocast.inventory.policies.reorder_point import ReorderPoint
from allocast.inventory.situation import Policy
from allocast.numerics.streams import stream
from allocast.simulation.demo_futures import another_future
from allocast.simulation.demo_world import generate_demo_world
from allocast.simulation.replay import replay
from allocast.simulation.windows import WindowSettings, choose_policy, compare, past_windows, window_world
from allocast.supply.supplier_model import SupplierModel, SupplierModelSettings
from allocast.workflows.folds import Fold, train_folds_at
from allocast.workflows.job import Job, open_job
from training.demo import future, rows_of_truth
from training.figures import Measured, Reference, Target

__all__ = ["future_table", "judge", "measure", "measured_of", "past_table"]

SEEDS = (1, 2, 3)
WORLDS = tuple(seed + more for more in (0, 100, 200) for seed in SEEDS)
FUTURES, PAST_WINDOWS = 2, 2
SHAPE = WindowSettings(periods=24, decisions=24, scored_from=8)
BUDGET_SHARE = 0.8
PATHS = 100
SERVICE_LEVELS = (None, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
AGENT = LookaheadAgent(unit_served=0.3)
SMALL = (
    "data.world.n_items=24", "data.world.n_locations=5", "data.world.n_future=40", "demand.rounds=60",
    "demand.threads=1",
)  # fmt: skip


def measure() -> Measured:
    """Saving and fill rate of the agent against the classical policy chosen by its past in each world."""
    with ProcessPoolExecutor(cpu_quota(), mp_context=get_context("spawn")) as pool:
        worlds = list(pool.map(_world, WORLDS))
    return measured_of(pd.DataFrame(worlds, index=list(WORLDS)))


def measured_of(worlds: pd.DataFrame) -> Measured:
    """Means over worlds, one row each, with Student's interval over them of 95 %."""
    n, mean = len(worlds), worlds.mean()
    half = float(stdtrit(n - 1, 0.975)) * worlds.std(ddof=1) / np.sqrt(n)
    judged = ("saving_percent", "fill_rate_gain")
    references = [
        Reference(name=f"{name}_{end}", value=float(mean[name] + sign * half[name]))
        for name in judged
        for end, sign in (("low", -1), ("high", 1))
    ]
    references += [Reference(name=str(name), value=float(mean[name])) for name in mean.index.drop([*judged])]
    references += [
        Reference(name=f"world_{world}.{name}", value=float(value))
        for world, row in worlds.iterrows()
        for name, value in row.items()
    ]
    return Measured(
        targets=(
            Target(name="saving_percent", value=float(mean["saving_percent"]), op=">=", target=10.0),
            Target(name="fill_rate_gain", value=float(mean["fill_rate_gain"]), op=">=", target=0.0),
        ),
        references=tuple(references),
        seeds=SEEDS,
    )


def _world(world: int) -> dict[str, float]:
    folder = f"data.root=out/figures/unreliable-{world}"
    job = open_job(Path("configs/demo.yaml"), [f"seed={world}", folder, *SMALL])
    return judge(future_table(job, FUTURES), choose_policy(past_table(job)))


def judge(table: pd.DataFrame, chosen: str) -> dict[str, float]:
    """The agent beside classical policies: chosen by the past, in hindsight, and in hindsight with endless money.

    Parameters
    ----------
    table : DataFrame
        One row a policy and future, from ``future_table``.
    chosen : str
        The classical policy that is to beat.
    """
    mean = table.groupby("policy", sort=False)[["cost", "fill_rate", "has_budget"]].mean()
    agent, rules = mean.loc[AGENT.name], mean.drop(AGENT.name)
    limited, endless = rules[rules["has_budget"] == 1], rules[rules["has_budget"] == 0]
    tuned, hindsight = limited.loc[chosen], limited.loc[limited["cost"].idxmin()]
    values = {
        "saving_percent": _saving(agent, tuned),
        "fill_rate_gain": agent["fill_rate"] - tuned["fill_rate"],
        "saving_percent_in_hindsight": _saving(agent, hindsight),
        "fill_rate_gain_in_hindsight": agent["fill_rate"] - hindsight["fill_rate"],
        "saving_percent_of_endless_money_in_hindsight": _saving(
            endless.loc[endless["cost"].idxmin()], hindsight
        ),
        "agent_cost": agent["cost"],
        "agent_fill_rate": agent["fill_rate"],
    }
    return {name: float(value) for name, value in values.items()}


def _saving(row: "pd.Series[float]", other: "pd.Series[float]") -> float:
    return 100 * (1 - float(row["cost"]) / float(other["cost"]))


def past_table(job: Job) -> pd.DataFrame:
    """One row a classical policy and past window: its totals, with models of the window's beginning."""
    starts = past_windows(job.panel, SHAPE, PAST_WINDOWS)
    folds = train_folds_at(job, list(starts), with_agent=False)
    return pd.concat([_past_window(job, fold) for fold in folds], ignore_index=True)


def _past_window(job: Job, fold: Fold) -> pd.DataFrame:
    rng = stream(job.settings.seed, "unreliable suppliers", "past", str(fold.start))
    world = window_world(
        job.panel, fold.start, SHAPE, lead_time=fold.lead_time, costs=job.costs, sourcing=job.lines, rng=rng,
        share=fold.share,
    )  # fmt: skip

    def forecast(panel: DemandPanel) -> DemandForecast:
        return fold.demand.forecasts(panel, panel.periods[-1:])[0]

    results = replay(
        world,
        _within(_budget(job, fold.known)),
        forecast=forecast,
        lead_time=fold.lead_time,
        n_paths=PATHS,
        rng=rng,
        share=fold.share,
    )
    return compare(results, fold.start, SHAPE)


def future_table(job: Job, futures: int) -> pd.DataFrame:
    """One row a policy and future of the world, the first as it was made, others drawn from the same laws.

    ``has_budget`` says whether the policy had to live within the budget.
    """
    if not isinstance(job.settings.data, DemoData):
        raise DataError("the figure unreliable_suppliers needs a config of the demo world.")
    seed = job.settings.seed
    truth = generate_demo_world(job.settings.data.world, seed).truth
    model = DemandModel.train(job.panel, job.demand_settings, seed=seed)
    supply = SupplierModel.train(job.orders, as_of=job.today, settings=SupplierModelSettings(), seed=seed)
    budget = _budget(job, job.panel)
    limited: list[Policy] = [*_within(budget), replace(AGENT, budget=budget)]
    names, tables = {policy.name for policy in limited}, []
    for number in range(futures):
        rng = stream(seed, "unreliable suppliers", "future", str(number))
        true = another_future(truth, len(job.panel.periods), rng) if number else truth
        results = replay(
            future(job, true, rows_of_truth(job, true), SHAPE),
            [*limited, *_rules()],
            forecast=model.forecast,
            lead_time=job.lead_times(supply, history=job.orders, as_of=job.today),
            n_paths=PATHS,
            rng=rng,
            share=supply.yields,
        )
        tables.append(compare(results, job.as_of, SHAPE).assign(future=number))
    table = pd.concat(tables, ignore_index=True)
    return table.assign(has_budget=table["policy"].isin(names))


def _budget(job: Job, known: DemandPanel) -> float:
    """Money a week: a share of what was sold in a week of the last year, at cost."""
    sold = np.nan_to_num(known.units[:, -52:]).mean(axis=1)
    return BUDGET_SHARE * float((sold * job.costs.unit_cost).sum())


def _rules() -> Sequence[Policy]:
    """Every rule at every service level."""
    kinds = (ReorderPoint, ProjectedNeed, OrderUpTo)
    return [kind(cycle_service_level=level) for kind in kinds for level in SERVICE_LEVELS]


def _within(budget: float) -> list[Policy]:
    """Every rule at every service level, with every way to share the budget."""
    ways: tuple[Sharing, ...] = get_args(Sharing)
    return [CutToBudget(policy=rule, budget=budget, sharing=way) for rule in _rules() for way in ways]
