"""Looking for the best whole-number parameters of a rule."""

from collections.abc import Callable, Iterator
from functools import cache
from itertools import product

__all__ = ["descend"]

Point = tuple[int, ...]


def descend(
    cost: Callable[[Point], float], start: Point, *, low: Point, high: Point, stride: int = 1
) -> tuple[Point, float]:
    """Walk from point to point, always to the cheapest neighbour, until none is cheaper.

    Neighbours differ by at most one stride in every coordinate; once none is cheaper, the stride is halved. Each
    cost is asked for once. What is found is the cheapest point of all where the cost is convex.

    Parameters
    ----------
    cost : function of a point
    start, low, high : tuples of int
        Where to begin, and the bounds, which are included.
    stride : int, >= 1
        Of the first steps.

    Returns
    -------
    point : tuple of int
    cost : float

    Examples
    --------
    >>> descend(lambda at: (at[0] - 3) ** 2 + abs(at[0] - at[1]), (0, 9), low=(0, 0), high=(9, 9), stride=4)
    ((3, 3), 0)
    """
    looked_up = cache(cost)
    here = start
    while stride > 0:
        best = min(_around(here, stride, low, high), key=looked_up)
        if looked_up(best) < looked_up(here):
            here = best
        else:
            stride //= 2
    return here, looked_up(here)


def _around(point: Point, stride: int, low: Point, high: Point) -> Iterator[Point]:
    steps = (
        sorted({max(least, x - stride), x, min(most, x + stride)})
        for x, least, most in zip(point, low, high, strict=True)
    )
    return product(*steps)
