"""Draws that belong to a key and a period: equal keys live through equal futures, whatever is decided.

A future is a number, not an array: a million periods of a million episodes need no memory, an episode can be
repeated from its key, and two policies with the same keys meet the same demand (common random numbers).
"""

from typing import Any

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.compiled import compiled
from allocast.numerics.discrete import DiscreteDistribution

__all__ = ["KeyedDraws", "draw_keys"]

PURPOSES = 16
_STEP = 0x9E3779B97F4A7C15
_FIRST, _SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


def draw_keys(n: int, rng: np.random.Generator) -> IntArray:
    """New keys, shape (n,)."""
    return rng.integers(2**63, size=n)


class KeyedDraws:
    """Draws from a distribution, by inversion.

    Parameters
    ----------
    law : DiscreteDistribution of one row
    purpose : int, in 0 … 15
        Draws of different purposes are independent.

    Raises
    ------
    DataError
        There are several rows, or the purpose is out of its range.

    Examples
    --------
    >>> die = KeyedDraws(DiscreteDistribution(probability=np.full((1, 6), 1 / 6)))
    >>> first, other, same = die.at(np.array([7, 8, 7]), period=np.array([4, 4, 4]))
    >>> bool(first == same), bool(0 <= other <= 5)
    (True, True)
    """

    def __init__(self, law: DiscreteDistribution, *, purpose: int = 0) -> None:
        if len(law) != 1 or not 0 <= purpose < PURPOSES:
            raise DataError(
                f"keyed draws need a distribution of one row and a purpose from 0 to {PURPOSES - 1}; they are "
                f"{len(law)} rows and {purpose}."
            )
        self.law = law
        self._cumulative = np.ascontiguousarray(law.cumulative[0])
        self._purpose = purpose

    def at(self, key: IntArray, period: IntArray) -> FloatArray:
        """The value of each key in its period, shape (n,)."""
        values = np.empty(len(key))
        _invert(self._cumulative, key, period, self._purpose, values)
        return values


@compiled
def _invert(cumulative: Any, key: Any, period: Any, purpose: Any, values: Any) -> None:
    for i in range(values.size):
        uniform = _uniform(key[i], period[i], purpose)
        below, above = 0, cumulative.size - 1
        while below < above:
            middle = (below + above) // 2
            if cumulative[middle] > uniform:
                above = middle
            else:
                below = middle + 1
        values[i] = below


@compiled
def _uniform(key: Any, period: Any, purpose: Any) -> Any:
    """The uniform number in [0, 1) that belongs to a key, a period and a purpose.

    References
    ----------
    Steele, Lea and Flood (2014), Fast splittable pseudorandom number generators, OOPSLA: SplitMix64.
    """
    place = np.uint64(period) * np.uint64(PURPOSES) + np.uint64(purpose) + np.uint64(1)
    bits = np.uint64(key) + np.uint64(_STEP) * place
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(_FIRST)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(_SECOND)
    bits = bits ^ (bits >> np.uint64(31))
    return float(bits >> np.uint64(11)) * 2.0**-53
