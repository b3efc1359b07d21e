"""432 items of M5 with their full history: six windows of 28 days, beside MLForecast and StatsForecast.

Everybody gets the same history of each item from its launch on and forecasts the same days. The trees of MLForecast
see the same covariates as ours: calendar, food stamps, price, store. Days on which the stores are closed are not
judged. Quantiles are at the nine levels of the M5 Uncertainty competition.

The settings were chosen on windows that end before the first judged one.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np

from allocast.adapters.datasets.m5 import M5_HORIZON, occasions, read_m5_items
from allocast.adapters.engine import cpu_quota
from allocast.demand.panel import DemandPanel
from allocast.forecast.demand_settings import DemandModelSettings, FeatureSettings
from allocast.forecast.judging.metrics import coverage, mean_scaled_pinball, root_mean_squared_scaled_error
from allocast.forecast.lightgbm_model import DemandModel
from allocast.numerics.arrays import FloatArray
from training import m5_windows
from training.figures import Measured, Reference, Target, data_folder
from training.peer_environment import run_peer

__all__ = ["LEVELS", "measure"]

LEVELS = (0.005, 0.025, 0.165, 0.25, 0.5, 0.75, 0.835, 0.975, 0.995)
STATISTICAL = ("AutoETS", "CrostonSBA", "TSB(0.1)", "TSB(0.2)")
LONGEST = 730  # days that the statistical peers look at: exponential smoothing has forgotten what lies before
CONFORMAL_WINDOWS = {"statistical": 10, "mlforecast": 4}
SEEDS = (1, 2, 3)
Forecast = tuple[FloatArray, FloatArray]
"""Expected units, shape (n_series, 28), and quantiles, shape (n_series, n_levels, 28)."""


def measure() -> Measured:
    """Scaled pinball and RMSSE, ours of the worst seed, over those of the best peer."""
    panel = read_m5_items(data_folder("m5"))
    with ThreadPoolExecutor(cpu_quota()) as pool:
        windows = list(pool.map(partial(_window, panel), m5_windows.starts(panel)))
    mean = {name: np.mean([scores[name] for scores in windows], axis=0) for name in windows[0]}
    ours = np.max([scores for name, scores in mean.items() if name.startswith("ours")], axis=0)
    peers = np.min([scores for name, scores in mean.items() if not name.startswith("ours")], axis=0)
    return Measured(
        targets=(
            Target(name="pinball_ratio_to_best_peer", value=float(ours[0] / peers[0]), op="<=", target=1.0),
            Target(name="rmsse_ratio_to_best_peer", value=float(ours[1] / peers[1]), op="<=", target=1.0),
        ),
        references=tuple(
            Reference(name=f"{kind}.{name}", value=float(score))
            for name, scores in mean.items()
            for kind, score in zip(("pinball", "rmsse", "coverage_0.975"), scores, strict=True)
        ),
        seeds=SEEDS,
    )


def _window(panel: DemandPanel, start: int) -> dict[str, FloatArray]:
    """Scaled pinball, RMSSE and coverage of everybody in one window."""
    known = m5_windows.known_then(panel, start)
    said = {f"ours_seed_{seed}": _ours(known, seed) for seed in SEEDS}
    said |= _statistical(known) | {"MLForecast": _mlforecast(panel, known, start)}
    return {name: _scores(panel, start, *forecast) for name, forecast in said.items()}


def _scores(panel: DemandPanel, start: int, mean: FloatArray, quantiles: FloatArray) -> FloatArray:
    actual, history = panel.demand[:, m5_windows.ahead(start)], panel.demand[:, :start]
    levels = np.array(LEVELS)
    return np.array(
        [
            mean_scaled_pinball(actual, quantiles, levels, history),
            root_mean_squared_scaled_error(actual, mean, history),
            coverage(actual, quantiles)[LEVELS.index(0.975)],
        ]
    )


def _ours(known: DemandPanel, seed: int) -> Forecast:
    forecast = DemandModel.train(known, settings(known), seed=seed).forecast(known)
    return forecast.mean, forecast.period_units


def settings(panel: DemandPanel) -> DemandModelSettings:
    """Settings of the model for items."""
    events = [
        name for name in occasions(panel) if any(part in name for part in ("christmas", "thanksgiving"))
    ]
    features = FeatureSettings(
        lags=(1, 2, 3, 7),
        windows=(7, 14, 28, 56, 112, 364),
        scale_window=112,
        seasonal_mean=(4, 8),
        since_last_sale=True,
        yearly=True,
        age=False,
        statics=("store",),
        groups=("store", "item_id"),
        known_ahead=("snap", "price", *events),
        prices=("price",),
    )
    return DemandModelSettings(
        horizon=M5_HORIZON,
        anchors=(7, 28),
        levels=LEVELS,
        rounds=120,
        learning_rate=0.1,
        tweedie_power=1.1,
        smallest_leaf=200,
        scale_power=0.5,
        half_life_periods=730.0,
        first_origin=120,
        calibration_periods=56,
        largest_rows=200_000,
        threads=1,
        features=features,
    )


def _statistical(known: DemandPanel) -> dict[str, Forecast]:
    """StatsForecast's models, item by item."""
    sold = np.where(_launched(known), known.units, np.nan)[:, -LONGEST:]
    found = run_peer(
        "statistical",
        {"demand": sold},
        models=list(STATISTICAL),
        season=known.frequency.season,
        horizon=M5_HORIZON,
        levels=list(LEVELS),
        windows=CONFORMAL_WINDOWS["statistical"],
    )
    return {name: (found[f"{name}.mean"], found[f"{name}.quantiles"]) for name in STATISTICAL}


def _mlforecast(panel: DemandPanel, known: DemandPanel, start: int) -> Forecast:
    """MLForecast's LightGBM, all items together."""
    days = slice(0, m5_windows.ahead(start).stop)
    covariates = {f"x_{name}": np.nan_to_num(panel.known_ahead[name][:, days], nan=-1.0)
                  for name in ("snap", "closed", "price", *occasions(panel))}  # fmt: skip
    arrays: dict[str, Any] = {
        "units": known.units,
        "first": _launched(known).argmax(axis=1),
        "dates": known.periods[0] + np.arange(days.stop),
        "static": np.stack([panel.series[name].factorize()[0] for name in ("store", "item_id")], axis=1),
        **covariates,
    }
    widths = [round(100 * (1 - 2 * level), 6) for level in LEVELS if level < 0.5]
    found = run_peer(
        "mlforecast_tweedie",
        arrays,
        horizon=M5_HORIZON,
        coverage=widths,
        windows=CONFORMAL_WINDOWS["mlforecast"],
        seed=SEEDS[0],
    )
    return found["mean"], found["quantiles"]


def _launched(known: DemandPanel) -> Any:
    """True from each item's first observed day on, closed days too."""
    return np.logical_or.accumulate(known.observed, axis=1)
