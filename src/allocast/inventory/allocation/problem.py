"""One allocation problem, stated once: claims, limits that they share, and what groups of them are promised."""

from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from allocast.errors import DataError
from allocast.inventory.allocation.claims import Claims
from allocast.numerics.arrays import FloatArray, IntArray, freeze
from allocast.numerics.checks import require_shape

__all__ = ["AllocationProblem", "Limit", "Reservation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Something scarce that claims share: stock of items, a volume, money, the capacity of suppliers.

    What all claims of a group take together stays within what the group has.

    Parameters
    ----------
    name : str
    available : array of shape (n_groups,), in the limit's own unit, >= 0
        Of an item, say, what is in the warehouse, inbound and to be had from its supplier. May be infinite.
    group : array of int, shape (n_claims,), optional
        Which group each claim belongs to; -1 for claims that the limit does not touch. All to the first by default.
    use : array of shape (n_claims,), per unit given, >= 0, optional
        What a unit takes; 1 by default.
    labels : tuple of str, of n_groups or none
        What messages call the groups.

    Examples
    --------
    >>> str(Limit(name="supply", available=np.array([10.0, 4.0]), labels=("shirt", "shoe")).called(1))
    'supply of shoe'
    """

    name: str
    available: FloatArray
    group: IntArray = field(default_factory=lambda: np.asarray(0))
    use: FloatArray = field(default_factory=lambda: np.asarray(1.0))
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        available = np.atleast_1d(np.asarray(self.available, dtype=np.float64))
        if np.isnan(available).any() or (available < 0).any():
            raise DataError(f"limit {self.name!r}: available must be >= 0 everywhere; correct it.")
        use = np.asarray(self.use, dtype=np.float64)
        if not (np.isfinite(use) & (use >= 0)).all():
            raise DataError(f"limit {self.name!r}: use must be finite and >= 0 everywhere; correct it.")
        _require_groups(self, f"limit {self.name!r}", len(available))
        object.__setattr__(self, "available", freeze(available))
        object.__setattr__(self, "use", freeze(use))

    def called(self, group: int) -> str:
        """What a group of this limit is called in a message."""
        return _called(self, group, len(self.available))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """Units promised to groups of claims together, whoever in the group gets them.

    Parameters
    ----------
    name : str
    units : array of shape (n_groups,), in units, >= 0
    group : array of int, shape (n_claims,)
        As in ``Limit``.
    labels : tuple of str
    """

    name: str
    units: FloatArray
    group: IntArray = field(default_factory=lambda: np.asarray(0))
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        units = np.atleast_1d(np.asarray(self.units, dtype=np.float64))
        if not (np.isfinite(units) & (units >= 0)).all():
            raise DataError(f"reservation {self.name!r}: units must be finite and >= 0; correct them.")
        _require_groups(self, f"reservation {self.name!r}", len(units))
        object.__setattr__(self, "units", freeze(units))

    def called(self, group: int) -> str:
        """What a group of this reservation is called in a message."""
        return _called(self, group, len(self.units))


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationProblem:
    """Who may get what: claims, the limits they share, and what groups of them are promised.

    Parameters
    ----------
    claims : Claims
    limits : tuple of Limit
    reservations : tuple of Reservation

    Raises
    ------
    DataError
        A limit or a reservation speaks of another number of claims, or two have one name.

    Examples
    --------
    Ten shirts for two shops:

    >>> shops = Claims.from_paths(np.array([[4.0, 8.0], [6.0, 9.0]]), shortage_cost=[5.0, 3.0])
    >>> problem = AllocationProblem(claims=shops, limits=(Limit(name="supply", available=np.array([10.0])),))
    >>> problem.use(np.array([7.0, 3.0]))["supply"]
    array([10.])
    """

    claims: Claims
    limits: tuple[Limit, ...]
    reservations: tuple[Reservation, ...] = ()

    def __post_init__(self) -> None:
        n = len(self.claims)
        for limit in self.limits:
            for name in ("group", "use"):
                array = getattr(limit, name)
                if array.ndim:
                    require_shape(f"{name} of limit {limit.name!r}", array, (n,))
        for promise in self.reservations:
            if promise.group.ndim:
                require_shape(f"group of reservation {promise.name!r}", promise.group, (n,))
        names = sorted([*(rule.name for rule in self.limits), *(rule.name for rule in self.reservations)])
        for one, other in pairwise(names):
            if one == other:
                raise DataError(
                    f"each limit and reservation needs a name of its own; two are called {one!r}."
                )

    def only(self, rows: IntArray) -> "AllocationProblem":
        """Some claims with all limits, but without reservations, which others may have to fill; names stay the same."""
        names = tuple(self.claims.called(int(row)) for row in rows)
        limits = tuple(
            replace(
                limit,
                group=limit.group if limit.group.ndim == 0 else limit.group[rows],
                use=limit.use if limit.use.ndim == 0 else limit.use[rows],
            )
            for limit in self.limits
        )
        return AllocationProblem(claims=replace(self.claims.take(rows), name=names), limits=limits)

    def use(self, units: FloatArray) -> dict[str, FloatArray]:
        """What given units take of each limit, by its name, each of shape (n_groups,)."""
        taken: dict[str, FloatArray] = {}
        for limit in self.limits:
            group = np.broadcast_to(limit.group, len(self.claims))
            touched = group >= 0
            parts = (limit.use * units)[touched]
            taken[limit.name] = np.bincount(group[touched], parts, minlength=len(limit.available)) * 1.0
        return taken


def _require_groups(rule: Limit | Reservation, called: str, n_groups: int) -> None:
    group = np.asarray(rule.group, dtype=np.int64)
    if group.size and (group.min() < -1 or group.max() >= n_groups):
        raise DataError(
            f"{called}: group must be within 0 and {n_groups - 1}, or -1 for claims that it does not touch; "
            f"it goes from {group.min()} to {group.max()}."
        )
    if rule.labels and len(rule.labels) != n_groups:
        raise DataError(f"{called}: there must be {n_groups} labels; there are {len(rule.labels)}.")
    object.__setattr__(rule, "group", freeze(group))


def _called(rule: Limit | Reservation, group: int, n_groups: int) -> str:
    if rule.labels:
        return f"{rule.name} of {rule.labels[group]}"
    return rule.name if n_groups == 1 else f"{rule.name} of group {group}"
