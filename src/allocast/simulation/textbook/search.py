"""Looking for the best whole-number parameters of a rule."""

from collections.abc import Callable
from itertools import product

__all__ = ["descend"]

Point = tuple[int, ...]


def descend(cost: Callable[[Point], float], start: Point, *, low: Point, high: Point) -> tuple[Point, float]:
    """Walk from point to point, always to the cheapest neighbour, until none is cheaper.

    Neighbours differ by at most one in every coordinate. Each cost is asked for once.

    Parameters
    ----------
    cost : function of a point
    start, low, high : tuples of int
        Where to begin, and the bounds, which are included.

    Returns
    -------
    point : tuple of int
    cost : float

    Examples
    --------
    >>> descend(lambda at: (at[0] - 3) ** 2 + abs(at[0] - at[1]), (0, 9), low=(0, 0), high=(9, 9))
    ((3, 3), 0)
    """
    known: dict[Point, float] = {}

    def looked_up(point: Point) -> float:
        if point not in known:
            known[point] = cost(point)
        return known[point]

    here = start
    while True:
        around = product(
            *(range(max(a, x - 1), min(b, x + 1) + 1) for x, a, b in zip(here, low, high, strict=True))
        )
        best = min(around, key=looked_up)
        if looked_up(best) >= looked_up(here):
            return here, looked_up(here)
        here = best
