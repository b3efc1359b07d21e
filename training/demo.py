"""Policies and models on the demo world against its known truth.

The models see what a user of the demo world would see; the judge knows the uncensored demand, its exact distribution,
the true lead-time distributions, and what happens in the periods after the history. The policy is chosen by its own
past windows, then replayed with all others on that future, from the stock and the open orders as they really are.
"""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd

from allocast.adapters.engine import cpu_quota
from allocast.adapters.job_settings import DemoData
from allocast.errors import DataError
from allocast.forecast.baseline_model import ForecastingModel
from allocast.forecast.judging.metrics import bias, coverage, scaled_pinball
from allocast.forecast.lightgbm_model import DemandModel
from allocast.numerics.arrays import IntArray
from allocast.numerics.streams import stream
from allocast.simulation.demo_world import DemoTruth, generate_demo_world
from allocast.simulation.replay import World, replay
from allocast.simulation.windows import WindowSettings, choose_policy, compare
from allocast.supply.kaplan_meier_lead_times import KaplanMeierLeadTimes
from allocast.supply.supplier_model import SupplierModel, SupplierModelSettings
from allocast.supply.supply_model import SupplyModel
from allocast.workflows.agent_training import train_agent_on
from allocast.workflows.backtest import candidates
from allocast.workflows.folds import Fold, baselines, replay_policies, train_folds
from allocast.workflows.job import Job, open_job
from training.figures import Measured, Reference, Target

__all__ = ["future", "measure", "rows_of_truth"]

SEEDS = (1, 2, 3)
LEVELS_JUDGED = (0.5, 0.9, 0.95)
WITHIN_DAYS = 21
STATIC_POLICY = "moving_average_cover(13, 6)"


def measure() -> Measured:
    """Means over worlds; each seed is another world."""
    with ProcessPoolExecutor(cpu_quota(), mp_context=get_context("spawn")) as pool:
        worlds = pd.DataFrame(list(pool.map(_world, SEEDS)))
    mean = worlds.mean()
    targets = {
        "pinball_over_best_baseline": ("<=", 1.0),
        "coverage_error_0.9": ("<=", 0.05),
        "open_orders_error_over_kaplan_meier": ("<=", 0.5),
        "chosen_saving_percent": (">=", 10.0),
    }
    return Measured(
        targets=tuple(
            Target(name=name, value=float(mean[name]), op="<=" if op == "<=" else ">=", target=target)
            for name, (op, target) in targets.items()
        ),
        references=tuple(
            Reference(name=str(name), value=float(value))
            for name, value in mean.items()
            if name not in targets
        ),
        seeds=SEEDS,
    )


def _world(seed: int) -> dict[str, float]:
    """Everything about one world; a process of its own, one thread."""
    folder = f"data.root=out/figures/demo-{seed}"
    job = open_job(Path("configs/demo.yaml"), [f"seed={seed}", folder, "demand.threads=1"])
    if not isinstance(job.settings.data, DemoData):
        raise DataError("the figure demo needs a config of the demo world.")
    truth = generate_demo_world(job.settings.data.world, seed).truth
    rows = rows_of_truth(job, truth)
    model = DemandModel.train(job.panel, job.settings.demand, seed=seed)
    supply = SupplierModel.train(
        job.orders, as_of=job.today, settings=job.settings.supply or SupplierModelSettings(), seed=seed
    )
    return (
        _judge_demand(job, truth, rows, model)
        | _judge_supply(job, truth, supply)
        | _judge_policies(job, truth, rows, model, supply)
    )


def rows_of_truth(job: Job, truth: DemoTruth) -> IntArray:
    """Place in the truth of each series of the panel."""
    terms = truth.main.terms
    keys = pd.MultiIndex.from_arrays([terms.item_id, terms.location_id])
    return np.asarray(
        keys.get_indexer(pd.MultiIndex.from_frame(job.panel.series[["item_id", "location_id"]]))
    )


def _judge_demand(job: Job, truth: DemoTruth, rows: IntArray, model: DemandModel) -> dict[str, float]:
    now, horizon = len(job.panel.periods), job.settings.demand.horizon
    happened = truth.demand.units[rows, now : now + horizon]
    expected = truth.demand.expected[rows, now : now + horizon]
    levels = np.array(job.settings.demand.levels)
    exact = np.stack([truth.demand.quantile(level, known=now)[rows, :horizon] for level in levels], axis=1)
    best = scaled_pinball(happened, exact, levels)
    values = {"pinball.truth": best}
    models: list[ForecastingModel] = [model, *baselines(job, job.panel)]
    for known in models:
        forecast = known.forecast(job.panel)
        values[f"pinball.{known.name}"] = scaled_pinball(happened, forecast.period_units, levels)
        values[f"bias.{known.name}"] = bias(expected, forecast.mean)
        if known is model:
            shares = coverage(happened, forecast.period_units)
            for level in LEVELS_JUDGED:
                values[f"coverage.{level}"] = float(shares[np.argmin(np.abs(levels - level))])
    own = values[f"pinball.{model.name}"]
    values["pinball_over_truth"] = own / best
    values["pinball_over_best_baseline"] = own / min(values[f"pinball.{other.name}"] for other in models[1:])
    values["coverage_error_0.9"] = abs(values["coverage.0.9"] - 0.9)
    return values


def _judge_supply(job: Job, truth: DemoTruth, model: SupplierModel) -> dict[str, float]:
    """The share of open orders received within three weeks, given their age, against the true expectation."""
    table = job.data.tables.require("purchase_orders")
    is_open = table["received_on"].isna() & table["cancelled_on"].isna()
    is_open &= table["ordered_on"] <= pd.Timestamp(job.today)
    day = job.today + np.timedelta64(WITHIN_DAYS, "D")
    exact = truth.suppliers.share_received_by(table[is_open], job.today, day)
    waiting = job.orders.take(job.orders.is_open)
    known: dict[str, SupplyModel] = {
        "supplier_model": model,
        "kaplan_meier": KaplanMeierLeadTimes.train(job.orders, as_of=job.today, minimum_orders=np.inf),
    }
    values = {}
    for name, supply in known.items():
        said = supply.probability_received_by(waiting, history=job.orders, as_of=job.today, day=day)
        values[f"open_orders_bias.{name}"] = float((said - exact).mean())
        values[f"open_orders_mean_error.{name}"] = float(np.abs(said - exact).mean())
    errors = [values[f"open_orders_mean_error.{name}"] for name in known]
    values["open_orders_error_over_kaplan_meier"] = errors[0] / errors[1]
    return values


def _judge_policies(
    job: Job, truth: DemoTruth, rows: IntArray, model: DemandModel, supply: SupplierModel
) -> dict[str, float]:
    """Cost of each policy on the true future, and of the one chosen by its past."""
    chosen = choose_policy(replay_policies(job, train_folds(job), lambda fold: candidates(job, fold)))
    lead_time = job.lead_times(supply, history=job.orders, as_of=job.today)
    share = supply.yields
    learns = job.settings.agent is not None
    agent = train_agent_on(job, job.panel, model, lead_time, share=share).agent if learns else None
    fold = Fold(start=job.as_of, known=job.panel, demand=model, lead_time=lead_time, share=share, agent=agent)
    results = replay(
        future(job, truth, rows, job.settings.backtest.shape),
        candidates(job, fold),
        forecast=model.forecast,
        lead_time=lead_time,
        n_paths=job.settings.paths,
        rng=stream(job.settings.seed, "demo figure"),
        share=share,
    )
    table = compare(results, job.as_of, job.settings.backtest.shape).set_index("policy")
    values = {f"cost.{policy}": float(row["cost"]) for policy, row in table.iterrows()}
    values |= {f"fill_rate.{policy}": float(row["fill_rate"]) for policy, row in table.iterrows()}
    values |= {f"average_stock.{policy}": float(row["average_stock"]) for policy, row in table.iterrows()}
    values["cost.chosen_by_its_past"] = values[f"cost.{chosen}"]
    values["chosen_saving_percent"] = 100 * (1 - values[f"cost.{chosen}"] / values[f"cost.{STATIC_POLICY}"])
    return values


def future(job: Job, truth: DemoTruth, rows: IntArray, shape: WindowSettings) -> World:
    """The periods after the history as they will be, from the stock as it is."""
    now = len(job.panel.periods)
    deliveries = truth.main.deliveries
    placed = slice(now - 1, now - 1 + shape.periods)  # an order before period k is placed at the end of k - 1
    stock = truth.stock
    return World(
        known=job.panel,
        demand=truth.demand.units[rows, now : now + shape.periods],
        lead_time=deliveries.lead_time[rows, placed],
        delivered_share=deliveries.share[rows, placed],
        stock=type(stock)(
            on_hand=stock.on_hand[rows], backordered=stock.backordered[rows], pipeline=stock.pipeline[rows]
        ),
        costs=job.costs,
        sourcing=job.lines,
        n_decisions=shape.decisions,
    )
