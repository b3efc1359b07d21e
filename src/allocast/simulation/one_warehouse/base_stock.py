"""Echelon base stock with a rationing rule: its cost on given scenarios, and its best levels."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Self

import numpy as np
from scipy import stats

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray
from allocast.simulation.one_warehouse.kernels import EMERGENCY, LOST, WAITS, run_base_stock
from allocast.simulation.one_warehouse.period import NetworkStock
from allocast.simulation.one_warehouse.rationing import RULES, ration
from allocast.simulation.one_warehouse.scenarios import Scenarios
from allocast.simulation.one_warehouse.system import OneWarehouse
from allocast.simulation.textbook.search import descend

__all__ = ["EchelonBaseStock", "best_base_stock", "next_unit_savings"]

UNMET = {"lost": LOST, "waits": WAITS, "emergency": EMERGENCY}


@dataclass(frozen=True, kw_only=True, eq=False)
class EchelonBaseStock:
    """Lift the whole network's position to a level, and each location's to one of its own; ration if need be.

    Parameters
    ----------
    system : OneWarehouse
    level : int, in units
        Of all that is in the network and on its way to it.
    location_levels : tuple of int, in units
    rule : str
        A rule of ``ration``.
    """

    system: OneWarehouse
    level: int
    location_levels: tuple[int, ...]
    rule: str = "proportional"

    def __post_init__(self) -> None:
        if len(self.location_levels) != self.system.n_locations:
            raise DataError(
                f"{self.system.n_locations} locations need as many levels; there are {len(self.location_levels)}."
            )
        if self.rule not in RULES:
            raise DataError(f"a rationing rule must be one of {', '.join(RULES)}; it is {self.rule!r}.")

    def __call__(self, stock: NetworkStock) -> tuple[FloatArray, FloatArray]:
        """Orders, shape (n,), and shipments, shape (n, n_locations), in units."""
        position = stock.locations.position
        wanted = np.maximum(np.array(self.location_levels) - position, 0.0)
        order = np.maximum(self.level - stock.echelon_position, 0.0)
        savings = next_unit_savings(self.system)
        return order, ration(self.rule, stock.available, wanted, position=position, saving=savings)

    def costs(self, scenarios: Scenarios, *, warm_up: int) -> FloatArray:
        """Cost of each scenario after the first ``warm_up`` periods, shape (n,), in money.

        The same as ``scenarios.costs`` of this policy, in one compiled loop.
        """
        system, n_periods = self.system, scenarios.demand.shape[1]
        if not 0 <= warm_up < n_periods:
            raise DataError(f"warm_up must lie in [0, {n_periods}); it is {warm_up}.")
        costs = np.zeros(len(scenarios.demand))
        rates = np.array([system.warehouse_holding_cost, system.holding_cost, system.shortage_cost])
        run_base_stock(
            scenarios.demand, scenarios.chance, self.level, np.array(self.location_levels, dtype=np.float64),
            system.lead_time, system.lead_times, np.rint(system.demand.mean), rates, system.emergency_share,
            UNMET[system.unmet], RULES[self.rule], next_unit_savings(system), warm_up, costs,
        )  # fmt: skip
        return costs


def next_unit_savings(system: OneWarehouse) -> FloatArray:
    """Expected saving of one more unit at a location whose position is 0, 1, 2, …, shape (n_locations, n), in money.

    In the period in which it arrives: the shortage cost if demand of the lead time and that period is above the
    position, less the holding cost if it is not.
    """
    over: FloatArray = 1.0 - system.protection_demand.cumulative
    return (system.shortage_cost + system.holding_cost) * over - system.holding_cost


def best_base_stock(
    system: OneWarehouse, scenarios: Scenarios, *, rule: str, warm_up: int
) -> tuple[EchelonBaseStock, float]:
    """The cheapest levels on given scenarios, and their mean cost.

    Locations that are alike get one level. For one kind of location after the other, its level and the whole network's
    are searched together, until no kind brings anything more.

    Parameters
    ----------
    system : OneWarehouse
    scenarios : Scenarios
        The same for all levels: common random numbers.
    rule : str
    warm_up : int, periods that do not count
    """
    groups = _Groups.of(system)

    @cache
    def cost(point: tuple[int, ...]) -> float:
        return float(groups.policy(system, point, rule).costs(scenarios, warm_up=warm_up).mean())

    point, high = groups.start(system)
    before = np.inf
    while cost(point) < before:
        before = cost(point)
        for kind in range(1, len(point)):
            point = _descend_pair(cost, point, kind, high)
    return groups.policy(system, point, rule), before


def _descend_pair(
    cost: Callable[[tuple[int, ...]], float], point: tuple[int, ...], kind: int, high: tuple[int, ...]
) -> tuple[int, ...]:
    """The best levels of the network and of one kind of location, the others as they are."""

    def whole(pair: tuple[int, ...]) -> tuple[int, ...]:
        return (pair[0], *point[1:kind], pair[1], *point[kind + 1 :])

    start, limits = (point[0], point[kind]), (high[0], high[kind])
    pair, _ = descend(lambda pair: cost(whole(pair)), start, low=(0, 0), high=limits, stride=2)
    return whole(pair)


@dataclass(frozen=True, slots=True)
class _Groups:
    """Which locations are alike: number of its group for each location."""

    of_location: tuple[int, ...]

    @classmethod
    def of(cls, system: OneWarehouse) -> Self:
        laws = [
            (lead_time, law.tobytes())
            for lead_time, law in zip(system.location_lead_times, system.demand.probability, strict=True)
        ]
        distinct = list(dict.fromkeys(laws))
        return cls(tuple(distinct.index(law) for law in laws))

    def policy(self, system: OneWarehouse, point: tuple[int, ...], rule: str) -> EchelonBaseStock:
        levels = tuple(point[1 + group] for group in self.of_location)
        return EchelonBaseStock(system=system, level=point[0], location_levels=levels, rule=rule)

    def start(self, system: OneWarehouse) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Newsvendor levels of the locations, and the warehouse's from a normal law; and twice as much."""
        ratio = system.shortage_cost / (system.shortage_cost + system.holding_cost)
        levels = system.protection_demand.quantile(ratio)
        first = [self.of_location.index(group) for group in range(max(self.of_location) + 1)]
        ahead = system.lead_time + 1 + float(system.lead_times.mean())
        mean, variance = system.demand.mean.sum() * ahead, (system.deviation**2).sum() * ahead
        level = round(float(mean + stats.norm.ppf(ratio) * np.sqrt(variance)))
        start = (level, *(int(levels[location]) for location in first))
        return start, tuple(2 * each + 10 for each in start)
