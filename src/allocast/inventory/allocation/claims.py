"""Who asks for how much, what it is worth, and within what bounds each can be served."""

from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import ArrayLike

from allocast.errors import DataError
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray, freeze
from allocast.numerics.checks import require_at_least, require_shape
from allocast.numerics.discrete import DiscreteDistribution

__all__ = ["Claims"]

_OPTIONAL = ("holding_cost", "position", "least_units", "minimum_order_units")


def _zero() -> FloatArray:
    return np.asarray(0.0)


def _one() -> FloatArray:
    return np.asarray(1.0)


def _no_cap() -> FloatArray:
    return np.asarray(np.inf)


def _first_tier() -> IntArray:
    return np.asarray(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """One row a claim: one class of demand (a customer, a channel) at one location for one item.

    Demand is a list of values with their probabilities. What the next unit given to a claim is worth follows from it
    exactly: it is asked for if demand is above what the claim has, which saves the shortage cost, and otherwise costs
    its holding. So a claim's expected value rises in straight pieces, each flatter than the one before.

    Parameters
    ----------
    demand_units : array of shape (n_claims, n_values), in units, >= 0, not falling along a row
    probability : array of shape (n_claims, n_values), each row summing to 1
    shortage_cost : array of shape (n_claims,), money per unit of demand not met, >= 0
        For nested classes, what a unit sold to the class earns.
    holding_cost : array of shape (n_claims,), money per unit left over, >= 0
    position : array of shape (n_claims,), in units
        What the claim has already; below 0 where units are owed.
    pack_units : array of shape (n_claims,), in units, > 0
        A claim gets whole packs.
    least_units : array of shape (n_claims,), in units, >= 0
        A contractual reservation or a presentation minimum: it gets at least this, in packs rounded up.
    most_units : array of shape (n_claims,), in units, >= 0
        A cap. Beyond its largest demand nobody is given anything, but for ``least_units``.
    minimum_order_units : array of shape (n_claims,), in units, >= 0
        It gets this much or nothing.
    tier : array of int, shape (n_claims,)
        Lower tiers are served first; a tier sees what the ones before it leave.
    name : tuple of str, of n_claims or none
        What messages call them; their row where there is none.

    Raises
    ------
    DataError
        Shapes differ, a number is out of its range, or demand falls along a row.

    Examples
    --------
    >>> die = DiscreteDistribution(probability=np.full((1, 6), 1 / 6))
    >>> Claims.from_distribution(die, shortage_cost=5.0, holding_cost=1.0).mean_demand
    array([2.5])
    """

    demand_units: FloatArray
    probability: FloatArray
    shortage_cost: FloatArray
    holding_cost: FloatArray = field(default_factory=_zero)
    position: FloatArray = field(default_factory=_zero)
    pack_units: FloatArray = field(default_factory=_one)
    least_units: FloatArray = field(default_factory=_zero)
    most_units: FloatArray = field(default_factory=_no_cap)
    minimum_order_units: FloatArray = field(default_factory=_zero)
    tier: IntArray = field(default_factory=_first_tier)
    name: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        demand = np.asarray(self.demand_units, dtype=np.float64)
        if demand.ndim != 2 or demand.shape[1] == 0:
            raise DataError(f"demand_units must have shape (n_claims, n_values); it has {demand.shape}.")
        object.__setattr__(self, "demand_units", freeze(demand))
        chance = np.broadcast_to(np.asarray(self.probability, dtype=np.float64), demand.shape)
        object.__setattr__(self, "probability", freeze(chance))
        for one in fields(self)[2:-1]:
            values = np.asarray(getattr(self, one.name), dtype=np.int64 if one.name == "tier" else np.float64)
            if values.ndim == 0:
                values = np.full(len(demand), values)
            require_shape(one.name, values, demand.shape[:1])
            object.__setattr__(self, one.name, freeze(np.ascontiguousarray(values)))
        self._require()

    def _require(self) -> None:
        for name in ("demand_units", "probability", "shortage_cost", *_OPTIONAL):
            require_at_least(name, getattr(self, name), -np.inf if name == "position" else 0.0)
        if np.isnan(self.most_units).any() or (self.most_units < 0).any():
            raise DataError("most_units must be >= 0, or infinite where there is no cap.")
        if not (np.isfinite(self.pack_units) & (self.pack_units > 0)).all():
            raise DataError("pack_units must be above 0 and finite; use 1 where single units are given.")
        wrong = np.atleast_1d(np.abs(self.probability.sum(axis=1) - 1) > 1e-9)
        _refuse("each row of probability must sum to 1", wrong)
        falls: BoolArray = np.asarray((np.diff(self.demand_units, axis=1) < 0).any(axis=1))
        _refuse("demand_units must not fall along a row", falls)
        if self.name and len(self.name) != len(self):
            raise DataError(
                f"there must be a name for each of {len(self)} claims; there are {len(self.name)}."
            )

    def __len__(self) -> int:
        return len(self.demand_units)

    @classmethod
    def from_distribution(
        cls,
        demand: DiscreteDistribution,
        *,
        shortage_cost: ArrayLike,
        name: tuple[str, ...] = (),
        **terms: ArrayLike,
    ) -> "Claims":
        """Claims whose demand is 0, 1, 2, … units with given probabilities; ``terms`` are fields of this class."""
        values = np.arange(demand.probability.shape[1], dtype=np.float64)
        grid = np.broadcast_to(values, demand.probability.shape)
        return cls._made(grid, demand.probability, shortage_cost, name, terms)

    @classmethod
    def from_quantiles(
        cls,
        units: FloatArray,
        levels: ArrayLike,
        *,
        shortage_cost: ArrayLike,
        name: tuple[str, ...] = (),
        **terms: ArrayLike,
    ) -> "Claims":
        """Claims with quantiles of demand, each standing for the probabilities nearest to its level.

        Parameters
        ----------
        units : array of shape (n_claims, n_levels), in units
        levels : array of shape (n_levels,), rising, within (0, 1)
        shortage_cost : array that fits (n_claims,)
        name : tuple of str
        **terms : arrays
            Other fields of this class.

        Examples
        --------
        >>> claims = Claims.from_quantiles(np.array([[2.0, 4.0, 9.0]]), [0.1, 0.5, 0.9], shortage_cost=3.0)
        >>> claims.probability.round(6)
        array([[0.3, 0.4, 0.3]])
        """
        at = np.asarray(levels, dtype=np.float64)
        if not (len(at) and (np.diff(at) > 0).all() and at[0] > 0 and at[-1] < 1):
            raise DataError(f"levels must rise strictly within (0, 1); they are {at.tolist()}.")
        edges = np.concatenate([[0.0], (at[1:] + at[:-1]) / 2, [1.0]])
        return cls._made(np.asarray(units), np.diff(edges), shortage_cost, name, terms)

    @classmethod
    def from_paths(
        cls,
        units: FloatArray,
        *,
        shortage_cost: ArrayLike,
        name: tuple[str, ...] = (),
        **terms: ArrayLike,
    ) -> "Claims":
        """Claims whose demand is one of the sampled paths, shape (n_claims, n_paths), each as likely as another."""
        paths = np.sort(np.asarray(units, dtype=np.float64), axis=1)
        return cls._made(paths, np.full(paths.shape[1], 1 / paths.shape[1]), shortage_cost, name, terms)

    @classmethod
    def _made(
        cls,
        units: FloatArray,
        probability: FloatArray,
        shortage_cost: ArrayLike,
        name: tuple[str, ...],
        terms: dict[str, ArrayLike],
    ) -> "Claims":
        arrays = {key: np.asarray(value) for key, value in terms.items()}
        return cls(
            demand_units=units,
            probability=probability,
            shortage_cost=np.asarray(shortage_cost),
            name=name,
            **arrays,
        )

    def take(self, rows: IntArray) -> "Claims":
        """The chosen claims, in the given order."""
        arrays = {one.name: getattr(self, one.name)[rows] for one in fields(self) if one.name != "name"}
        return Claims(**arrays, name=tuple(self.name[row] for row in rows) if self.name else ())

    @property
    def mean_demand(self) -> FloatArray:
        """Expected demand, shape (n_claims,), in units."""
        mean: FloatArray = (self.demand_units * self.probability).sum(axis=1)
        return mean

    def called(self, row: int) -> str:
        """What a claim is called in a message."""
        return self.name[row] if self.name else f"claim {row}"


def _refuse(what: str, wrong: BoolArray) -> None:
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(f"{what}; claim {row} breaks this ({int(wrong.sum())} of {len(wrong)} affected).")
