"""Lost sales with a lead time: the 32 instances of Zipkin (2008), exact optima, and the exact cost of policies.

The optimum of all instances is timed in a process of its own that has nothing compiled, from its start to its end.
Costs are computed by dynamic programming, not simulated: Poisson and geometric demand of mean 5, h = 1, p in
{4, 9, 19, 39}, L in {1, 2, 3, 4}. Settings of learned policies are chosen on ``development_2008``; what these
instances had a say in is told in ``training.pathwise_rules``.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence

import numpy as np

from allocast.numerics.arrays import FloatArray
from allocast.simulation.textbook.lost_sales import LostSales, OrderRule, zipkin_2008
from allocast.simulation.textbook.lost_sales_cost import policy_cost
from allocast.simulation.textbook.lost_sales_optimum import solve_lost_sales
from allocast.simulation.textbook.lost_sales_rules import (
    Myopic,
    best_base_stock,
    best_capped_base_stock,
    best_constant_order,
)
from training.figures import Measured, Reference, Target
from training.optimality_gaps import gap_references, learned_values, percent_above
from training.published_costs import ZIPKIN_OPTIMAL

__all__ = ["learned", "learned_by_ppo", "measure", "measured_on", "optimal_costs"]

SEEDS = (1, 2, 3)
SOLVE_ALL = "from training.lost_sales import optimal_costs; optimal_costs()"


def measure() -> Measured:
    """Seconds of the exact solver, its agreement with the paper, and the gaps of classical and learned policies."""
    clock, processor = _seconds_from_scratch()
    found = measured_on(zipkin_2008())
    return Measured(
        targets=(Target(name="solver.seconds", value=clock, op="<=", target=30.0), *found.targets),
        references=(Reference(name="solver.processor_seconds", value=processor), *found.references),
        seeds=SEEDS,
    )


def measured_on(instances: Sequence[LostSales]) -> Measured:
    """The same without the seconds, on any instances of the paper."""
    optima = optimal_costs(instances)
    targets, seeds = _learned(instances, optima)
    ppo_targets, ppo_seeds = _learned_by_ppo(instances, optima)
    references: list[Reference] = []
    for name, best in _classical().items():
        costs = [best(instance) for instance in instances]
        references += gap_references(name, percent_above(costs, optima))
    return Measured(
        targets=(
            Target(
                name="solver.instances_unlike_the_paper", value=_unlike(instances, optima), op="<=", target=0
            ),
            *targets,
            *ppo_targets,
        ),
        references=(*references, *seeds, *ppo_seeds),
    )


def optimal_costs(instances: Sequence[LostSales] | None = None) -> list[float]:
    """The exact optimum of each instance; all 32 if none are given."""
    return [solve_lost_sales(instance).cost for instance in instances or zipkin_2008()]


def learned(instances: Sequence[LostSales], seed: int) -> Sequence[OrderRule]:
    """A learned policy for each instance, all by one setting."""
    from training.pathwise_rules import lost_sales_rules  # with torch: the solver is timed without it

    return lost_sales_rules(instances, seed)


def learned_by_ppo(instances: Sequence[LostSales], seed: int) -> Sequence[OrderRule]:
    """The same by Stable-Baselines3's PPO, with 5 million decisions each."""
    from training.ppo_rules import lost_sales_ppo_rules

    return lost_sales_ppo_rules(instances, seed)


def _learned(
    instances: Sequence[LostSales], optima: list[float]
) -> tuple[tuple[Target, ...], tuple[Reference, ...]]:
    """Gaps of the learned policies, and the longest time that one seed takes to learn all of them."""
    gaps, seconds = {}, 0.0
    for seed in SEEDS:
        started = time.perf_counter()
        policies = learned(instances, seed)
        seconds = max(seconds, time.perf_counter() - started)
        if policies:
            gaps[seed] = _gaps(instances, policies, optima)
    targets, references = learned_values(gaps, mean=0.05, worst=0.15)
    in_time = Target(name="learned.seconds", value=seconds, op="<=", target=1200.0)
    return (*targets, in_time) if targets else (), references


def _learned_by_ppo(
    instances: Sequence[LostSales], optima: list[float]
) -> tuple[tuple[Target, ...], tuple[Reference, ...]]:
    """Gaps of what PPO learned, with one seed."""
    policies = learned_by_ppo(instances, SEEDS[0])
    gaps = {SEEDS[0]: _gaps(instances, policies, optima)} if policies else {}
    return learned_values(gaps, mean=0.6, worst=1.5, name="ppo")


def _classical() -> dict[str, Callable[[LostSales], float]]:
    """Exact cost of the best classical policies."""
    return {
        "best_base_stock": lambda instance: best_base_stock(instance)[1],
        "best_capped_base_stock": lambda instance: best_capped_base_stock(instance)[1],
        "best_constant_order": lambda instance: best_constant_order(instance)[1],
        "myopic": lambda instance: policy_cost(instance, Myopic(instance=instance)).cost,
    }


def _gaps(instances: Sequence[LostSales], policies: Sequence[OrderRule], optima: list[float]) -> FloatArray:
    costs = [policy_cost(one, policy).cost for one, policy in zip(instances, policies, strict=True)]
    return percent_above(costs, optima)


def _unlike(instances: Sequence[LostSales], optima: list[float]) -> int:
    """How many optima are not, rounded to two decimals, those of the paper."""
    published = [ZIPKIN_OPTIMAL[one.demand, one.shortage_cost][one.lead_time - 1] for one in instances]
    return int((np.abs(np.round(optima, 2) - published) > 1e-9).sum())


def _seconds_from_scratch() -> tuple[float, float]:
    """Seconds by the clock and of the processor that a new process takes for all optima, compilation included."""
    with tempfile.TemporaryDirectory() as folder:
        before = _children_seconds()
        started = time.perf_counter()
        alone = os.environ | {"NUMBA_CACHE_DIR": folder}
        subprocess.run([sys.executable, "-c", SOLVE_ALL], env=alone, check=True)
        return time.perf_counter() - started, _children_seconds() - before


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
