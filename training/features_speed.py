"""Ten lag features and two date features of a panel shaped like M5, on one thread, beside mlforecast.

The panel is synthetic: 30,490 series × 1,941 days of Poisson(2), the shape of the M5 sales. Both sides make lags 7 and
28, means and deviations of 7 and 28 days, the smallest and largest of 28, an exponentially weighted mean (alpha 0.3),
the mean of all days so far, the weekday and the month. mlforecast (polars engine) puts them into a long frame with
``preprocess``, a column a feature; ours go, chunk by chunk, into one buffer. ``speed_up`` compares like with like: a
chunk of columns, an array a feature. ``speed_up_rows``, a reference, is of the same chunks turned into rows, which is
what LightGBM takes when it is fed by the chunk and what mlforecast's frame would still have to be turned into.

Both are timed warm, best of three, in seconds of the processor (other programs on the machine take from the clock's,
which stand among the references). Memory is what the peak lies above what was resident before, the input included, in
a process of its own. mlforecast's features are coreforecast's kernels: the difference is taken to them from the 90th
day on (exponential means start differently), relative to values above 1. Deviations are compared as sample variances:
theirs lose digits in float32 where nothing varies, and say 0.002 where the deviation is 0.
"""

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from allocast.forecast.features.history import Kind, Statistic, fill, fill_columns, room
from allocast.numerics.arrays import FloatArray
from training.figures import Measured, Reference, Target
from training.peer_environment import run_peer

__all__ = ["SHAPE", "make_panel", "measure", "timed"]

SHAPE = (30_490, 1_941)
FIRST_DAY = np.datetime64("2011-01-29")
SEED = 1
CHUNK = 64  # series in the buffer, which then stays in the processor's cache
COMPARED = 200
WARM = 90
TIMES = 3
WANTED = (
    Statistic("lag_7", Kind.LAG, 7),
    Statistic("lag_28", Kind.LAG, 28),
    Statistic("mean_7", Kind.MEAN, 7),
    Statistic("mean_28", Kind.MEAN, 28),
    Statistic("deviation_7", Kind.DEVIATION, 7),
    Statistic("deviation_28", Kind.DEVIATION, 28),
    Statistic("smallest_28", Kind.SMALLEST, 28),
    Statistic("largest_28", Kind.LARGEST, 28),
    Statistic("exponential_mean_0.7", Kind.EXPONENTIAL, number=0.7),
    Statistic("mean_of_all", Kind.MEAN, 1_000_000),
)


def measure() -> Measured:
    """Speed-up, memory and largest difference."""
    n_series, n_periods = SHAPE
    peer = run_peer(
        "lag_features", {}, n_series=n_series, n_periods=n_periods, seed=SEED, times=TIMES, compared=COMPARED
    )
    values = make_panel()
    seconds, processor = timed(_all_columns, values, TIMES)
    rows_seconds, rows_processor = timed(_all_rows, values, TIMES)
    theirs = float(peer["processor_seconds"])
    return Measured(
        targets=(
            Target(name="speed_up", value=theirs / processor, op=">=", target=20.0),
            Target(name="extra_memory_gb", value=_own_memory(), op="<=", target=0.5),
            Target(name="largest_difference", value=_difference(peer["features"]), op="<=", target=1e-4),
        ),
        references=(
            Reference(name="speed_up_rows", value=theirs / rows_processor),
            Reference(name="processor_seconds", value=processor),
            Reference(name="seconds", value=seconds),
            Reference(name="rows.processor_seconds", value=rows_processor),
            Reference(name="rows.seconds", value=rows_seconds),
            Reference(name="mlforecast.processor_seconds", value=theirs),
            Reference(name="mlforecast.seconds", value=float(peer["seconds"])),
            Reference(name="mlforecast.extra_memory_gb", value=float(peer["memory_gb"])),
        ),
        seeds=(SEED,),
    )


def make_panel() -> FloatArray:
    """Poisson demand as float32, shape (n_series, n_periods); the peers make the same from the same seed."""
    return np.random.default_rng(SEED).poisson(2.0, SHAPE).astype(np.float32)


def timed(make: Callable[[FloatArray], None], values: FloatArray, times: int) -> tuple[float, float]:
    """Best of some passes after a first one, in seconds of the clock and of the processor."""
    make(values)
    clock, processor = [], []
    for _ in range(times):
        started = time.perf_counter(), time.process_time()
        make(values)
        clock.append(time.perf_counter() - started[0])
        processor.append(time.process_time() - started[1])
    return min(clock), min(processor)


def _all_rows(values: FloatArray) -> None:
    """All features of all series, one chunk after the other in one buffer."""
    n_series, n_periods = values.shape
    dates = _dates(n_periods)
    buffer = room(min(CHUNK, n_series), n_periods, len(WANTED) + len(dates))
    for start in range(0, n_series, CHUNK):
        part = values[start : start + CHUNK]
        fill(WANTED, part, buffer[: len(part)], shared=dates)


def _all_columns(values: FloatArray) -> None:
    """The same, feature by feature."""
    n_series, n_periods = values.shape
    dates = _dates(n_periods)
    buffer = np.empty((min(CHUNK, n_series), len(WANTED) + len(dates), n_periods), dtype=np.float32)
    for start in range(0, n_series, CHUNK):
        part = values[start : start + CHUNK]
        fill_columns(WANTED, part, buffer[: len(part)], shared=dates)


def _dates(n_periods: int) -> FloatArray:
    """Weekday and month of each day, which are the same for all series."""
    days = FIRST_DAY + np.arange(n_periods)
    weekday = (days.astype(np.int64) + 3) % 7
    month = days.astype("datetime64[M]").astype(np.int64) % 12 + 1
    return np.stack([weekday, month]).astype(np.float32)


def _difference(theirs: FloatArray) -> float:
    """Largest difference to the peer where both have a value; theirs stand one day later, at the target."""
    values = make_panel()[:COMPARED]
    ours = fill(WANTED, values, room(len(values), values.shape[1], len(WANTED))).astype(np.float64)
    theirs = theirs.copy()
    for place, statistic in enumerate(WANTED):
        if statistic.kind == Kind.DEVIATION:
            ours[:, :, place] **= 2
            ours[:, :, place] *= statistic.window / (statistic.window - 1)
            theirs[:, :, place] **= 2
    ours, theirs = ours[:, WARM - 1 : -1], theirs[:, WARM:]
    return float((np.abs(ours - theirs) / np.maximum(np.abs(theirs), 1.0)).max())


def _own_memory() -> float:
    """Peak memory of one pass above the panel, in GB, in a process of its own."""
    command = [sys.executable, "-m", "training.features_speed"]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _memory_of_a_pass() -> float:
    fill(WANTED, np.ones((1, 50), dtype=np.float32), room(1, 50, len(WANTED)))  # load the compiled code first
    values = _panel_in_parts()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    _all_rows(values)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return (peak - pages * resource.getpagesize()) / 1e9


def _panel_in_parts() -> FloatArray:
    """A panel of that shape made in parts, so that making it does not raise the peak that is measured."""
    values = np.empty(SHAPE, dtype=np.float32)
    for start in range(0, SHAPE[0], CHUNK):
        part = values[start : start + CHUNK]
        part[:] = np.random.default_rng(start).poisson(2.0, part.shape)
    return values


if __name__ == "__main__":
    print(_memory_of_a_pass())
