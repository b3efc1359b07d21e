"""Full survival curves of one core: 40 periods, 160 trees of 15 leaves, beside LightGBM on a row for each period.

A curve is asked for through ``HazardModel.predict_survival`` at the end of every period, from features as they come
(float64, with holes) to probabilities. The reference predicts the same with LightGBM's own ``predict``, on one thread;
the two take turns. Times are processor seconds, medians, which a busy machine changes less than the clock's; the
clock's stand beside them. Orders that have waited for a month are asked for the rest of their curves. Differences are
the largest of any survival probability and of any log hazard, over two models: one of unrounded days, which is the one
that is timed, and one of whole days, where due dates and ends of periods are tied.
"""

import time
from collections.abc import Callable
from statistics import median

import numpy as np

from allocast.numerics.arrays import FloatArray
from allocast.supply.survival.clocks import Clocks
from allocast.supply.survival.durations import feature_matrix
from allocast.supply.survival.hazard_model import HazardModel
from allocast.supply.survival.piecewise import PiecewiseExponential
from allocast.supply.survival.plain_rates import plain_rates
from training.figures import Measured, Reference, Target
from training.order_world import QUOTED, order_world

__all__ = ["measure"]

SEEDS = (1, 2)
TRAINED_ON, SCORED, COMPARED = 100_000, 200_000, 10_000
PERIODS, TREES, LEAVES = 40, 160, 15
WAITED = 30.0  # days
REPEATS = 5


def measure() -> Measured:
    """Curves a second, and how far they are from LightGBM's."""
    model, tied = _train(whole_days=False), _train(whole_days=True)
    x = order_world(SCORED, SEEDS[1], whole_days=False).x
    ends = model.edges_[1:]
    jobs = {
        "curves": (lambda: model.predict_survival(x, ends), SCORED),
        "aged_curves": (lambda: model.predict_survival(x, ends, given=WAITED), SCORED),
        "lightgbm_curves": (lambda: _plain(model, x[:COMPARED]).survival(ends), COMPARED),
    }
    speeds = _speeds(jobs)
    difference = max(_difference(each, x[:COMPARED]) for each in (model, tied))
    shape = {
        "periods": len(ends),
        "trees": model.booster_.num_trees(),
        "periods_of_whole_days": len(tied.edges_) - 1,
    }
    return Measured(
        targets=(
            Target(name="curves_per_second", value=speeds.pop("curves_per_second"), op=">=", target=100_000),
            Target(name="largest_difference", value=difference, op="<=", target=1e-12),
        ),
        references=tuple(
            Reference(name=name, value=float(value)) for name, value in (speeds | shape).items()
        ),
        seeds=SEEDS,
    )


def _train(*, whole_days: bool) -> HazardModel:
    world = order_world(TRAINED_ON, SEEDS[0], whole_days=whole_days)
    model = HazardModel(rounds=TREES, leaves=LEAVES, n_periods=PERIODS, clock_feature=QUOTED)
    return model.fit(world.x, world.duration, world.event)


def _speeds(jobs: dict[str, tuple[Callable[[], FloatArray], int]]) -> dict[str, float]:
    """Rows a second of each job, by the processor's time and by the clock's; jobs take turns."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in jobs}
    for _ in range(REPEATS + 1):
        for name, (job, _) in jobs.items():
            started = time.process_time(), time.perf_counter()
            job()
            taken[name].append((time.process_time() - started[0], time.perf_counter() - started[1]))
    speeds: dict[str, float] = {}
    for name, (_, rows) in jobs.items():
        processor, clock = (
            median(times) for times in zip(*taken[name][1:], strict=True)
        )  # the first compiles
        speeds |= {f"{name}_per_second": rows / processor, f"{name}_per_second_by_the_clock": rows / clock}
    return speeds


def _plain(model: HazardModel, x: FloatArray) -> PiecewiseExponential:
    clocks = Clocks(edges=model.edges_, announced=QUOTED)
    return PiecewiseExponential(
        edges=model.edges_, rates=plain_rates(model.booster_, feature_matrix(x), clocks)
    )


def _difference(model: HazardModel, x: FloatArray) -> float:
    """Largest difference of a survival probability, with or without an age, or of a log hazard."""
    plain, ends = _plain(model, x), model.edges_[1:]
    pairs = [
        (np.log(model.predict_hazard(x)), np.log(plain.rates)),
        (model.predict_survival(x, ends), plain.survival(ends)),
        (model.predict_survival(x, ends, given=WAITED), plain.survival(ends, WAITED)),
    ]
    return max(float(np.abs(ours - theirs).max()) for ours, theirs in pairs)
