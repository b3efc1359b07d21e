"""A budget that all orders of a period share, on each path by a price of money."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, fields
from functools import cache

import numpy as np

from allocast.inventory.situation import Situation
from allocast.numerics.arrays import FloatArray
from allocast.numerics.compiled import compiled, source_digest
from allocast.simulation.dynamics import Terms, events
from allocast.simulation.dynamics.events import accept

__all__ = ["Claim", "cut_to"]

_STEPS = 40  # of bisection: a millionth of a millionth of the highest price
_PATHS_AT_ONCE = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What some series ask of a purse in a period.

    Parameters
    ----------
    units : array of shape (n_series, n_paths), in units
        Orders that suppliers accept.
    position : array of the same shape, in units
    demand : array of shape (n_series, n_samples), in units, rising along a row
        Over the protection interval.
    cost : array of shape (n_series,), money per unit
        What costs nothing takes nothing of the purse.
    shortage, holding : arrays of shape (n_series,), money per unit
        What a unit saves if it is sold, and costs if it is not.
    terms : array of shape (n_series, 5)
        As in ``dynamics.Terms``.
    """

    units: FloatArray
    position: FloatArray
    demand: FloatArray
    cost: FloatArray
    shortage: FloatArray
    holding: FloatArray
    terms: FloatArray

    @classmethod
    def of(cls, situation: Situation, units: FloatArray, position: FloatArray, cost: FloatArray) -> "Claim":
        """The claim of the series of a situation."""
        return cls(
            units=units,
            position=position,
            demand=np.sort(situation.lead_time_demand().units, axis=1),
            cost=cost,
            shortage=situation.costs.shortage_cost,
            holding=situation.costs.holding_cost,
            terms=Terms.of(situation.sourcing).table,
        )

    @classmethod
    def together(cls, claims: Sequence["Claim"]) -> "Claim":
        """The claims of several groups of series as one."""
        return cls(
            **{one.name: np.concatenate([getattr(c, one.name) for c in claims]) for one in fields(cls)}
        )


def cut_to(claim: Claim, money: FloatArray, pool: Executor) -> FloatArray:
    """Orders whose cost on each path is within the money that is there.

    Where all that is wanted can be paid it is. Elsewhere a price of money is found by bisection, the lowest at which
    the path's orders can be paid, as in ``inventory.shared_budget``: a series orders up to the last unit whose expected
    saving over the protection interval is worth the price, and never more than it wanted. What single packs leave of
    the money stays unspent.

    Parameters
    ----------
    claim : Claim
        Of all series.
    money : array of shape (n_paths,)
    pool : Executor
        Threads.

    Returns
    -------
    units : array of shape (n_series, n_paths)
    """
    units = np.ascontiguousarray(claim.units.T)
    position = np.ascontiguousarray(claim.position.T)
    paths = range(0, len(money), _PATHS_AT_ONCE)
    cut = purse_kernel()

    def share(first: int) -> None:
        some = slice(first, first + _PATHS_AT_ONCE)
        cut(
            units[some], position[some], claim.demand, claim.cost, claim.shortage, claim.holding, claim.terms,
            money[some],
        )  # fmt: skip

    list(pool.map(share, paths))
    return np.ascontiguousarray(units.T)


@cache
def purse_kernel() -> Callable[..., None]:
    """The loop of ``cut_to``: paths are rows, and ``units`` changes."""
    made_from = source_digest(events)

    @compiled
    def affordable(
        wanted: float,
        position: float,
        demand: FloatArray,
        cost: float,
        shortage: float,
        holding: float,
        term: FloatArray,
        price: float,
    ) -> float:
        _ = made_from
        if cost <= 0.0 or wanted <= 0.0:
            return wanted
        if shortage + holding <= 0.0:
            return 0.0 if price >= 0.0 else wanted
        least = (price * cost + holding) / (shortage + holding)  # probability that pays for a unit
        place = np.floor(len(demand) * (1.0 - least) + 1e-9)
        if place < 0.0:
            return 0.0
        if place >= len(demand):
            return wanted
        room = max(np.rint(demand[int(place)] - position), 0.0)
        return min(accept(min(wanted, room), term[2], term[3], term[4]), wanted)

    @compiled
    def cut_all(
        units: FloatArray,
        position: FloatArray,
        demand: FloatArray,
        cost: FloatArray,
        shortage: FloatArray,
        holding: FloatArray,
        terms: FloatArray,
        money: FloatArray,
    ) -> None:
        n, highest, lowest = units.shape[1], 1.0, 0.0
        for i in range(n):
            if cost[i] > 0.0:
                highest = max(highest, 2.0 * shortage[i] / cost[i])
                lowest = min(lowest, -holding[i] / cost[i])
        for p in range(len(units)):
            total = 0.0
            for i in range(n):
                total += cost[i] * units[p, i]
            if total <= money[p]:
                continue
            low, high = lowest, highest
            for _ in range(_STEPS):
                middle = (low + high) / 2.0
                total = 0.0
                for i in range(n):
                    total += cost[i] * affordable(
                        units[p, i], position[p, i], demand[i], cost[i], shortage[i], holding[i], terms[i], middle
                    )  # fmt: skip
                if total <= money[p]:
                    high = middle
                else:
                    low = middle
            for i in range(n):
                units[p, i] = affordable(
                    units[p, i], position[p, i], demand[i], cost[i], shortage[i], holding[i], terms[i], high
                )  # fmt: skip

    return cut_all
