"""Common random numbers for networks: what demand and chance bring, drawn once and met by every policy."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np

from allocast.numerics.arrays import FloatArray
from allocast.simulation.one_warehouse.period import NetworkStock, pass_period
from allocast.simulation.one_warehouse.system import OneWarehouse

__all__ = ["Decide", "Scenarios"]

Decide = Callable[[NetworkStock], tuple[FloatArray, FloatArray]]
"""Orders, shape (n,), and shipments, shape (n, n_locations), of n networks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenarios:
    """Futures of one system.

    Parameters
    ----------
    demand : array of shape (n, n_periods, n_locations), in units
    chance : array of the same shape, in [0, 1)
        See ``pass_period``.
    """

    demand: FloatArray
    chance: FloatArray

    @classmethod
    def draw(cls, system: OneWarehouse, n: int, n_periods: int, rng: np.random.Generator) -> Self:
        """Independent futures."""
        uniform = rng.random((system.n_locations, n * n_periods))
        demand = system.demand.at(uniform).T.reshape(n, n_periods, system.n_locations)
        return cls(demand=demand.astype(np.float64), chance=rng.random(demand.shape))

    def costs(self, system: OneWarehouse, decide: Decide, *, warm_up: int) -> FloatArray:
        """Cost of a policy in each future after the first ``warm_up`` periods, shape (n,), in money."""
        n, n_periods, _ = self.demand.shape
        stock, costs = NetworkStock.filled(system, n), np.zeros(n)
        for t in range(n_periods):
            stock, ledger = pass_period(system, stock, *decide(stock), self.demand[:, t], self.chance[:, t])
            if t >= warm_up:
                costs += ledger.cost
        return costs
