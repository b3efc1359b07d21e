"""One warehouse and its locations: the instances of Kaynov et al. (2024), classical rules and learned ones.

All policies meet the same scenarios, which none of them has seen: levels of base stock are searched on others, and
networks learn on draws of their own. The setting of the networks is one for all instances; it was chosen on systems of
our own (lost sales with lead times 3 and 1, 1, 2; emergency shipments with lead times 3 and 1, 1, 1; lost sales at a
shortage cost of 14): two learning rates, two numbers of updates and of paths. Nothing was tried out on the judged five.

Strict are the instances of Poisson demand. The others are context: how normal demand becomes whole is not
published. The published levels are not either. Ours are cheaper, and to show that it is the levels and not the
world that differ, the world is also run at levels, found by looking at the published costs, at which these come
back. The published savings of PPO are savings on those. On the best base stock no policy at all could save as much
on instance 6, whose optimum is 1.3 % below it.
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from allocast.agents.pathwise.one_warehouse import OneWarehousePaths
from allocast.numerics.arrays import FloatArray
from allocast.simulation.one_warehouse.base_stock import EchelonBaseStock, best_base_stock
from allocast.simulation.one_warehouse.kaynov_2024 import JUDGED_PERIODS, STRICT, WARM_UP, kaynov_2024
from allocast.simulation.one_warehouse.optimum import optimal_cost_bounds
from allocast.simulation.one_warehouse.rationing import RULES
from allocast.simulation.one_warehouse.scenarios import Decide, Scenarios
from allocast.simulation.one_warehouse.system import OneWarehouse
from training.figures import Measured, Reference, Target
from training.pathwise_rules import Learning, learned_rules
from training.published_costs import KAYNOV_COSTS

__all__ = ["LEARNING", "Size", "measure", "measured_on"]

SEEDS = (1, 2, 3)
PUBLISHED_RULES = ("min_shortage", "proportional")  # in the order of the published costs
LEARNING = Learning(n_updates=500, n_paths=256, rate=0.02)
LIKE_PUBLISHED: Mapping[tuple[int, str], tuple[int, tuple[int, ...]]] = {
    (6, "min_shortage"): (35, (12, 12, 12)),
    (6, "proportional"): (35, (12, 12, 12)),
    (7, "min_shortage"): (43, (12, 12, 12)),
    (7, "proportional"): (43, (11, 11, 11)),
    (8, "min_shortage"): (71, (13, 13, 13)),
    (8, "proportional"): (70, (12, 12, 12)),
    (9, "min_shortage"): (50, (12, 16, 19)),
    (9, "proportional"): (52, (12, 16, 19)),
    (11, "min_shortage"): (42, (6, 6, 6)),
    (11, "proportional"): (42, (6, 6, 6)),
}
"""Level of the network and of the locations at which the published costs come back, found by looking at these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How many scenarios levels are searched on, how many judge, and how many the context takes for both."""

    searched: int = 1000
    judged: int = 2000
    context: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Costs of every policy on the same scenarios of one instance, arrays of shape (n_scenarios,)."""

    number: int
    classical: Mapping[str, FloatArray]
    like_published: Mapping[str, FloatArray]
    learned: Mapping[int, FloatArray]

    @property
    def best_classical(self) -> FloatArray:
        """Costs of the rule that is cheapest on average."""
        return min(self.classical.values(), key=lambda costs: float(costs.mean()))


def measure() -> Measured:
    """Classical rules and learned ones on the strict instances, classical ones on the others."""
    return measured_on(STRICT, tuple(number for number in KAYNOV_COSTS if number not in STRICT))


def measured_on(
    strict: tuple[int, ...],
    context: tuple[int, ...],
    *,
    size: Size | None = None,
    learning: Learning = LEARNING,
    seeds: tuple[int, ...] = SEEDS,
) -> Measured:
    """The same on any instances, with as many scenarios and as much learning as given."""
    own = size or Size()
    learned = {seed: _learned(strict, seed, learning) for seed in seeds}
    judged = [
        _judge(number, {seed: rules[at] for seed, rules in learned.items()}, own)
        for at, number in enumerate(strict)
    ]
    references = [reference for one in judged for reference in _references(one)]
    references += [reference for number in context for reference in _context(number, own)]
    return Measured(targets=tuple(_targets(judged)), references=tuple(references), seeds=seeds)


def _learned(numbers: tuple[int, ...], seed: int, learning: Learning) -> list[Decide]:
    """Networks for each instance, all by one setting."""
    rules = learned_rules(OneWarehousePaths, [kaynov_2024(number) for number in numbers], seed, learning)
    print(f"one_warehouse: seed {seed} has learned", file=sys.stderr, flush=True)
    return rules


def _judge(number: int, learned: Mapping[int, Decide], size: Size) -> Judged:
    system = kaynov_2024(number)
    searched, judged = (
        _scenarios(system, n, stream) for stream, n in enumerate((size.searched, size.judged), 1)
    )
    classical, like_published = {}, {}
    for rule in RULES:
        policy, _ = best_base_stock(system, searched, rule=rule, warm_up=WARM_UP)
        classical[rule] = policy.costs(judged, warm_up=WARM_UP)
    for rule in PUBLISHED_RULES:
        level, levels = LIKE_PUBLISHED[number, rule]
        policy = EchelonBaseStock(system=system, level=level, location_levels=levels, rule=rule)
        like_published[rule] = policy.costs(judged, warm_up=WARM_UP)
    costs = {seed: judged.costs(system, decide, warm_up=WARM_UP) for seed, decide in learned.items()}
    print(f"one_warehouse: instance {number} is judged", file=sys.stderr, flush=True)
    return Judged(number=number, classical=classical, like_published=like_published, learned=costs)


def _scenarios(system: OneWarehouse, n: int, stream: int) -> Scenarios:
    rng = np.random.default_rng([2024, stream])
    return Scenarios.draw(system, n, WARM_UP + JUDGED_PERIODS, rng)


def _targets(judged: list[Judged]) -> Iterator[Target]:
    above = [_percent(one.classical[rule], cost) for one in judged for rule, cost in _published(one.number)]
    apart = [
        abs(_percent(one.like_published[rule], cost))
        for one in judged
        for rule, cost in _published(one.number)
    ]
    yield Target(name="classical.worst_percent_above_published", value=max(above), op="<=", target=1.0)
    yield Target(name="published_levels.worst_percent_apart", value=max(apart), op="<=", target=1.0)
    worst = max(
        _percent(costs, one.best_classical.mean()) for one in judged for costs in one.learned.values()
    )
    yield Target(name="learned.worst_percent_above_best_classical", value=worst, op="<=", target=0.0)
    for one in judged:
        _, proportional, ppo, *_ = KAYNOV_COSTS[one.number]
        base = float(one.like_published["proportional"].mean())
        yield Target(
            name=f"instance_{one.number}.learned_percent_above_proportional_at_published_levels",
            value=max(_percent(own, base) for own in one.learned.values()),
            op="<=",
            target=round(100 * (ppo / proportional - 1), 2),
        )


def _references(one: Judged) -> Iterator[Reference]:
    name = f"instance_{one.number}"
    for rule, costs in one.classical.items():
        yield from _mean(f"{name}.{rule}", costs)
    for rule, published in _published(one.number):
        own = one.like_published[rule]
        error = KAYNOV_COSTS[one.number][3 + PUBLISHED_RULES.index(rule)]
        yield Reference(name=f"{name}.{rule}.published", value=published)
        yield Reference(
            name=f"{name}.{rule}.percent_above_published", value=_percent(one.classical[rule], published)
        )
        yield Reference(
            name=f"{name}.{rule}.percent_apart_at_published_levels", value=_percent(own, published)
        )
        yield Reference(
            name=f"{name}.{rule}.percent_apart_of_errors_at_published_levels",
            value=100 * (float(own.std(ddof=1)) / 100 / error - 1),
        )
    yield Reference(name=f"{name}.ppo.published", value=KAYNOV_COSTS[one.number][2])
    yield Reference(
        name=f"{name}.learned_percent_above_proportional_at_our_levels",
        value=max(_percent(own, one.classical["proportional"].mean()) for own in one.learned.values()),
    )
    if one.number == 6:
        yield from _optimum(one)
    for seed, costs in one.learned.items():
        yield from _mean(f"{name}.learned_seed_{seed}", costs)
        saved = costs - one.best_classical
        yield Reference(
            name=f"{name}.learned_seed_{seed}.percent_above_best_classical",
            value=_percent(costs, one.best_classical.mean()),
        )
        yield Reference(
            name=f"{name}.learned_seed_{seed}.difference_standard_error",
            value=100 * _error(saved) / float(one.best_classical.mean()),
        )


def _optimum(one: Judged) -> Iterator[Reference]:
    """The least cost there can be, and how far policies are above it."""
    low, high = (JUDGED_PERIODS * bound for bound in optimal_cost_bounds(kaynov_2024(one.number)))
    name = f"instance_{one.number}"
    yield Reference(name=f"{name}.optimum.cost", value=(low + high) / 2)
    for rule, costs in one.classical.items():
        yield Reference(name=f"{name}.{rule}.percent_above_optimum", value=_percent(costs, low))
    worst = max(_percent(costs, low) for costs in one.learned.values())
    yield Reference(name=f"{name}.learned.worst_percent_above_optimum", value=worst)


def _context(number: int, size: Size) -> Iterator[Reference]:
    """How far our best classical costs are from published ones where demand is not fully known, or waits."""
    system = kaynov_2024(number)
    searched, judged = (_scenarios(system, size.context, stream) for stream in (1, 2))
    for rule, published in _published(number):
        policy, _ = best_base_stock(system, searched, rule=rule, warm_up=WARM_UP)
        percent = _percent(policy.costs(judged, warm_up=WARM_UP), published)
        yield Reference(name=f"context.instance_{number}.{rule}.percent_above_published", value=percent)
    print(f"one_warehouse: instance {number} is set beside", file=sys.stderr, flush=True)


def _published(number: int) -> Iterator[tuple[str, float]]:
    return zip(PUBLISHED_RULES, KAYNOV_COSTS[number], strict=False)


def _mean(name: str, costs: FloatArray) -> Iterator[Reference]:
    yield Reference(name=f"{name}.cost", value=float(costs.mean()))
    yield Reference(name=f"{name}.standard_error", value=_error(costs))


def _percent(costs: FloatArray, base: float) -> float:
    """By how much a mean cost is above another, in percent."""
    return 100 * (float(costs.mean()) / float(base) - 1)


def _error(values: FloatArray) -> float:
    """Standard error of a mean."""
    return float(values.std(ddof=1) / np.sqrt(len(values)))
