"""Rolling medians of 28 days on a panel shaped like M5, on one thread, beside coreforecast.

Both are timed warm, best of some calls, in seconds of the processor; the clock's stand among the references.
"""

import time

import numpy as np

from allocast.forecast.features.quantiles import rolling_quantile
from allocast.numerics.arrays import FloatArray
from training.features_speed import SEED, SHAPE, make_panel
from training.figures import Measured, Reference, Target
from training.peer_environment import run_peer

__all__ = ["measure"]

WINDOW, LEVEL = 28, 0.5
COMPARED = 500


def measure() -> Measured:
    """Speed-up, and largest difference."""
    n_series, n_periods = SHAPE
    peer = run_peer(
        "lag_features", {}, n_series=n_series, n_periods=n_periods, seed=SEED, times=1,
        compared=COMPARED, window=WINDOW, level=LEVEL,
    )  # fmt: skip
    values = make_panel()
    seconds, processor = _timed(values)
    ours = rolling_quantile(values[:COMPARED], WINDOW, LEVEL)[:, WINDOW - 1 :]
    difference = float(np.abs(ours - peer["features"][:, WINDOW - 1 :]).max())
    return Measured(
        targets=(
            Target(name="speed_up", value=float(peer["processor_seconds"]) / processor, op=">=", target=20.0),
            Target(name="largest_difference", value=difference, op="<=", target=1e-4),
        ),
        references=(
            Reference(name="processor_seconds", value=processor),
            Reference(name="seconds", value=seconds),
            Reference(name="coreforecast.processor_seconds", value=float(peer["processor_seconds"])),
            Reference(name="coreforecast.seconds", value=float(peer["seconds"])),
        ),
        seeds=(SEED,),
    )


def _timed(values: FloatArray) -> tuple[float, float]:
    """Best of three calls after a first one, in seconds of the clock and of the processor."""
    rolling_quantile(values[:2], WINDOW, LEVEL)
    clock, processor = [], []
    for _ in range(3):
        started = time.perf_counter(), time.process_time()
        rolling_quantile(values, WINDOW, LEVEL)
        clock.append(time.perf_counter() - started[0])
        processor.append(time.process_time() - started[1])
    return min(clock), min(processor)
