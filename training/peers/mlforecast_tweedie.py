"""MLForecast with a LightGBM Tweedie model, recursive, and conformal intervals.

Called by ``training.peer_environment.run_peer``. In: ``units`` (n_series, n_periods), ``first`` (n_series,), the place
where each series begins, ``dates`` (n_periods + horizon,), ``static`` (n_series, n_static) codes, and covariates known
ahead, each (n_series, n_periods + horizon), called ``x_…``. Options: ``horizon``, ``coverage`` (percent of each
interval, falling), ``windows`` of the conformal intervals, ``seed``. Out: ``mean`` (n_series,
horizon) and ``quantiles`` (n_series, 2 × n_coverage + 1, horizon), the forecast itself in the middle.
"""

import json
import os
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from lightgbm import LGBMRegressor
from mlforecast import MLForecast
from mlforecast.lag_transforms import ExponentiallyWeightedMean, RollingMean, RollingStd
from mlforecast.utils import PredictionIntervals


def long_table(arrays: Any, begin: int, end: int) -> pd.DataFrame:
    """Rows of all series from one place to another, without those before a series begins."""
    n = len(arrays["units"])
    places = np.tile(np.arange(begin, end), n)
    row = np.repeat(np.arange(n), end - begin)
    frame = {"unique_id": row, "ds": arrays["dates"][places]}
    frame |= {name: arrays[name][row, places].astype(np.float32) for name in arrays if name.startswith("x_")}
    if end <= arrays["units"].shape[1]:
        frame["y"] = arrays["units"][row, places].astype(np.float32)
        frame |= {f"static_{k}": codes[row] for k, codes in enumerate(arrays["static"].T)}
    return pd.DataFrame(frame)[places >= arrays["first"][row]]


def main(given: str, asked: str, answer: str) -> None:
    """Train on all series together, forecast all of them."""
    warnings.filterwarnings("ignore")
    options = json.loads(Path(asked).read_text(encoding="utf-8"))
    with np.load(given) as file:
        arrays = {name: file[name] for name in file.files}
    horizon, n_periods = options["horizon"], arrays["units"].shape[1]
    trees = LGBMRegressor(
        objective="tweedie", tweedie_variance_power=1.1, n_estimators=300, learning_rate=0.05, num_leaves=63,
        min_child_samples=100, subsample=0.7, subsample_freq=1, colsample_bytree=0.7, verbosity=-1,
        n_jobs=int(os.environ["OMP_NUM_THREADS"]), random_state=options["seed"],
    )  # fmt: skip
    smooth = [
        RollingMean(7),
        RollingMean(28),
        RollingMean(56),
        RollingStd(28),
        ExponentiallyWeightedMean(0.1),
    ]
    forecaster = MLForecast(
        models={"trees": trees},
        freq="D",
        lags=[1, 2, 3, 7, 14, 21, 28],
        lag_transforms={1: [*smooth, RollingMean(180)]},
        date_features=["dayofweek", "day", "week", "month"],
    )
    table = long_table(arrays, 0, n_periods)
    static = [name for name in table if name.startswith("static_")]
    intervals = PredictionIntervals(n_windows=options["windows"], h=horizon)
    forecaster.fit(table, static_features=static, prediction_intervals=intervals)
    ahead = long_table(arrays, n_periods, n_periods + horizon)
    found = forecaster.predict(horizon, X_df=ahead, level=options["coverage"]).sort_values(
        ["unique_id", "ds"]
    )
    shape = (len(arrays["units"]), horizon)

    def column(name: str) -> Any:
        return np.maximum(found[name].to_numpy().reshape(shape), 0.0)

    low = [column(f"trees-lo-{c}") for c in options["coverage"]]
    high = [column(f"trees-hi-{c}") for c in reversed(options["coverage"])]
    mean = column("trees")
    np.savez(answer, mean=mean, quantiles=np.stack([*low, mean, *high], axis=1))


if __name__ == "__main__":
    main(*sys.argv[1:])
