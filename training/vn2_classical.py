"""A classical policy on our forecasts of VN2, its service level learned before each window, beside the organiser's.

The policy is ``projected_need``, the last order before the end at the critical ratio. Before each judged window the
level of its other orders is learned from what overlapping windows that were over by then cost at five levels, with
forecasts of models of that time. The organiser's policy is replayed in the same windows, so that longer data bring
their own cost of it. ``need_and_safety``, learned alike, was cheaper in the windows before May 2023, by which it was
first chosen, and dearer after; it, the critical ratio and the level that was best before May 2023 stand beside.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

import numpy as np
import pandas as pd

from allocast.adapters.engine import cpu_quota
from allocast.inventory.policies import MovingAverageCover, NeedAndSafety, ProjectedNeed
from allocast.inventory.situation import Policy
from allocast.simulation.learned_level import learn_level
from allocast.simulation.paired import student_interval
from training.figures import Measured, Reference, Target
from training.vn2_history import Vn2History, ended_before, open_history

__all__ = ["learned_levels", "measure"]

SEEDS = (1, 2)
OWN = "projected_need.learned"
KINDS: dict[str, Callable[..., Policy]] = {
    OWN: partial(ProjectedNeed, heeds_end=True),
    "need_and_safety.learned": NeedAndSafety,
}
WHO = ("organiser", *KINDS, "projected_need.critical_ratio", "projected_need.0.75")
LEVELS = (0.6, 0.66, 0.72, 0.78, 0.84)
EVERY = 4  # weeks between the windows that are learned from


def measure() -> Measured:
    """Costs of weeks 3 to 8 of the judged windows, means over seeds."""
    with ProcessPoolExecutor(min(cpu_quota(), len(SEEDS)), mp_context=get_context("spawn")) as pool:
        table = pd.concat(pool.map(_windows, SEEDS), ignore_index=True)
    totals = table.groupby(["seed", "who"])["cost"].sum().unstack()
    saving = 100 * (1 - totals.div(totals["organiser"], axis=0))
    by_window = table.groupby(["window", "who"])["cost"].mean().unstack()
    each = (100 * (by_window["organiser"] - by_window[OWN]) / by_window["organiser"].mean()).to_numpy()
    low, high = student_interval(each, 0.95)
    levels = table[table["who"] == OWN].groupby("window")["level"].mean()
    return Measured(
        targets=(Target(name="saving_percent", value=float(saving[OWN].mean()), op=">=", target=12.0),),
        references=(
            Reference(name="saving_percent_low", value=low),
            Reference(name="saving_percent_high", value=high),
            Reference(name="saving_percent_worst_seed", value=float(saving[OWN].min())),
            *(
                Reference(name=f"saving_percent.{who}", value=float(saving[who].mean()))
                for who in saving
                if who not in ("organiser", OWN)
            ),
            *(Reference(name=f"cost.{who}", value=float(cost)) for who, cost in totals.mean().items()),
            *(
                Reference(name=f"{window:%Y-%m-%d}.{who}", value=float(by_window.loc[window, who]))
                for window in by_window.index
                for who in ("organiser", OWN)
            ),
            *(
                Reference(name=f"{window:%Y-%m-%d}.level", value=float(level))
                for window, level in levels.items()
            ),
        ),
        seeds=SEEDS,
    )


def _windows(seed: int) -> pd.DataFrame:
    """Costs of each judged window under each policy; a process of its own."""
    history = open_history(seed)
    tried = [make(cycle_service_level=level) for make in KINDS.values() for level in LEVELS]
    past = history.replay(history.earlier(EVERY), lambda _: tried)
    learned = {kind: learned_levels(history, past, kind) for kind in KINDS}
    judged = history.replay(history.judged, partial(_judged, learned))
    table = judged.assign(who=list(WHO) * len(history.judged), seed=seed)
    return table.assign(level=table["window"].map(learned[OWN]).where(table["who"] == OWN))


def learned_levels(history: Vn2History, past: pd.DataFrame, kind: str) -> dict[pd.Timestamp, float]:
    """The level of each judged window, from the windows that were over when it began."""
    n_weeks = history.job.settings.backtest.shape.periods
    names = [KINDS[kind](cycle_service_level=level).name for level in LEVELS]
    ratio = float(history.job.costs.critical_ratio.mean())
    learned = {}
    for start in history.judged:
        known = ended_before(past, start, n_weeks)
        costs = known.groupby("policy")["cost"].sum()[names].to_numpy()
        evidence = known["window"].nunique() * EVERY / n_weeks
        level = learn_level(np.array(LEVELS), costs, critical_ratio=ratio, evidence=evidence)
        learned[pd.Timestamp(start)] = level
    return learned


def _judged(learned: dict[str, dict[pd.Timestamp, float]], start: np.datetime64) -> Sequence[Policy]:
    """The policies of ``WHO``, in its order."""
    own = [make(cycle_service_level=learned[kind][pd.Timestamp(start)]) for kind, make in KINDS.items()]
    return [MovingAverageCover(), *own, ProjectedNeed(), ProjectedNeed(cycle_service_level=0.75)]
