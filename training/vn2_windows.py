"""All policies and the agent on six replay windows of VN2, each trained on what was known before the window.

The agent learns from history alone: of each past week it sees the forecast of a model trained before that week, and
what was really asked for. It is told how many of the six orders are left; classical policies make no use of that.
Beside it stand the classical policies, and the policy that cost least in the windows before the judged one, so that no
window has a say in its own choice: of all, and of the classical ones alone. Windows lie side by side, eight weeks
each; the first ones only serve to choose.
"""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd

from allocast.adapters.engine import cpu_quota
from allocast.simulation.windows import choose_policy
from allocast.workflows.backtest import candidates
from allocast.workflows.folds import replay_policies, train_folds_at
from allocast.workflows.job import Job, open_job
from training.figures import Measured, Reference, Target, data_folder

__all__ = ["measure"]

JUDGED = ("2023-05-15", "2023-07-10", "2023-09-04", "2023-10-30", "2023-12-25", "2024-02-19")
EARLIER = ("2022-08-08", "2022-10-03", "2022-11-28", "2023-01-23", "2023-03-20")
ORGANISER = "moving_average_cover(13, 4)"
ORGANISER_COST = 31296.2  # weeks 3 to 8 of the six windows, by the rules of the competition
SEEDS = (1, 2, 3)


def measure() -> Measured:
    """Costs of weeks 3 to 8 over the six windows."""
    with ProcessPoolExecutor(min(cpu_quota(), len(SEEDS)), mp_context=get_context("spawn")) as pool:
        table = pd.concat(pool.map(_windows, SEEDS), ignore_index=True)
    agent = next(policy for policy in table["policy"].unique() if policy.startswith("agent"))
    chosen = [_chosen_cost(table[table["seed"] == seed]) for seed in SEEDS]
    classical = table[table["policy"] != agent]
    chosen_classical = [_chosen_cost(classical[classical["seed"] == seed]) for seed in SEEDS]
    chosen_saving = np.array([100 * (1 - cost.sum() / ORGANISER_COST) for cost in chosen])
    judged = table[table["window"].isin(pd.to_datetime(JUDGED))]
    totals = judged.groupby(["seed", "policy"])["cost"].sum().groupby("policy").mean().sort_values()
    by_seed = judged[judged["policy"] == agent].groupby("seed")["cost"].sum()
    saving = 100 * (1 - by_seed / ORGANISER_COST)
    best = totals.drop(agent).idxmin()
    by_window = judged.groupby(["policy", "window"])["cost"].mean()
    better = (by_window[agent] < by_window[ORGANISER]).sum()
    return Measured(
        targets=(
            Target(
                name="organiser_error", value=abs(totals[ORGANISER] - ORGANISER_COST), op="<=", target=0.05
            ),
            Target(name="saving_percent", value=float(chosen_saving.mean()), op=">=", target=8.0),
            Target(name="saving_percent_worst_seed", value=float(chosen_saving.min()), op=">=", target=8.0),
            Target(name="agent_saving_percent", value=float(saving.mean()), op=">=", target=14.0),
            Target(
                name="agent_over_best_classical",
                value=float(totals[agent] / totals[best]),
                op="<=",
                target=1.0,
            ),
            Target(
                name="windows_agent_below_organiser", value=float(better), op=">=", target=float(len(JUDGED))
            ),
        ),
        references=(
            Reference(name="agent_saving_percent_worst_seed", value=float(saving.min())),
            *(Reference(name=f"cost.{policy}", value=float(cost)) for policy, cost in totals.items()),
            Reference(name="cost.chosen_by_its_past", value=float(np.mean([cost.sum() for cost in chosen]))),
            Reference(
                name="cost.classical_chosen_by_its_past",
                value=float(np.mean([cost.sum() for cost in chosen_classical])),
            ),
            *_by_window(by_window, (ORGANISER, agent, str(best))),
        ),
        seeds=SEEDS,
    )


def _windows(seed: int) -> pd.DataFrame:
    """Every policy in every window; a process of its own, one thread."""
    job, starts = _job(seed), [np.datetime64(start) for start in (*EARLIER, *JUDGED)]
    tables = [
        replay_policies(job, [fold], lambda fold: candidates(job, fold))
        for fold in train_folds_at(job, starts)
    ]
    return pd.concat(tables, ignore_index=True).assign(seed=seed)


def _job(seed: int) -> Job:
    overrides = [f"seed={seed}", f"data.root={data_folder('vn2')}", "demand.threads=1"]
    return open_job(Path("configs/vn2.yaml"), overrides)


def _chosen_cost(table: pd.DataFrame) -> "pd.Series[float]":
    """Cost of each judged window under the policy that was cheapest in all windows before it."""
    costs = {}
    for window in pd.to_datetime(JUDGED):
        policy = choose_policy(table[table["window"] < window])
        own = table[(table["window"] == window) & (table["policy"] == policy)]
        costs[window] = float(own["cost"].iloc[0])
    return pd.Series(costs)


def _by_window(by_window: "pd.Series[float]", policies: tuple[str, ...]) -> list[Reference]:
    return [
        Reference(name=f"{window:%Y-%m-%d}.{policy}", value=float(by_window[policy, window]))
        for window in pd.to_datetime(JUDGED)
        for policy in policies
    ]
