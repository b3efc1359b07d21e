"""Carrying cost of our policies beside a static rule of thumb that serves no better, on VN2 and in demo worlds.

The rule of thumb is the textbook's reorder point from a year's averages with z of 95 %, set once before a window, and
the economic order quantity; where ordering is free, single units, which no static rule with batches carries less than.
Safety stocks and batches in weeks of supply, which more planners use, stand beside it. Ours is, of the policies and
service levels tried, the one with the lowest carrying cost in windows that were over before the judged one, among
those whose fill rate there was half a point above the rule's or better and whose total cost was no higher.

VN2 is judged in the windows of eight weeks from May 2023 on, demo worlds on their true future, each seed a world.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd

from allocast.adapters.engine import cpu_quota
from allocast.adapters.job_settings import DemoData
from allocast.demand.panel import DemandPanel
from allocast.errors import DataError
from allocast.forecast.lightgbm_model import DemandModel
from allocast.inventory.policies import NeedAndSafety, OrderUpTo, ReorderPoint, RuleOfThumb
from allocast.inventory.situation import Policy
from allocast.numerics.streams import stream
from allocast.simulation.demo_world import generate_demo_world
from allocast.simulation.replay import replay
from allocast.simulation.windows import compare
from allocast.simulation.worth import cheapest_at_service, measures_of, worth_of
from allocast.supply.supplier_model import SupplierModel, SupplierModelSettings
from allocast.workflows.folds import replay_policies, train_folds
from allocast.workflows.job import open_job
from training.demo import future, rows_of_truth
from training.figures import Measured, Reference, Target
from training.vn2_history import ended_before, open_history

__all__ = ["measure"]

SEEDS = (1, 2, 3)  # each a demo world; VN2 takes the first
STATIC = RuleOfThumb()
STATIC_RULES = (
    STATIC,
    RuleOfThumb(cycle_service_level=0.9),
    RuleOfThumb(cycle_service_level=0.98),
    RuleOfThumb(safety_periods=2.0),
    RuleOfThumb(safety_periods=1.0, batch_periods=4.0),
    RuleOfThumb(safety_periods=2.0, batch_periods=4.0),
)
MARGIN = 0.005  # of fill rate, in earlier windows
EVERY = 4  # weeks between the windows of VN2 that are chosen by
VN2_LEVELS = (0.8, 0.83, 0.85, 0.87, 0.88, 0.89, 0.9, 0.91, 0.93, 0.95, 0.97, 0.98)
DEMO_LEVELS = (0.7, 0.8, 0.86, 0.9, 0.93, 0.96, 0.98)
SHOWN = (
    "carrying_cost",
    "fill_rate",
    "turns",
    "days_of_supply",
    "stock_out_share",
    "orders_while_short",
    "cost",
)


def measure() -> Measured:
    """Savings over the judged windows of VN2, and over demo worlds."""
    work = [(_vn2, SEEDS[0]), *((_demo, seed) for seed in SEEDS)]
    with ProcessPoolExecutor(min(cpu_quota(), len(work)), mp_context=get_context("spawn")) as pool:
        tables = list(pool.map(_run, work))
    vn2, demo = tables[0], pd.concat(tables[1:]).drop(columns="window").rename(columns={"seed": "window"})
    targets: list[Target] = []
    references: list[Reference] = []
    for name, table in (("vn2", vn2), ("demo", demo)):
        saving, gained = _beside(table, STATIC)[:2]
        targets += [
            Target(name=f"{name}.saving_percent", value=saving.value, op=">=", target=25.0),
            Target(name=f"{name}.fill_gain_points", value=gained.value, op=">=", target=0.0),
        ]
        references += [replace(each, name=f"{name}.{each.name}") for each in _references(table)]
    return Measured(targets=tuple(targets), references=tuple(references), seeds=SEEDS)


def _run(work: tuple[Callable[[int], pd.DataFrame], int]) -> pd.DataFrame:
    judge, seed = work
    return judge(seed).assign(seed=seed)


def _vn2(seed: int) -> pd.DataFrame:
    """The static rules, and ours beside each, in the judged windows of VN2."""
    history = open_history(seed)
    own = _at_levels((NeedAndSafety,), VN2_LEVELS)
    starts = np.union1d(history.earlier(EVERY), history.judged)
    table = history.replay(starts, lambda _: [*STATIC_RULES, *own])
    n_weeks = history.job.settings.backtest.shape.periods
    return pd.concat(
        [
            _judged(table[table["window"] == pd.Timestamp(start)], ended_before(table, start, n_weeks))
            for start in history.judged
        ],
        ignore_index=True,
    )


def _demo(seed: int) -> pd.DataFrame:
    """The static rules, and ours beside each, in the true future of one world."""
    overrides = [f"seed={seed}", f"data.root=out/figures/demo-{seed}", "demand.threads=1"]
    job = open_job(Path("configs/demo.yaml"), overrides)
    if not isinstance(job.settings.data, DemoData):
        raise DataError("the figure carrying_cost needs a config of the demo world.")
    own = _at_levels((NeedAndSafety, ReorderPoint, OrderUpTo), DEMO_LEVELS)
    folds = train_folds(job, with_agent=False)
    earlier = replay_policies(job, folds, lambda fold: [*_set_before(fold.known), *own])
    truth = generate_demo_world(job.settings.data.world, seed).truth
    settings = job.settings.supply or SupplierModelSettings()
    supply = SupplierModel.train(job.orders, as_of=job.today, settings=settings, seed=seed)
    model, shape = DemandModel.train(job.panel, job.settings.demand, seed=seed), job.settings.backtest.shape
    results = replay(
        future(job, truth, rows_of_truth(job, truth), shape),
        [*_set_before(job.panel), *own],
        forecast=model.forecast,
        lead_time=job.lead_times(supply, history=job.orders, as_of=job.today),
        n_paths=job.settings.paths,
        rng=stream(seed, "carrying cost"),
        share=supply.yields,
    )
    worth = [measures_of(result, job.costs, job.frequency, shape.scored) for result in results]
    table = compare(results, job.as_of, shape)
    return _judged(table.join(pd.DataFrame(worth).drop(columns="fill_rate")), earlier)


def _at_levels(
    kinds: Sequence[type[NeedAndSafety | OrderUpTo | ReorderPoint]], levels: Sequence[float]
) -> list[Policy]:
    return [kind(cycle_service_level=level) for kind in kinds for level in levels]


def _set_before(known: DemandPanel) -> list[RuleOfThumb]:
    """The static rules with the levels of one day."""
    return [rule.kept_from(known.as_of) for rule in STATIC_RULES]


def _judged(now: pd.DataFrame, earlier: pd.DataFrame) -> pd.DataFrame:
    """Rows of one judged window: each static rule, and what earlier windows would have put in its place."""
    rows = now.set_index("policy")
    static = [rule.name for rule in STATIC_RULES]
    own = {_ours(rule): _chosen(earlier, rule.name) for rule in STATIC_RULES}
    ours = rows.loc[list(own.values())].set_axis(list(own))
    return pd.concat([rows.loc[static], ours]).rename_axis("policy").reset_index()


def _chosen(earlier: pd.DataFrame, rule: str) -> str:
    """The policy of ours with the lowest carrying cost that served as well as a rule and cost no more in all."""
    static = [other.name for other in STATIC_RULES if other.name != rule]
    costs = earlier.groupby("policy")["cost"].mean()
    dearer = costs.index[costs > costs[rule]]
    able = earlier[~earlier["policy"].isin([*static, *dearer])]
    return cheapest_at_service(able, rule, margin=MARGIN)


def _ours(rule: RuleOfThumb) -> str:
    return f"ours beside {rule.name}"


def _references(table: pd.DataFrame) -> list[Reference]:
    """Savings beside each static rule with their intervals; then the measures of the rules and of ours."""
    beside = [
        replace(each, name=f"{each.name}.{rule.name}")
        for rule in STATIC_RULES
        for each in _beside(table, rule)
    ]
    means = table.groupby("policy", sort=False)[list(SHOWN)].mean()
    shown = [
        Reference(name=f"{measure}.{policy}", value=float(value))
        for policy, row in means.iterrows()
        for measure, value in row.items()
    ]
    return beside + shown


def _beside(table: pd.DataFrame, rule: RuleOfThumb) -> list[Reference]:
    """What ours saves beside a static rule, and how much better it serves, each with its interval."""
    both = table[table["policy"].isin([rule.name, _ours(rule)])]
    saving = worth_of(both, rule.name).savings.iloc[0]
    names = {
        "saving_percent": "carrying_percent",
        "fill_gain_points": "fill_points",
        "saving_percent_low": "carrying_low",
        "saving_percent_high": "carrying_high",
        "fill_gain_points_low": "fill_low",
        "fill_gain_points_high": "fill_high",
    }
    return [Reference(name=name, value=float(saving[column])) for name, column in names.items()]
