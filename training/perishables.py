"""A perishable item: the eight instances of De Moor et al. (2022) with two periods of life, against the exact optimum.

Expected discounted cost of 365 periods that follow a warm-up of 100 from an empty system, computed, not simulated; its
negative is what the paper calls the return. No setting of a learned policy may be chosen on these instances:
``development_perishables`` has those with three periods of life.
"""

from collections.abc import Sequence

import numpy as np

from allocast.numerics.arrays import FloatArray
from allocast.simulation.textbook.perishables import (
    Perishable,
    PerishableRule,
    de_moor_2022,
    perishable_policy_cost,
)
from allocast.simulation.textbook.perishables_optimum import best_perishable_base_stock, solve_perishable
from training.figures import Measured, Reference, Target
from training.optimality_gaps import gap_references, learned_values, percent_above
from training.pathwise_rules import perishable_rules
from training.published_costs import PERISHABLE_RETURNS

__all__ = ["learned", "measure", "measured_on"]

SEEDS = (1, 2, 3)
# Published means are of 10,000 runs, standard error near .6, and rounded to whole numbers.
CLOSE = 1.1


def measure() -> Measured:
    """Optima, best base stock, and the gaps of learned policies."""
    return measured_on(de_moor_2022())


def measured_on(instances: Sequence[Perishable]) -> Measured:
    """The same on any instances of the paper."""
    optima = [solve_perishable(instance).cost for instance in instances]
    base_stock = [best_perishable_base_stock(instance)[1] for instance in instances]
    trained = {seed: learned(instances, seed) for seed in SEEDS}
    learned_gaps = {seed: _gaps(instances, own, optima) for seed, own in trained.items() if own}
    targets, seeds = learned_values(learned_gaps, worst=0.3)
    published = np.array([PERISHABLE_RETURNS[i.lead_time, i.waste_cost, i.issuing] for i in instances])
    off = np.abs(published + np.column_stack([optima, base_stock])).max(axis=0)
    return Measured(
        targets=(
            Target(name="optimum.off_the_paper", value=float(off[0]), op="<=", target=CLOSE),
            Target(name="best_base_stock.off_the_paper", value=float(off[1]), op="<=", target=CLOSE),
            *targets,
        ),
        references=(
            *gap_references("best_base_stock", percent_above(base_stock, optima)),
            *_by_instance("optimal_return", instances, -np.array(optima)),
            *_by_instance("best_base_stock_return", instances, -np.array(base_stock)),
            *seeds,
        ),
        seeds=SEEDS,
    )


def learned(instances: Sequence[Perishable], seed: int) -> Sequence[PerishableRule]:
    """A learned policy for each instance, all by one setting."""
    return perishable_rules(instances, seed)


def _gaps(
    instances: Sequence[Perishable], policies: Sequence[PerishableRule], optima: list[float]
) -> FloatArray:
    costs = [perishable_policy_cost(one, policy) for one, policy in zip(instances, policies, strict=True)]
    return percent_above(costs, optima)


def _by_instance(name: str, instances: Sequence[Perishable], values: FloatArray) -> list[Reference]:
    return [
        Reference(name=f"{name}.L{one.lead_time}_cw{one.waste_cost:g}_{one.issuing}", value=float(value))
        for one, value in zip(instances, values, strict=True)
    ]
