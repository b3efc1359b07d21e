"""What an allocation gives each claim, what it is worth, how far from the best it can be, and why."""

from dataclasses import dataclass

import numpy as np

from allocast.inventory.allocation.arrays import Layout
from allocast.inventory.allocation.clearing import total_value
from allocast.inventory.allocation.problem import AllocationProblem
from allocast.numerics.arrays import FloatArray, IntArray

__all__ = ["Allocation", "Solved"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """Packs of each claim, a bound on what any packs are worth, and the price of each group of each limit."""

    packs: IntArray
    value: float
    bound: float
    price: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Allocation:
    """Units for each claim, with what can be said of them.

    Parameters
    ----------
    problem : AllocationProblem
    rule : str
        By which the units were shared out.
    units : array of shape (n_claims,), in whole packs
    value : float, money
        Expected saving of all units together, against giving nothing.
    bound : float, money
        No allocation that keeps the rules is worth more. Where there are tiers: none that gives each tier its best in
        turn, the tiers before it having what they have here.
    prices : dict of str to array of shape (n_groups,), money per unit of the limit
        The shadow price of each limit at the best allocation: what one more of it would be worth, 0 where it does not
        bind. Where there are tiers, to the first tier that it binds.
    """

    problem: AllocationProblem
    rule: str
    units: FloatArray
    value: float
    bound: float
    prices: dict[str, FloatArray]

    @property
    def gap(self) -> float:
        """How far from the best it can be at most, as a fraction of the bound, >= 0."""
        return max(self.bound - self.value, 0.0) / max(abs(self.bound), 1e-12)

    def why(self, row: int) -> str:
        """One sentence on what a claim gets, with the numbers that decided.

        Parameters
        ----------
        row : int
            Of the claim.
        """
        claims, units = self.problem.claims, self.units[row]
        begin = f"{claims.called(row)} gets {units:g}: "
        one = Layout.of(self._only(row)).book
        packs = np.array([round(units / claims.pack_units[row])])
        if packs[0] >= one.most[0]:
            return begin + ("its cap" if _capped(self.problem, row, units) else "all it can use") + "."
        more = float((total_value(one, packs + 1) - total_value(one, packs))[0] / claims.pack_units[row])
        if more <= 0:
            return begin + f"a unit more would cost {-more:.2f}, not save anything."
        if self.rule != "marginal_value":
            return begin + f"its share by the rule {self.rule}; a unit more would save {more:.2f}."
        cost, parts = self._costs(row)
        least = " (its minimum)" if packs[0] > 0 and packs[0] == one.least[0] else ""
        if not parts:
            return (
                begin + f"a unit more would save {more:.2f}, but the packs and minima leave no room{least}."
            )
        return begin + f"a unit more would save {more:.2f} and take {cost:.2f} of {', '.join(parts)}{least}."

    def _costs(self, row: int) -> tuple[float, list[str]]:
        """What a unit more would take of limits at their prices, and which ones."""
        total, parts = 0.0, []
        for limit in self.problem.limits:
            group = int(limit.group if limit.group.ndim == 0 else limit.group[row])
            use = float(limit.use if limit.use.ndim == 0 else limit.use[row])
            price = float(self.prices[limit.name][group]) if group >= 0 else 0.0
            if price * use > 0:
                total += price * use
                parts.append(f"{limit.called(group)} (at {price:.2f})")
        return total, parts

    def _only(self, row: int) -> AllocationProblem:
        return AllocationProblem(claims=self.problem.claims.take(np.array([row])), limits=())


def _capped(problem: AllocationProblem, row: int, units: float) -> bool:
    claims = problem.claims
    return bool(units + claims.pack_units[row] > claims.most_units[row])
