"""Levels 1 to 9 of M5 from the 70 store × department series: six windows of 28 days, beside AutoETS and naive.

For each window the models are trained on what came before it, their forecasts averaged and summed up the levels.
The stores are closed on Christmas, which the calendar says: nothing is forecast for that day. Peers get the sales as
they are, zeros of closed days included; what they score if they are told as well is given as a reference.

The settings were chosen on windows that end before the first judged one (days 1410 to 1773).
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from time import monotonic

import numpy as np

from allocast.adapters.datasets.m5 import M5_HORIZON, occasions, read_m5_store_departments
from allocast.adapters.engine import cpu_quota
from allocast.demand.panel import DemandPanel
from allocast.forecast.demand_settings import DemandModelSettings, FeatureSettings
from allocast.forecast.hierarchy import Hierarchy
from allocast.forecast.lightgbm_model import DemandModel
from allocast.numerics.arrays import FloatArray
from training import m5_windows
from training.figures import Measured, Reference, Target, data_folder
from training.peer_environment import run_peer

__all__ = ["measure"]

SEED = 1
SCALE_WINDOWS = (28, 56)
FITS = 3  # of one model: on all series, and on each half to learn how far it can be relied on
BELOW_NAIVE, BELOW_ETS = 0.40, 0.28
UNLIKE_STORES = ("orthodox", "chanukah", "pesach", "eid", "ramadan", "purim", "lent")
"""Events whose days wander or whose effect cannot be told from the season in five years."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """WRMSSE of the nine levels in one window, of each way to forecast, and the seconds ours took."""

    scores: dict[str, FloatArray]
    seconds: float


def measure() -> Measured:
    """Mean WRMSSE of the nine levels over the windows, against seasonal naive and the better AutoETS."""
    panel = read_m5_store_departments(data_folder("m5"))
    hierarchy = m5_windows.hierarchy_of(panel)
    weights = m5_windows.level_weights(data_folder("m5"), hierarchy)
    starts = m5_windows.starts(panel)
    with ThreadPoolExecutor(cpu_quota()) as pool:
        windows = list(pool.map(partial(_window, panel, hierarchy, weights), starts))
    mean = {name: np.mean([w.scores[name] for w in windows], axis=0) for name in windows[0].scores}
    ets = min(mean["auto_ets_each"].mean(), mean["auto_ets_bottom_up"].mean())
    ours = float(mean["ours"].mean())
    return Measured(
        targets=(
            Target(name="share_of_seasonal_naive", value=float(ours / mean["seasonal_naive"].mean()), op="<=",
                   target=1 - BELOW_NAIVE),
            Target(name="share_of_auto_ets", value=float(ours / ets), op="<=", target=1 - BELOW_ETS),
            Target(name="models_a_window", value=float(FITS * len(SCALE_WINDOWS)), op="<=", target=40),
            Target(name="minutes_a_window", value=max(w.seconds for w in windows) / 60, op="<=", target=30),
        ),
        references=tuple(_references(mean, windows, starts)),
        seeds=(SEED,),
    )  # fmt: skip


def _references(mean: dict[str, FloatArray], windows: list[Window], starts: list[int]) -> list[Reference]:
    """Scores by level and by window; days are named as the competition does, from 1."""
    found = [Reference(name=f"wrmsse.{name}", value=float(scores.mean())) for name, scores in mean.items()]
    for name in ("ours", "seasonal_naive", "auto_ets_bottom_up"):
        levels = zip(m5_windows.LEVELS, mean[name], strict=True)
        found += [Reference(name=f"{level}.{name}", value=float(score)) for level, score in levels]
        days = zip(starts, windows, strict=True)
        found += [Reference(name=f"d{day + 1}.{name}", value=float(w.scores[name].mean())) for day, w in days]
    return found


def _window(panel: DemandPanel, hierarchy: Hierarchy, weights: FloatArray, start: int) -> Window:
    """Every way to forecast one window, judged."""
    known = m5_windows.known_then(panel, start)
    began = monotonic()
    ours = hierarchy.aggregate(expected(known, start))
    seconds = monotonic() - began
    sold = hierarchy.aggregate(known.units)
    naive = hierarchy.aggregate(m5_windows.season_repeated(known.units, known.frequency.season))
    ets = _auto_ets(sold)
    bottom_up = hierarchy.aggregate(ets[hierarchy.of_level("series")])
    open_days = m5_windows.open_days(panel, start)[:1]
    ways = {"ours": ours, "seasonal_naive": naive, "auto_ets_each": ets, "auto_ets_bottom_up": bottom_up}
    ways |= {
        f"{name}_told_of_closed_days": ways[name] * open_days
        for name in ("seasonal_naive", "auto_ets_bottom_up")
    }
    judge = partial(m5_windows.level_scores, hierarchy, units=panel.units, weights=weights, start=start)
    return Window(scores={name: judge(mean) for name, mean in ways.items()}, seconds=seconds)


def expected(known: DemandPanel, start: int) -> FloatArray:
    """Expected units of each series in the window, shape (n_series, 28): the mean of a few models."""
    models = [DemandModel.train(known, settings, seed=SEED) for settings in members(known)]
    mean = np.mean([model.forecast(known).mean for model in models], axis=0)
    told: FloatArray = mean * m5_windows.open_days(known, start)
    return told


def members(panel: DemandPanel) -> list[DemandModelSettings]:
    """Settings of the models whose forecasts are averaged: they differ in what the level is measured over."""
    events = [name for name in occasions(panel) if not any(part in name for part in UNLIKE_STORES)]
    features = FeatureSettings(
        lags=(1, 2, 7),
        windows=(7, 14, 56, 112, 364),
        seasonal_mean=(4, 8),
        yearly=True,
        age=False,
        statics=("store", "state", "department", "category"),
        groups=("store", "department"),
        known_ahead=("snap", *events),
    )
    settings = DemandModelSettings(
        horizon=M5_HORIZON,
        anchors=(M5_HORIZON,),
        rounds=200,
        learning_rate=0.07,
        smallest_leaf=50,
        tweedie_power=1.1,
        scale_power=1.0,
        half_life_periods=10_000.0,
        first_origin=400,
        largest_rows=200_000,
        threads=1,
    )
    return [replace(settings, features=replace(features, scale_window=window)) for window in SCALE_WINDOWS]


def _auto_ets(history: FloatArray) -> FloatArray:
    """StatsForecast's AutoETS with a weekly season, of each row on its own, shape (n_rows, 28)."""
    found = run_peer(
        "statistical",
        {"demand": m5_windows.since_first_sale(history)},
        models=["AutoETS"],
        season=7,
        horizon=M5_HORIZON,
        levels=[0.5],
        windows=2,
    )
    mean: FloatArray = found["AutoETS.mean"]
    return mean
