"""Scoring by our compiled trees beside LightGBM's own ``predict``: one thread each, from the model text to predictions.

Rows are made up, in the shape of demand features: lags and rolling means of counts over a series' scale, deviations,
shares, calendar numbers, a price and an event, with holes. Times are processor seconds, which a busy machine changes
less than the clock's; the two take turns, and medians are compared. Start-up is the clock's time in fresh processes
from the first import to the first predictions, the least of five, since all that disturbs a start makes it longer; the
median and the processor's time stand beside it. Numba's cache is in a folder of its own: empty at first, then warm.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import lightgbm
import numpy as np

from allocast.numerics.arrays import FloatArray
from allocast.numerics.streams import stream
from allocast.numerics.trees import TreeEnsemble
from training.figures import Measured, Reference, Target

__all__ = ["measure"]

SEED = 1
N_ROWS, N_FEATURES = 1_000_000, 26
TREES, LEAVES = 100, 127
TRAINED_ON = 200_000
REPEATS = 5

OURS = """
import sys, time
started = time.perf_counter(), time.process_time()
import numpy as np
from allocast.numerics.trees import TreeEnsemble
model = TreeEnsemble.from_text(open(sys.argv[1]).read())
model.predict(np.zeros((10, model.n_features), np.float32))
print(time.perf_counter() - started[0], time.process_time() - started[1])
"""
LIGHTGBM = """
import sys, time
started = time.perf_counter(), time.process_time()
import numpy as np
import lightgbm
model = lightgbm.Booster(model_str=open(sys.argv[1]).read())
model.predict(np.zeros((10, model.num_feature()), np.float32), num_threads=1)
print(time.perf_counter() - started[0], time.process_time() - started[1])
"""


def measure() -> Measured:
    """Speed and agreement on a million rows, and what a fresh process waits for."""
    x, target = _rows(N_ROWS)
    text = _train(x[:TRAINED_ON], target[:TRAINED_ON])
    ours, theirs, difference = _take_turns(text, x)
    cold, warm, peer = _start_up(text)
    seconds = {
        "seconds": ours,
        "lightgbm_seconds": theirs,
        "median_startup_seconds": median(warm[:, 0]),
        "startup_processor_seconds": median(warm[:, 1]),
        "cold_startup_seconds": cold[0],
        "cold_startup_processor_seconds": cold[1],
        "lightgbm_startup_seconds": peer[:, 0].min(),
        "lightgbm_startup_processor_seconds": median(peer[:, 1]),
    }
    return Measured(
        targets=(
            Target(name="speed_up", value=theirs / ours, op=">=", target=2.0),
            Target(name="largest_difference", value=difference, op="<=", target=1e-9),
            Target(name="startup_seconds", value=float(warm[:, 0].min()), op="<=", target=2.0),
        ),
        references=tuple(Reference(name=name, value=float(value)) for name, value in seconds.items()),
        seeds=(SEED,),
    )


def _rows(n: int) -> tuple[FloatArray, FloatArray]:
    """Features, float32 of shape (n, 26), and demand over scale, of which about half is zero."""
    rng = stream(SEED, "scoring", "rows")
    rate = rng.lognormal(0.0, 1.2, (n, 1))
    lags = rng.poisson(rate * rng.gamma(5.0, 0.2, (n, 9))) / (rate + 0.1)
    widths = np.array([4, 8, 13, 26, 52])
    means = rng.poisson(rate * widths) / widths / (rate + 0.1)
    spreads = rng.gamma(3.0, 0.3, (n, 5))
    whole = np.stack([rng.integers(0, top, n) for top in (9, 53, 12, 70)], axis=1)
    price, event = rng.lognormal(0.0, 0.2, (n, 1)), rng.random((n, 1)) < 0.1
    x = np.column_stack([lags, means, spreads, whole, np.log1p(rate), price, event]).astype(np.float32)
    season = 1 + 0.3 * np.sin(whole[:, 1:2] / 8)
    target = rng.poisson(rate * season * (1 + 0.5 * event) * (0.5 + 0.5 * means[:, :1]) / price)[:, 0]
    x[rng.random(x.shape) < 0.02] = np.nan
    return x, target / (rate[:, 0] + 0.1)


def _train(x: FloatArray, target: FloatArray) -> str:
    parameters = {
        "objective": "tweedie",
        "tweedie_variance_power": 1.2,
        "num_leaves": LEAVES,
        "min_data_in_leaf": 100,
        "learning_rate": 0.07,
        "num_threads": 1,
        "seed": SEED,
        "verbosity": -1,
    }
    text: str = lightgbm.train(parameters, lightgbm.Dataset(x, target), TREES).model_to_string()
    return text


def _take_turns(text: str, x: FloatArray) -> tuple[float, float, float]:
    """Median processor seconds of ours and of LightGBM's, and the largest difference of their predictions."""

    def ours() -> FloatArray:
        return TreeEnsemble.from_text(text).predict(x)

    def theirs() -> FloatArray:
        predicted: FloatArray = lightgbm.Booster(model_str=text).predict(x, num_threads=1)
        return predicted

    TreeEnsemble.from_text(text).predict(x[:10])  # compiling is start-up, and measured there
    turns = [(_timed(ours), _timed(theirs)) for _ in range(REPEATS)]
    difference = max(float(np.abs(mine - other).max()) for (_, mine), (_, other) in turns)
    return median(a for (a, _), _ in turns), median(b for _, (b, _) in turns), difference


def _timed(job: Callable[[], FloatArray]) -> tuple[float, FloatArray]:
    started = time.process_time()
    result = job()
    return time.process_time() - started, result


def _start_up(text: str) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Clock and processor seconds of the start that compiles, of starts from its cache, and of LightGBM's starts."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "trees.txt"
        file.write_text(text)
        cache = {"NUMBA_CACHE_DIR": str(Path(folder) / "cache")}
        cold = _fresh(OURS, file, cache)
        turns = [(_fresh(OURS, file, cache), _fresh(LIGHTGBM, file, cache)) for _ in range(REPEATS)]
        warm, peer = np.array(turns).swapaxes(0, 1)
        return cold, warm, peer


def _fresh(script: str, file: Path, variables: dict[str, str]) -> FloatArray:
    """What a script prints, run in a process of its own."""
    command = [sys.executable, "-c", script, str(file)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | variables)
    return np.array(answer.stdout.split(), dtype=np.float64)
