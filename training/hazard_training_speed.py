"""A hazard model of a million orders with twelve features, on two threads: time, memory, and what sampling costs.

Each fit runs in a process of its own, so that its peak memory is its own (the orders themselves included), after a
small fit that starts everything. The threads wait without spinning (``OMP_WAIT_POLICY``), or on a busy machine the
processor's time would be mostly waiting. Of two fits the quicker counts: all that disturbs makes one longer.

How far the curves are from the true ones is judged on other orders: the CRPS above that of the truth, as a share of
it. ``sampling_crps_ratio`` compares, at 250,000 orders, the model with one that keeps a quarter of all person-periods
without an event, however many that are.
"""

import json
import os
import resource
import subprocess
import sys
import time
from unittest import mock

import numpy as np

from allocast.supply.survival import hazard_model
from allocast.supply.survival.hazard_model import HazardModel
from training.figures import Measured, Reference, Target
from training.order_world import QUOTED, excess_crps, order_world

__all__ = ["measure"]

SEEDS = (1, 2)
SIZES = (250_000, 500_000, 1_000_000)
THREADS = 2
JUDGED_ON = 10_000
DAYS = np.arange(0.0, 200.0)
REPEATS = 2


def measure() -> Measured:
    """Seconds, gigabytes and excess CRPS by number of orders."""
    runs = {n: [_in_a_process(n) for _ in range(REPEATS)] for n in SIZES}
    best = {n: {name: min(run[name] for run in runs[n]) for name in runs[n][0]} for n in SIZES}
    unbounded = _in_a_process(SIZES[0], "unbounded")
    per_order = {n: best[n]["processor_seconds"] / n for n in SIZES}
    million = best[SIZES[-1]]
    sampling = (1 + best[SIZES[0]]["excess_crps"]) / (1 + unbounded["excess_crps"])
    growth = max(per_order[SIZES[-1]] / per_order[n] for n in SIZES[:-1])
    return Measured(
        targets=(
            Target(name="seconds", value=million["seconds"], op="<=", target=30.0),
            Target(name="peak_gigabytes", value=million["peak_gigabytes"], op="<=", target=2.0),
            Target(name="seconds_per_order_growth", value=growth, op="<=", target=1.2),
            Target(name="sampling_crps_ratio", value=sampling, op="<=", target=1.01),
        ),
        references=(
            *(
                Reference(name=f"{name}_of_{n}", value=value)
                for n in SIZES
                for name, value in best[n].items()
            ),
            *(Reference(name=f"{name}_keeping_a_quarter", value=value) for name, value in unbounded.items()),
        ),
        seeds=SEEDS,
    )


def _in_a_process(n: int, how: str = "as it is") -> dict[str, float]:
    command = [sys.executable, "-m", "training.hazard_training_speed", str(n), how]
    variables = {"OMP_WAIT_POLICY": "PASSIVE", "OMP_NUM_THREADS": str(THREADS)}
    answer = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | variables)
    measured: dict[str, float] = json.loads(answer.stdout)
    return measured


def _fit_and_judge(n: int) -> dict[str, float]:
    world, small = order_world(n, SEEDS[0]), order_world(1000, SEEDS[0])
    model = HazardModel(clock_feature=QUOTED, num_threads=THREADS)
    model.fit(small.x, small.duration, small.event)
    started = time.perf_counter(), time.process_time()
    model.fit(world.x, world.duration, world.event)
    taken = {
        "seconds": time.perf_counter() - started[0],
        "processor_seconds": time.process_time() - started[1],
        "peak_gigabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }
    other = order_world(JUDGED_ON, SEEDS[1])
    return taken | {"excess_crps": excess_crps(model.predict_survival(other.x, DAYS), other, DAYS)}


if __name__ == "__main__":
    enough = 10**12 if sys.argv[2] == "unbounded" else hazard_model.ENOUGH_QUIET
    with mock.patch.object(hazard_model, "ENOUGH_QUIET", enough):
        print(json.dumps(_fit_and_judge(int(sys.argv[1]))))
