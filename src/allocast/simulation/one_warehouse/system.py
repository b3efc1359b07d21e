"""What a warehouse and its locations are: lead times, demand, costs, and what becomes of demand that is not met."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.discrete import DiscreteDistribution
from allocast.simulation.dynamics import Rates, Rules

__all__ = ["OneWarehouse"]


@dataclass(frozen=True, kw_only=True, eq=False)
class OneWarehouse:
    """One item, one outside supplier that always delivers, one warehouse, and locations that sell.

    Before each period the warehouse orders and ships, and what arrives at the warehouse in the period can be shipped
    at once. A lead time of L means: there to be sold, or shipped on, at the start of the L-th period after this one.
    Then locations meet demand, and costs are charged on what is left and on what is missed. What is on its way
    costs nothing.

    Parameters
    ----------
    name : str
    lead_time : int, >= 1, in periods
        From the supplier to the warehouse.
    location_lead_times : tuple of int, each >= 1, in periods
        From the warehouse to each location.
    demand : DiscreteDistribution of a row for each location
        Units a period, independent of each other and from period to period.
    unmet : "lost", "waits" or "emergency"
        Demand that a location cannot meet is lost; or it waits there; or all of it is met by an emergency shipment
        from what the warehouse has left, location by location, if chance will have it, and otherwise lost.
    emergency_share : float, in [0, 1]
        How probable it is that a location's customers of one period wait for an emergency shipment.
    warehouse_holding_cost, holding_cost, shortage_cost : float, >= 0, money per unit and period
        Shortage is paid for what is lost, or for what is owed at the end of a period.

    Raises
    ------
    DataError
        A lead time is below 1, a number is out of its range, or there is not one demand for each location.
    """

    name: str
    lead_time: int
    location_lead_times: tuple[int, ...]
    demand: DiscreteDistribution
    unmet: Literal["lost", "waits", "emergency"]
    warehouse_holding_cost: float
    holding_cost: float
    shortage_cost: float
    emergency_share: float = 0.0

    def __post_init__(self) -> None:
        if min(self.lead_time, *self.location_lead_times) < 1:
            raise DataError(
                f"lead times must be >= 1; they are {self.lead_time} and {self.location_lead_times}."
            )
        if len(self.demand) != self.n_locations:
            raise DataError(
                f"{self.n_locations} locations need as many rows of demand; there are {len(self.demand)}."
            )
        if not (self.shortage_cost >= 0 and self.holding_cost >= 0 and self.warehouse_holding_cost >= 0):
            raise DataError(f"costs must be >= 0; those of {self.name} are not.")
        if not 0 <= self.emergency_share <= 1:
            raise DataError(f"emergency_share must lie in [0, 1]; it is {self.emergency_share}.")

    @property
    def n_locations(self) -> int:
        """Locations that the warehouse supplies."""
        return len(self.location_lead_times)

    @property
    def rules(self) -> Rules:
        """The structure of the locations' dynamics."""
        return Rules(waiting_share=1.0 if self.unmet == "waits" else 0.0)

    @property
    def rates(self) -> Rates:
        """What the locations' periods cost."""
        return Rates(holding_cost=self.holding_cost, shortage_cost=self.shortage_cost)

    @cached_property
    def lead_times(self) -> IntArray:
        """Of the locations, shape (n_locations,), in periods."""
        return np.asarray(self.location_lead_times, dtype=np.int64)

    @cached_property
    def deviation(self) -> FloatArray:
        """Standard deviation of each location's demand of one period, shape (n_locations,), in units."""
        units = np.arange(self.demand.probability.shape[1])
        variance: FloatArray = self.demand.probability @ units**2 - self.demand.mean**2
        return np.sqrt(np.maximum(variance, 0.0))

    @cached_property
    def protection_demand(self) -> DiscreteDistribution:
        """Demand of the lead time and one period, a row for each location."""
        rows = []
        for location, lead_time in enumerate(self.location_lead_times):
            one = self.demand.take(np.array([location]))
            total = one
            for _ in range(lead_time):
                total = total.convolve(one)
            rows.append(total)
        return DiscreteDistribution.stack(rows)
