"""Distributions on the whole numbers 0, 1, 2, …, many at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray, IntArray, freeze

__all__ = ["DiscreteDistribution"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscreteDistribution:
    """Probabilities of 0, 1, …, K for each of n rows.

    Parameters
    ----------
    probability : array of shape (n, K + 1)
        Row ``i``, column ``k`` is the probability that variable ``i`` equals ``k``. Each row sums to 1.

    Raises
    ------
    DataError
        A row has a negative entry or does not sum to 1.

    Examples
    --------
    >>> die = DiscreteDistribution(probability=np.full((1, 7), [0, 1/6, 1/6, 1/6, 1/6, 1/6, 1/6]))
    >>> die.mean
    array([3.5])
    >>> die.quantile(0.5)
    array([3])
    """

    probability: FloatArray

    def __post_init__(self) -> None:
        p = np.asarray(self.probability, dtype=np.float64)
        if p.ndim != 2 or p.shape[1] == 0:
            raise DataError(f"probability must have shape (n, K + 1); it has {p.shape}.")
        wrong = ~((p >= 0).all(axis=1) & (np.abs(p.sum(axis=1) - 1) <= 1e-9))  # NaN is wrong too
        if wrong.any():
            row = int(np.argmax(wrong))
            raise DataError(
                f"each row of probability must be >= 0 and sum to 1; row {row} sums to {p[row].sum()} "
                f"({int(wrong.sum())} of {len(p)} rows affected)."
            )
        object.__setattr__(self, "probability", freeze(p))

    def __len__(self) -> int:
        return len(self.probability)

    @classmethod
    def certain(cls, values: IntArray, *, largest: int | None = None) -> "DiscreteDistribution":
        """Variables that take one value each, as distributions; ``largest`` is K."""
        values = np.asarray(values, dtype=np.int64)
        top = int(values.max(initial=0)) if largest is None else largest
        return cls(probability=(values[:, None] == np.arange(top + 1)).astype(np.float64))

    @classmethod
    def stack(cls, parts: Sequence["DiscreteDistribution"]) -> "DiscreteDistribution":
        """The rows of several distributions below each other; K is the largest of theirs."""
        width = max(part.probability.shape[1] for part in parts)
        padded = [np.pad(p.probability, ((0, 0), (0, width - p.probability.shape[1]))) for p in parts]
        return cls(probability=np.concatenate(padded))

    @property
    def mean(self) -> FloatArray:
        """Expected value of each row, shape (n,)."""
        return self.probability @ np.arange(self.probability.shape[1])

    @property
    def cumulative(self) -> FloatArray:
        """P(X <= k), shape (n, K + 1); the last column is exactly 1."""
        total = np.cumsum(self.probability, axis=1)
        total[:, -1] = 1.0
        return np.minimum(total, 1.0)

    def quantile(self, level: float) -> IntArray:
        """Smallest k with P(X <= k) >= level, shape (n,)."""
        smallest: IntArray = np.argmax(self.cumulative >= level - 1e-12, axis=1)
        return smallest

    def sample(self, n_paths: int, rng: np.random.Generator) -> IntArray:
        """Independent draws, shape (n, n_paths)."""
        return self.at(rng.random((len(self), n_paths)))

    def spread(self, n_paths: int, rng: np.random.Generator) -> IntArray:
        """Draws of which each value makes up the share that its probability says, to within one path.

        Systematic sampling: one uniform a row, then equal steps, put into a random order. Each path by itself is
        distributed as drawn independently, but what is rare is there as often as it should be: of 1000 paths a value
        of 5 % has 50, not 36 to 64.

        Parameters
        ----------
        n_paths : int, >= 1
        rng : Generator

        Returns
        -------
        values : array of shape (n, n_paths)
        """
        start = rng.random((len(self), 1))
        places = (np.arange(n_paths) + start) / n_paths
        return self.at(rng.permuted(places, axis=1))

    def at(self, uniforms: FloatArray) -> IntArray:
        """Values at given uniforms, by inversion: common uniforms give common random numbers.

        Parameters
        ----------
        uniforms : array of shape (n, n_paths), in [0, 1)

        Returns
        -------
        values : array of shape (n, n_paths)
        """
        values = np.zeros(uniforms.shape, dtype=np.int64)
        for threshold in self.cumulative[:, :-1].T:  # K is small; rows and paths are many
            values += uniforms >= threshold[:, None]
        return values

    def take(self, rows: IntArray) -> "DiscreteDistribution":
        """The chosen rows, in the given order."""
        return DiscreteDistribution(probability=self.probability[rows])

    def convolve(self, other: "DiscreteDistribution") -> "DiscreteDistribution":
        """Distribution of the sum of two independent variables, row by row."""
        a, b = self.probability, other.probability
        total = np.zeros((len(a), a.shape[1] + b.shape[1] - 1))
        for k in range(b.shape[1]):
            total[:, k : k + a.shape[1]] += a * b[:, k, None]
        return DiscreteDistribution(probability=total / total.sum(axis=1, keepdims=True))
