"""Ten lag features and two date features by mlforecast's polars engine, or rolling quantiles by coreforecast.

Called with paths of the arrays in, of the options and of the arrays out. Values are made from a seed here as they are
there, so that 240 MB need not go through a file.
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
FIRST_DAY = np.datetime64("2011-01-29")


def main(_given: str, asked: str, answer: str) -> None:
    """Read the options, make and time the features, write what was found."""
    options = json.loads(Path(asked).read_text())
    n_series, n_periods = options["n_series"], options["n_periods"]
    values = np.random.default_rng(options["seed"]).poisson(2.0, (n_series, n_periods)).astype(np.float32)
    found = rolling_quantile(values, options) if "window" in options else lag_features(values, options)
    np.savez(answer, **found)


def lag_features(values: Array, options: dict[str, Any]) -> dict[str, Any]:
    """By ``MLForecast.preprocess``; of the first series the features themselves."""
    import polars
    from mlforecast import MLForecast
    from mlforecast.lag_transforms import (
        ExpandingMean,
        ExponentiallyWeightedMean,
        RollingMax,
        RollingMean,
        RollingMin,
        RollingStd,
    )

    n_series, n_periods = values.shape
    frame = polars.DataFrame(
        {
            "unique_id": np.repeat(np.arange(n_series), n_periods),
            "ds": np.tile(FIRST_DAY + np.arange(n_periods), n_series),
            "y": values.ravel(),
        }
    )
    windows = [RollingMean(7), RollingMean(28), RollingStd(7), RollingStd(28), RollingMin(28), RollingMax(28)]
    made = MLForecast(
        models=[],
        freq="1d",
        lags=[7, 28],
        lag_transforms={1: [*windows, ExponentiallyWeightedMean(0.3), ExpandingMean()]},
        date_features=["weekday", "month"],
        num_threads=1,
    )
    before = resident()
    found = timed(lambda: made.preprocess(frame, static_features=[], dropna=False), options["times"])
    memory = peak() - before
    some = made.preprocess(frame.head(options["compared"] * n_periods), static_features=[], dropna=False)
    columns = some.to_numpy()[:, 3:13].astype(np.float64).reshape(options["compared"], n_periods, 10)
    return found | {"memory_gb": np.array(memory), "features": columns, "names": np.array(some.columns[3:13])}


def rolling_quantile(values: Array, options: dict[str, Any]) -> dict[str, Any]:
    """By coreforecast's kernel on its own arrays."""
    from coreforecast.grouped_array import GroupedArray
    from coreforecast.lag_transforms import RollingQuantile

    n_series, n_periods = values.shape
    starts = np.arange(n_series + 1, dtype=np.int32) * n_periods
    series = GroupedArray(values.ravel(), starts, num_threads=1)
    rule = RollingQuantile(lag=0, p=options["level"], window_size=options["window"])
    found = timed(lambda: rule.transform(series), options["times"])
    some = GroupedArray(
        values[: options["compared"]].ravel(), starts[: options["compared"] + 1], num_threads=1
    )
    return found | {"features": rule.transform(some).reshape(-1, n_periods)}


def timed(make: Callable[[], object], times: int) -> dict[str, Any]:
    """Best of some calls after a first one, in seconds of the clock and of the processor."""
    make()
    clock, processor = [], []
    for _ in range(times):
        started = time.perf_counter(), time.process_time()
        result = make()
        clock.append(time.perf_counter() - started[0])
        processor.append(time.process_time() - started[1])
        del result
    return {"seconds": np.array(min(clock)), "processor_seconds": np.array(min(processor))}


def peak() -> float:
    """Largest memory so far, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def resident() -> float:
    """Memory now, in GB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e9


if __name__ == "__main__":
    main(*sys.argv[1:])
