"""Who gets what when locations want more than the warehouse has."""

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray
from allocast.simulation.one_warehouse.kernels import (
    MARGINAL_VALUE,
    MIN_SHORTAGE,
    PROPORTIONAL,
    share_all,
)

__all__ = ["RULES", "ration"]

RULES = {"proportional": PROPORTIONAL, "min_shortage": MIN_SHORTAGE, "marginal_value": MARGINAL_VALUE}


def ration(
    rule: str,
    available: FloatArray,
    wanted: FloatArray,
    *,
    position: FloatArray | None = None,
    saving: FloatArray | None = None,
) -> FloatArray:
    """Whole units for each location: what it wants, or where there is not enough, its part of all that there is.

    ``proportional``: shares of what there is in proportion to what is wanted, rounded by largest remainder.
    ``min_shortage``: unit by unit to the location that still lacks most, so that the greatest lack is least.
    ``marginal_value``: unit by unit to where the next one saves most.

    Parameters
    ----------
    rule : "proportional", "min_shortage" or "marginal_value"
    available : array of shape (n,), in whole units, >= 0
    wanted : array of shape (n, n_locations), in whole units, >= 0
    position : array of shape (n, n_locations), in units, for ``marginal_value``
        What each location has, and what is on its way to it, less what it owes.
    saving : array of shape (n_locations, n_positions), for ``marginal_value``
        Money that the next unit saves a location whose position is 0, 1, 2, …

    Returns
    -------
    given : array of shape (n, n_locations), in units
        Never more than is wanted, and together never more than is available.

    Raises
    ------
    DataError
        The rule is not known, something is negative or not whole, or ``marginal_value`` lacks what it needs.

    Examples
    --------
    >>> have, want = np.array([7.0]), np.array([[8.0, 2.0, 0.0]])
    >>> ration("proportional", have, want), ration("min_shortage", have, want)
    (array([[6., 1., 0.]]), array([[7., 0., 0.]]))
    """
    if rule not in RULES:
        raise DataError(f"a rationing rule must be one of {', '.join(RULES)}; it is {rule!r}.")
    if rule == "marginal_value" and (position is None or saving is None):
        raise DataError("marginal_value needs the positions and the savings of the locations.")
    have, want = (np.ascontiguousarray(values, dtype=np.float64) for values in (available, wanted))
    for name, values in (("available", have), ("wanted", want)):
        if not ((values >= 0) & (values == np.rint(values))).all():
            raise DataError(f"{name} must be whole units, >= 0; some of it is not.")
    if have.shape != want.shape[:1]:
        raise DataError(f"available must have shape {want.shape[:1]}; it has {have.shape}.")
    given = np.empty_like(want)
    positions = np.ascontiguousarray(want if position is None else position, dtype=np.float64)
    savings = np.ascontiguousarray(np.zeros((1, 1)) if saving is None else saving, dtype=np.float64)
    share_all(RULES[rule], have, want, positions, savings, given)
    return given
