"""All policies on six replay windows of VN2, each window served by the policy that cost least before it.

For every window the demand model (and the agent) is trained on what was known before it. The policy that serves a
judged window is the one with the lowest total cost in the windows before it, so no window has a say in its own
choice. Windows lie side by side, eight weeks each; the first ones only serve to choose.
"""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd

from allocast.adapters.engine import cpu_quota
from allocast.simulation.windows import choose_policy
from allocast.workflows.backtest import candidates
from allocast.workflows.folds import replay_policies, train_fold
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
    jobs = [(seed, start) for seed in SEEDS for start in (*EARLIER, *JUDGED)]
    with ProcessPoolExecutor(cpu_quota(), mp_context=get_context("spawn")) as pool:
        parts = list(pool.map(_window, *zip(*jobs, strict=True)))
    table = pd.concat(parts, ignore_index=True)
    chosen = [_chosen_cost(table[table["seed"] == seed]) for seed in SEEDS]
    saving = np.array([100 * (1 - cost.sum() / ORGANISER_COST) for cost in chosen])
    judged = table[table["window"].isin(pd.to_datetime(JUDGED))]
    totals = judged.groupby(["seed", "policy"])["cost"].sum().groupby("policy").mean().sort_values()
    return Measured(
        targets=(
            Target(
                name="organiser_error", value=abs(totals[ORGANISER] - ORGANISER_COST), op="<=", target=0.05
            ),
            Target(name="saving_percent", value=float(saving.mean()), op=">=", target=8.0),
            Target(name="saving_percent_worst_seed", value=float(saving.min()), op=">=", target=8.0),
        ),
        references=(
            *(Reference(name=f"cost.{policy}", value=float(cost)) for policy, cost in totals.items()),
            Reference(name="cost.chosen_by_its_past", value=float(np.mean([cost.sum() for cost in chosen]))),
            *_by_window(judged, chosen),
        ),
        seeds=SEEDS,
    )


def _window(seed: int, start: str) -> pd.DataFrame:
    """Every policy in one window; a process of its own, one thread."""
    job = _job(seed)
    fold = train_fold(job, np.datetime64(start))
    return replay_policies(job, [fold], lambda fold: candidates(job, fold)).assign(seed=seed)


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


def _by_window(judged: pd.DataFrame, chosen: list["pd.Series[float]"]) -> list[Reference]:
    organiser = judged[judged["policy"] == ORGANISER].groupby("window")["cost"].mean()
    means = pd.concat(chosen, axis=1).mean(axis=1)
    return [
        Reference(name=f"{window:%Y-%m-%d}.{who}", value=float(cost[window]))
        for window in pd.to_datetime(JUDGED)
        for who, cost in (("organiser", organiser), ("chosen", means))
    ]
