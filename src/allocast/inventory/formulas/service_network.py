"""A network of stages that make and pass on: a tree, checked, with the demand that each stage sees."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray, IntArray, freeze
from allocast.numerics.checks import require_at_least, require_shape

__all__ = ["ServiceNetwork"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceNetwork:
    """Stages in a tree: any of them may have several suppliers and several customers, but no two ways lead round.

    Parameters
    ----------
    processing_time : array of int, shape (n_stages,), in periods, >= 0
    arcs : tuple of pairs of int
        From each stage to the ones it supplies, one unit of it to one of theirs.
    holding_cost : array of shape (n_stages,), money per unit and period, >= 0
    demand_deviation : array of shape (n_stages,), units per period, >= 0
        Standard deviation of the demand from outside; those of different stages are independent.
    service_factor : array of shape (n_stages,), >= 0
        z: demand of τ periods is bounded by its mean and z σ sqrt(τ).
    promised : mapping of stage to int, in periods, >= 0
        How long customers outside wait at the most. Each stage that supplies no other needs one.
    inbound : array of int, shape (n_stages,), in periods, >= 0, optional
        Within how many periods suppliers outside deliver; at once by default.

    Raises
    ------
    DataError
        The stages are no tree, a stage without customers promises nothing, or a number is out of its range.
    """

    processing_time: IntArray
    arcs: tuple[tuple[int, int], ...]
    holding_cost: FloatArray
    demand_deviation: FloatArray
    service_factor: FloatArray
    promised: Mapping[int, int]
    inbound: ArrayLike = 0
    inbound_limit: IntArray = field(init=False, repr=False)
    bound: FloatArray = field(init=False, repr=False)
    """z σ of all the demand that reaches a stage in the end, shape (n_stages,)."""
    slowest_promise: IntArray = field(init=False, repr=False)
    """The largest outbound service time that makes sense, shape (n_stages,)."""
    longest: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        n = len(self.processing_time)
        inbound = np.broadcast_to(np.asarray(self.inbound), n)
        for name, times in (("processing_time", self.processing_time), ("inbound", inbound)):
            self._keep(name, times, whole=True)
        for name in ("holding_cost", "demand_deviation", "service_factor"):
            require_shape(name, getattr(self, name), (n,))
            self._keep(name, getattr(self, name), whole=False)
        self._require_tree(n)
        self._require_promises(n)
        object.__setattr__(self, "inbound_limit", np.asarray(self.inbound).copy())
        variance, slowest = self.demand_deviation**2, self.inbound_limit + self.processing_time
        in_order = self._downstream_order(n)
        for stage in in_order:
            for customer in self.customers(stage):
                slowest[customer] = max(slowest[customer], slowest[stage] + self.processing_time[customer])
        for stage in reversed(in_order):
            variance[stage] += sum(variance[customer] for customer in self.customers(stage))
        object.__setattr__(self, "longest", int(slowest.max()))
        for stage, limit in self.promised.items():
            slowest[stage] = min(slowest[stage], limit)
        object.__setattr__(self, "bound", freeze(self.service_factor * np.sqrt(variance)))
        object.__setattr__(self, "slowest_promise", freeze(slowest))

    def __len__(self) -> int:
        return len(self.processing_time)

    def customers(self, stage: int) -> list[int]:
        """The stages that a stage supplies."""
        return [downstream for upstream, downstream in self.arcs if upstream == stage]

    def suppliers(self, stage: int) -> list[int]:
        """The stages that supply a stage."""
        return [upstream for upstream, downstream in self.arcs if downstream == stage]

    def from_leaves(self) -> list[tuple[int, int | None]]:
        """Every stage with the one neighbour that comes after it, outermost stages first; the last has none."""
        order: list[tuple[int, int | None]] = []
        waiting: list[tuple[int, int | None]] = [(0, None)]
        while waiting:  # from the first stage outwards, then turned round
            stage, parent = waiting.pop()
            order.append((stage, parent))
            neighbours = [*self.suppliers(stage), *self.customers(stage)]
            waiting += [(other, stage) for other in neighbours if other != parent]
        return order[::-1]

    def _keep(self, name: str, values: NDArray[Any], *, whole: bool) -> None:
        numbers = np.asarray(values, dtype=np.float64)
        require_at_least(name, numbers)
        if whole and (numbers != np.rint(numbers)).any():
            raise DataError(f"{name} must be in whole periods; it is {numbers.tolist()}.")
        object.__setattr__(self, name, freeze(numbers.astype(np.int64) if whole else numbers))

    def _require_tree(self, n: int) -> None:
        astray = [arc for arc in self.arcs if not all(0 <= stage < n for stage in arc)]
        if astray:
            raise DataError(f"arcs must join stages 0 to {n - 1}; {astray[0]} does not.")
        group = list(range(n))
        for upstream, downstream in self.arcs:
            if group[upstream] == group[downstream]:
                raise DataError(
                    f"stages must form a tree; ({upstream}, {downstream}) closes a second way between the two."
                )
            joined = group[downstream]
            group = [group[upstream] if member == joined else member for member in group]
        if len(set(group)) > 1:
            apart = next(stage for stage in range(n) if group[stage] != group[0])
            raise DataError(
                f"stages must form one tree; stage {apart} is not joined to stage 0. Place each apart."
            )

    def _require_promises(self, n: int) -> None:
        missing = [stage for stage in range(n) if not self.customers(stage) and stage not in self.promised]
        if missing:
            raise DataError(
                f"each stage that supplies no other needs promised periods; {missing} have none. 0 is at once."
            )
        for stage, limit in self.promised.items():
            if not 0 <= stage < n or limit < 0 or limit != int(limit):
                raise DataError(
                    f"promised must give stages 0 to {n - 1} whole periods >= 0; it gives stage {stage} {limit}."
                )

    def _downstream_order(self, n: int) -> list[int]:
        """Every stage after all that supply it."""
        order: list[int] = []
        while len(order) < n:
            order += [s for s in range(n) if s not in order and set(self.suppliers(s)) <= set(order)]
        return order
