"""Censored demand: how far estimates are off where sales were cut short by stock-outs.

In generated worlds the uncensored demand is known, so latent demand is judged over all cells of the history. On
FreshRetailNet the forecast of seven days is judged on the cells that were in stock all day, over rolling weeks, of
which nothing is looked at before.
"""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

import numpy as np
import pandas as pd

from allocast.adapters.engine import cpu_quota
from allocast.demand.panel import DemandPanel
from allocast.forecast.censored.latent_demand import latent_demand
from allocast.forecast.demand_settings import DemandModelSettings, FeatureSettings
from allocast.forecast.judging.metrics import bias
from allocast.forecast.lightgbm_model import DemandModel
from allocast.numerics.arrays import FloatArray
from allocast.simulation.demo_settings import DemoWorldSettings
from allocast.simulation.demo_world import generate_demo_world
from training.figures import Measured, Reference, Target
from training.freshretail import SETTINGS, read_until, split, whole_days

__all__ = ["measure"]

SEEDS = (11, 12, 13, 14)
WORLD = DemoWorldSettings(
    n_items=60, n_locations=10, safety_share=0.35
)  # about a tenth of the cells censored
MODEL = DemandModelSettings(
    horizon=4,
    rounds=120,
    largest_rows=80_000,
    threads=1,
    features=FeatureSettings(
        statics=("category", "region", "format"),
        groups=("item_id", "location_id", "category"),
        known_ahead=("price", "promotion"),
    ),
)
WEEKS_BACK = (0, 1, 2, 3, 4)
EVERY = 5  # series; the figure freshretail takes them all


def measure() -> Measured:
    """Means over the worlds and over the weeks; each value is a share of the true demand."""
    with ProcessPoolExecutor(cpu_quota(), mp_context=get_context("spawn")) as pool:
        worlds = pool.map(_world, SEEDS)
        weeks = pool.map(_week, WEEKS_BACK)
        by_world, by_week = pd.DataFrame(list(worlds)), pd.DataFrame(list(weeks))
    latent, in_stock = by_world.pop("latent"), by_week.pop("in_stock")
    return Measured(
        targets=(
            Target(name="demo_latent_bias", value=abs(float(latent.mean())), op="<=", target=0.01),
            Target(name="freshretail_in_stock_bias", value=abs(float(in_stock.mean())), op="<=", target=0.01),
        ),
        references=(
            *_each("demo_latent", latent, SEEDS),
            *_means("demo", by_world),
            *_each("freshretail_in_stock", in_stock, WEEKS_BACK),
            *_means("freshretail", by_week),
        ),
        seeds=SEEDS,
    )


def _each(name: str, values: "pd.Series[float]", labels: tuple[int, ...]) -> list[Reference]:
    named = zip(labels, values, strict=True)
    return [Reference(name=f"{name}.{label}", value=float(value)) for label, value in named]


def _means(name: str, table: pd.DataFrame) -> list[Reference]:
    return [Reference(name=f"{name}.{column}", value=float(value)) for column, value in table.mean().items()]


def _world(seed: int) -> dict[str, float]:
    """Bias of what each reading of the history says of its demand."""
    world = generate_demo_world(WORLD, seed)
    panel, n = world.panel, WORLD.n_periods
    alive, censored = ~np.isnan(panel.units), panel.censored
    truth, future = world.truth.demand.units[:, :n], world.truth.demand.units[:, n : n + MODEL.horizon]

    def said(estimate: FloatArray) -> float:
        return bias(truth[alive], np.where(censored, estimate, truth)[alive])

    model = DemandModel.train(panel, MODEL, seed=seed)
    masked_panel = replace(panel, units=panel.demand, availability=None)
    masked = DemandModel.train(masked_panel, MODEL, seed=seed)
    latent = latent_demand(panel, model)
    return {
        "latent": said(latent),
        "latent_on_censored_cells": bias(truth[censored], latent[censored]),
        "sales_read_as_demand": said(panel.units),
        "masked": said(masked.past_means(masked_panel)),
        "censored_cells": float(censored[alive].mean()),
        "future_mean": bias(future, model.forecast(panel).mean),
        "future_mean_masked": bias(future, masked.forecast(masked_panel).mean),
    }


def _week(weeks_back: int) -> dict[str, float]:
    """Bias of the forecast of one week on the cells in stock, by what is made of days partly out of stock."""
    panel = read_until(weeks_back)
    panel = panel.take(np.arange(0, panel.n_series, EVERY))
    _, actual = split(panel, weeks_back)
    readings: dict[str, Callable[[DemandPanel], DemandPanel]] = {
        "in_stock": whole_days,
        "in_stock_sales_read_as_demand": _as_if_in_stock,
        "in_stock_all_demand": lambda known: known,
    }
    settings = replace(SETTINGS, threads=1, largest_rows=100_000)
    values = {}
    for name, reading in readings.items():
        known = reading(split(panel, weeks_back)[0])
        mean = DemandModel.train(known, settings, seed=SEEDS[0]).forecast(known).mean
        values[name] = bias(actual, mean)
    return values | {"sold_in_hours_in_stock_all_demand": _while_in_stock(panel, weeks_back, mean)}


def _while_in_stock(panel: DemandPanel, weeks_back: int, mean: FloatArray) -> float:
    """Bias of the mean times the share of each day in stock, against all that was sold."""
    first = len(panel.periods) - mean.shape[1] * (1 + weeks_back)
    week = slice(first, first + mean.shape[1])
    return bias(panel.units[:, week], mean * panel.exposure[:, week])


def _as_if_in_stock(known: DemandPanel) -> DemandPanel:
    return replace(known, observed=np.ones_like(known.observed), availability=None)
