"""The demo world with unreliable, drifting suppliers and a budget: an agent beside classical policies.

All policies get the same forecasts, the same lead times from the same supplier model, and the same money a week: four
fifths of what was sold in a week of the last year, at cost. The agent simulates the futures of several orders of
each series and shares the money by its price. The classical policy it is compared with is the one of a grid of rules,
service levels and ways to share a budget that cost least on the sixteen weeks before, replayed with models
of their beginning; the cheapest of the grid in hindsight, which nobody could know beforehand, stands beside it. The
agent computes and has learned nothing; its settings are the same in all worlds, chosen on those of seeds 11 and 12.
"""

from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd

from allocast.adapters.job_settings import DemoData
from allocast.agents.budgets.cut_to_budget import CutToBudget, Sharing
from allocast.agents.lookahead import LookaheadAgent
from allocast.demand.panel import DemandPanel
from allocast.errors import DataError
from allocast.forecast.lightgbm_model import DemandModel
from allocast.inventory.policies.order_up_to import OrderUpTo
from allocast.inventory.policies.projected_need import ProjectedNeed
from allocast.inventory.policies.reorder_point import ReorderPoint
from allocast.inventory.situation import Policy
from allocast.numerics.streams import stream
from allocast.simulation.demo_world import generate_demo_world
from allocast.simulation.replay import replay
from allocast.simulation.windows import WindowSettings, choose_policy, compare, window_world
from allocast.supply.supplier_model import SupplierModel, SupplierModelSettings
from allocast.workflows.folds import train_fold
from allocast.workflows.job import Job, open_job
from training.demo import future, rows_of_truth
from training.figures import Measured, Reference, Target

__all__ = ["judge", "measure", "past_table", "world_table"]

SEEDS = (1, 2, 3)
SHAPE = WindowSettings(periods=16, decisions=16, scored_from=4)
BUDGET_SHARE = 0.8
PATHS = 100
SERVICE_LEVELS = (None, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
AGENT = LookaheadAgent(cycle_service_level=0.75)
SMALL = (
    "data.world.n_items=24", "data.world.n_locations=5", "data.world.n_future=40", "demand.rounds=60",
    "demand.threads=1",
)  # fmt: skip


def measure() -> Measured:
    """Saving and fill rate of the agent against the classical policy chosen by its past in each world."""
    worlds = pd.DataFrame([judge(seed) for seed in SEEDS])
    mean = worlds.mean()
    return Measured(
        targets=(
            Target(name="saving_percent", value=float(mean["saving_percent"]), op=">=", target=10.0),
            Target(name="fill_rate_gain", value=float(mean["fill_rate_gain"]), op=">=", target=0.0),
        ),
        references=tuple(
            Reference(name=f"seed_{seed}.{name}", value=float(value))
            for seed, (_, row) in zip(SEEDS, worlds.iterrows(), strict=True)
            for name, value in row.items()
        ),
        seeds=SEEDS,
    )


def judge(seed: int) -> dict[str, float]:
    """The agent, the classical policy that was cheapest in the past, and the cheapest in hindsight, in one world."""
    job = _job(seed)
    future = world_table(job).set_index("policy")
    agent, rules = future.loc[AGENT.name], future.drop(AGENT.name)
    tuned = rules.loc[choose_policy(past_table(job))]
    hindsight = rules.loc[rules["cost"].idxmin()]
    values = {
        "saving_percent": 100 * (1 - agent["cost"] / tuned["cost"]),
        "fill_rate_gain": agent["fill_rate"] - tuned["fill_rate"],
        "saving_percent_in_hindsight": 100 * (1 - agent["cost"] / hindsight["cost"]),
        "fill_rate_gain_in_hindsight": agent["fill_rate"] - hindsight["fill_rate"],
    }
    for who, row in (("agent", agent), ("classical", tuned), ("classical_in_hindsight", hindsight)):
        values |= {f"{who}.{name}": row[name] for name in ("cost", "fill_rate", "average_stock")}
    return {name: float(value) for name, value in values.items()}


def past_table(job: Job) -> pd.DataFrame:
    """One row a classical policy: its totals in the weeks before, with models of their beginning."""
    fold = train_fold(job, job.panel.periods[-SHAPE.periods], with_agent=False)
    rng = stream(job.settings.seed, "unreliable suppliers", "past")
    world = window_world(
        job.panel, fold.start, SHAPE, lead_time=fold.lead_time, costs=job.costs, sourcing=job.lines, rng=rng
    )
    results = replay(
        world,
        _classical_policies(_budget(job, fold.known)),
        forecast=lambda panel: fold.demand.forecasts(panel, panel.periods[-1:])[0],
        lead_time=fold.lead_time,
        n_paths=PATHS,
        rng=rng,
    )
    return compare(results, fold.start, SHAPE)


def world_table(job: Job, agents: tuple[LookaheadAgent, ...] | None = None) -> pd.DataFrame:
    """One row a policy: its totals in the periods after the history, all of them within the budget."""
    if not isinstance(job.settings.data, DemoData):
        raise DataError("the figure unreliable_suppliers needs a config of the demo world.")
    seed = job.settings.seed
    truth = generate_demo_world(job.settings.data.world, seed).truth
    model = DemandModel.train(job.panel, job.demand_settings, seed=seed)
    supply = SupplierModel.train(job.orders, as_of=job.today, settings=SupplierModelSettings(), seed=seed)
    budget = _budget(job, job.panel)
    results = replay(
        future(job, truth, rows_of_truth(job, truth), SHAPE),
        [*_classical_policies(budget), *(replace(agent, budget=budget) for agent in agents or (AGENT,))],
        forecast=model.forecast,
        lead_time=job.lead_times(supply, history=job.orders, as_of=job.today),
        n_paths=PATHS,
        rng=stream(seed, "unreliable suppliers"),
    )
    return compare(results, job.as_of, SHAPE)


def _job(seed: int) -> Job:
    folder = f"data.root=out/figures/unreliable-{seed}"
    return open_job(Path("configs/demo.yaml"), [f"seed={seed}", folder, *SMALL])


def _budget(job: Job, known: DemandPanel) -> float:
    """Money a week: a share of what was sold in a week of the last year, at cost."""
    sold = np.nan_to_num(known.units[:, -52:]).mean(axis=1)
    return BUDGET_SHARE * float((sold * job.costs.unit_cost).sum())


def _classical_policies(budget: float) -> list[Policy]:
    """Every rule at every service level, with every way to share the budget."""
    rules = [
        rule(cycle_service_level=level)
        for rule in (ReorderPoint, ProjectedNeed, OrderUpTo)
        for level in SERVICE_LEVELS
    ]
    return [
        CutToBudget(policy=rule, budget=budget, sharing=sharing)
        for rule in rules
        for sharing in get_args(Sharing)
    ]
