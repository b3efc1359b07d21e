"""Statistical forecasts of statsforecast, series by series, with quantiles; runs in the peers' environment.

Arrays in: ``demand``, shape (n_series, n_periods); cells before a series' beginning are NaN, none later is.
Options: ``models`` (names below), ``season`` and ``horizon`` in periods, ``levels`` of the quantiles, ``windows`` of
the conformal intervals (at most as many as fit), ``workers`` (processes). Arrays out, for each model: ``NAME.mean``,
shape (n_series, horizon), ``NAME.quantiles``, shape (n_series, n_levels, horizon), and ``NAME.seconds``.

AutoETS and SeasonalNaive have intervals of their own. The others get statsforecast's conformal ones, from as many
windows as asked, each as long as the horizon. Nothing is below 0; the quantile at 0.5 is the forecast itself.
"""

import json
import sys
import time
import warnings
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from statsforecast.models import (
    ADIDA,
    IMAPA,
    TSB,
    AutoETS,
    CrostonClassic,
    CrostonOptimized,
    CrostonSBA,
    SeasonalNaive,
)
from statsforecast.utils import ConformalIntervals

OWN_INTERVALS = {"AutoETS": AutoETS, "SeasonalNaive": SeasonalNaive}
CONFORMAL = {
    "CrostonClassic": CrostonClassic,
    "CrostonSBA": CrostonSBA,
    "CrostonOptimized": CrostonOptimized,
    "ADIDA": ADIDA,
    "IMAPA": IMAPA,
    "TSB(0.1)": partial(TSB, alpha_d=0.1, alpha_p=0.1),
    "TSB(0.2)": partial(TSB, alpha_d=0.2, alpha_p=0.2),
}
FEWEST = 5  # periods; a shorter series gets its mean


def main(given: str, asked: str, answer: str) -> None:
    """Forecast every series with every model."""
    with np.load(given, allow_pickle=False) as arrays:
        demand = arrays["demand"].astype(np.float64)
    options: dict[str, Any] = json.loads(Path(asked).read_text())
    _check(demand, options["models"])
    workers = int(options.pop("workers", 1))
    found: dict[str, Any] = {}
    for name in options.pop("models"):
        started = time.monotonic()
        one = partial(_forecast, name, options)
        if workers > 1:
            with get_context("spawn").Pool(workers) as pool:
                rows = pool.map(one, list(demand), chunksize=32)
        else:
            rows = [one(series) for series in demand]
        found[f"{name}.mean"] = np.stack([mean for mean, _ in rows])
        found[f"{name}.quantiles"] = np.stack([quantiles for _, quantiles in rows])
        found[f"{name}.seconds"] = np.array(time.monotonic() - started)
    np.savez(answer, allow_pickle=False, **found)


def _check(demand: Any, models: list[str]) -> None:
    unknown = sorted(set(models) - {*OWN_INTERVALS, *CONFORMAL})
    if unknown:
        raise SystemExit(f"unknown models {unknown}; valid are {sorted({*OWN_INTERVALS, *CONFORMAL})}.")
    begun = np.maximum.accumulate(~np.isnan(demand), axis=1)
    gaps = (begun & np.isnan(demand)).any(axis=1)
    if gaps.any():
        raise SystemExit(
            f"demand must be known from each series' beginning on; {int(gaps.sum())} series have gaps, the first is "
            f"in row {int(np.argmax(gaps))}. Fill them or leave those series out."
        )


def _forecast(name: str, options: dict[str, Any], series: Any) -> tuple[Any, Any]:
    """Mean and quantiles of one series."""
    warnings.simplefilter("ignore")
    horizon, levels = int(options["horizon"]), np.array(options["levels"])
    known = series[~np.isnan(series)]
    if len(known) < FEWEST:
        flat = np.full(horizon, known.mean() if len(known) else 0.0)
        return flat, np.broadcast_to(flat, (len(levels), horizon))
    model, level = _model(name, options, len(known)), sorted({_width(each) for each in levels} - {0.0})
    said = model.forecast(y=known, h=horizon, level=level or None)
    quantiles = [said["mean"] if _width(q) == 0 else said[_column(q)] for q in levels]
    return np.maximum(said["mean"], 0.0), np.maximum(np.nan_to_num(np.stack(quantiles)), 0.0)


def _model(name: str, options: dict[str, Any], length: int) -> Any:
    """A fresh model; a conformal one with as many windows as fit."""
    horizon, season = int(options["horizon"]), int(options["season"])
    if name in OWN_INTERVALS:
        return OWN_INTERVALS[name](season_length=season if length > 2 * season else 1)
    windows = max(2, min(int(options["windows"]), (length - 1) // horizon))
    return CONFORMAL[name](prediction_intervals=ConformalIntervals(n_windows=windows, h=horizon))


def _width(level: float) -> float:
    """Width in percent of the central interval one of whose ends is this quantile."""
    return round(abs(2 * level - 1) * 100, 6)


def _column(level: float) -> str:
    side = "lo" if level < 0.5 else "hi"
    return f"{side}-{_width(level)}"


if __name__ == "__main__":
    main(*sys.argv[1:])
