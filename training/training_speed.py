"""Nine quantiles of demand over two horizons: all of the training, beside LightGBM's fits alone.

The panel is synthetic: 2,000 series × 200 weeks of Poisson demand with a yearly season, whose means are drawn from a
gamma distribution. ``total`` is all that ``DirectQuantiles`` does, on one thread: features, bins, boosters of every
view, level and anchor, and their text. ``bare`` is only ``lightgbm.train`` with the same parameters, rows and rounds,
on Datasets that were binned before. ``rebinned``, a reference, is the same fits, each with a Dataset of its own, given
the finished features.

All are in seconds of the processor, medians of three passes that take turns in one process, after a first pass.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from unittest import mock

import lightgbm
import numpy as np
import pandas as pd

from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.forecast.calibration.direct_quantiles import DirectQuantiles
from allocast.forecast.demand_settings import DemandModelSettings
from allocast.forecast.features import Features
from allocast.numerics.arrays import FloatArray
from training.figures import Measured, Reference, Target

__all__ = ["Fit", "fits_of", "make_panel", "measure"]

SHAPE = (2_000, 200)
SEED = 1
TIMES = 3
SETTINGS = DemandModelSettings(
    horizon=8,
    anchors=(3, 6),
    levels=(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9),
    quantiles="boosted",
    largest_rows=400_000,
    threads=1,
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fit:
    """One call of ``lightgbm.train``: a binned Dataset, what it was made of, and the rest."""

    parameters: dict[str, Any]
    data: lightgbm.Dataset
    matrix: FloatArray
    target: FloatArray
    rounds: int


def measure() -> Measured:
    """Seconds of the whole training ÷ seconds of its fits."""
    panel = make_panel()
    fits = fits_of(panel, SETTINGS)
    total, bare, rebinned = _medians(
        lambda: _train(panel, SETTINGS), lambda: _fit_all(fits), lambda: _fit_all_anew(fits)
    )
    return Measured(
        targets=(Target(name="total_ratio", value=total / bare, op="<=", target=1.15),),
        references=(
            Reference(name="rebinned_ratio", value=rebinned / bare),
            Reference(name="total_seconds", value=total),
            Reference(name="bare_seconds", value=bare),
            Reference(name="rebinned_seconds", value=rebinned),
            Reference(name="fits", value=len(fits)),
            Reference(name="rows_of_a_fit", value=float(np.median([len(fit.target) for fit in fits]))),
        ),
        seeds=(SEED,),
    )


def make_panel(shape: tuple[int, int] = SHAPE) -> DemandPanel:
    """Weekly demand of some series, all of it observed."""
    rng = np.random.default_rng(SEED)
    n_series, n_periods = shape
    season = 1 + 0.5 * np.sin(2 * np.pi * np.arange(n_periods) / 52)
    units = rng.poisson(rng.gamma(1.0, 5.0, (n_series, 1)) * season).astype(np.float64)
    return DemandPanel(
        series=pd.DataFrame({"item_id": [str(row) for row in range(n_series)], "location_id": "here"}),
        periods=Frequency.WEEKLY.shifted(np.datetime64("2020-01-06"), np.arange(n_periods)),
        frequency=Frequency.WEEKLY,
        units=units,
        observed=np.ones(shape, dtype=bool),
    )


def fits_of(panel: DemandPanel, settings: DemandModelSettings) -> list[Fit]:
    """What the training hands to ``lightgbm.train``, call by call."""
    found: list[Fit] = []
    train = lightgbm.train

    def watched(parameters: dict[str, Any], data: lightgbm.Dataset, rounds: int) -> lightgbm.Booster:
        data.free_raw_data = False
        booster = train(parameters, data, rounds)
        found.append(
            Fit(
                parameters=parameters,
                data=data,
                matrix=data.get_data(),
                target=data.get_label(),
                rounds=rounds,
            )
        )
        return booster

    with mock.patch.object(lightgbm, "train", watched):
        _train(panel, settings)
    return found


def _train(panel: DemandPanel, settings: DemandModelSettings) -> None:
    """From the panel to the boosters' text."""
    features = Features(panel, settings.features, {})
    DirectQuantiles.train(features, settings, last=len(panel.periods) - 1, seed=SEED).to_files()


def _fit_all(fits: list[Fit]) -> None:
    for fit in fits:
        lightgbm.train(fit.parameters, fit.data, fit.rounds)


def _fit_all_anew(fits: list[Fit]) -> None:
    for fit in fits:
        data = lightgbm.Dataset(fit.matrix, fit.target, params=fit.parameters)
        lightgbm.train(fit.parameters, data, fit.rounds)


def _medians(*ways: Callable[[], None]) -> list[float]:
    """Median seconds of the processor of each way; they take turns."""
    seconds: list[list[float]] = [[] for _ in ways]
    for _ in range(TIMES):
        for way, own in zip(ways, seconds, strict=True):
            started = time.process_time()
            way()
            own.append(time.process_time() - started)
    return [float(np.median(own)) for own in seconds]
