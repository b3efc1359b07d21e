"""Dual sourcing: the six instances of Gijsbrechts et al. (2022), exact optima, and the exact cost of policies.

Average cost a period, purchases included, computed from the long run of each policy, not simulated. The paper gives
gaps, no costs; a classical policy is reproduced where its exact gap is the published one. No setting of a
learned policy may be chosen on these instances: ``development_dual`` has others.
"""

from collections.abc import Callable, Sequence

import numpy as np

from allocast.numerics.arrays import FloatArray
from allocast.simulation.textbook.dual_sourcing import (
    DualRule,
    DualSourcing,
    dual_policy_cost,
    gijsbrechts_2022,
)
from allocast.simulation.textbook.dual_sourcing_optimum import solve_dual_sourcing
from allocast.simulation.textbook.dual_sourcing_rules import (
    best_capped_dual_index,
    best_dual_index,
    best_single_index,
    best_tailored_base_surge,
)
from training.figures import Measured, Reference, Target
from training.optimality_gaps import learned_values, percent_above
from training.pathwise_rules import dual_sourcing_rules
from training.published_costs import DUAL_SOURCING_A3C_GAPS, DUAL_SOURCING_GAPS, DUAL_SOURCING_OPTIMA

__all__ = ["learned", "measure", "measured_on"]

SEEDS = (1, 2, 3)


def measure() -> Measured:
    """Optima, and the gaps of classical and learned policies."""
    return measured_on(gijsbrechts_2022())


def measured_on(instances: Sequence[DualSourcing]) -> Measured:
    """The same on any instances of the paper."""
    optima = [solve_dual_sourcing(instance).cost for instance in instances]
    known = [DUAL_SOURCING_OPTIMA[_key(instance)] for instance in instances]
    off = float(np.abs(np.subtract(optima, known)).max())
    gaps = {name: percent_above([best(i) for i in instances], optima) for name, best in _classical().items()}
    trained = {seed: learned(instances, seed) for seed in SEEDS}
    learned_gaps = {seed: _gaps(instances, own, optima) for seed, own in trained.items() if own}
    targets, seeds = learned_values(learned_gaps, worst=0.2)
    points = {name: _points_off(instances, name, own) for name, own in gaps.items()}
    reproduced = points.pop("capped_dual_index")
    return Measured(
        targets=(
            Target(name="optimum.largest_difference", value=off, op="<=", target=1e-4),
            Target(name="capped_dual_index.points_off_the_paper", value=reproduced, op="<=", target=0.02),
            *targets,
        ),
        references=(
            *(Reference(name=f"{name}.points_off_the_paper", value=value) for name, value in points.items()),
            *_by_instance("optimal_cost", instances, optima),
            *(
                each
                for name, own in gaps.items()
                for each in _by_instance(f"{name}_gap_percent", instances, own)
            ),
            *_by_instance("a3c_gap_percent", instances, [DUAL_SOURCING_A3C_GAPS[_key(i)] for i in instances]),
            *seeds,
        ),
        seeds=SEEDS,
    )


def learned(instances: Sequence[DualSourcing], seed: int) -> Sequence[DualRule]:
    """A learned policy for each instance, all by one setting."""
    return dual_sourcing_rules(instances, seed)


def _classical() -> dict[str, Callable[[DualSourcing], float]]:
    """Exact cost of the best classical policies."""
    return {
        "capped_dual_index": lambda instance: best_capped_dual_index(instance)[1],
        "dual_index": lambda instance: best_dual_index(instance)[1],
        "single_index": lambda instance: best_single_index(instance)[1],
        "tailored_base_surge": lambda instance: best_tailored_base_surge(instance)[1],
    }


def _gaps(instances: Sequence[DualSourcing], policies: Sequence[DualRule], optima: list[float]) -> FloatArray:
    costs = [dual_policy_cost(one, policy) for one, policy in zip(instances, policies, strict=True)]
    return percent_above(costs, optima)


def _points_off(instances: Sequence[DualSourcing], name: str, gaps: FloatArray) -> float:
    """Largest difference to the published gaps, in percentage points."""
    published = [DUAL_SOURCING_GAPS[_key(instance)][name] for instance in instances]
    return float(np.abs(gaps - published).max())


def _by_instance(
    name: str, instances: Sequence[DualSourcing], values: Sequence[float] | FloatArray
) -> list[Reference]:
    return [
        Reference(name=f"{name}.l{one.lead_time}_ce{one.expedited_cost:g}", value=float(value))
        for one, value in zip(instances, values, strict=True)
    ]


def _key(instance: DualSourcing) -> tuple[int, float]:
    return instance.lead_time, instance.expedited_cost
