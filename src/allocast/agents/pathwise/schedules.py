"""How the learning rate falls while an agent learns."""

from dataclasses import dataclass
from math import cos, pi

__all__ = ["Cosine"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cosine:
    """From the highest rate to 0 along half a cosine, after a short linear rise.

    Parameters
    ----------
    highest : float, > 0
    rise : float in [0, 1)
        Part of the training in which the rate rises.

    Examples
    --------
    >>> [round(Cosine(highest=0.01)(remaining), 4) for remaining in (1.0, 0.99, 0.5, 0.0)]
    [0.0, 0.005, 0.005, 0.0]
    """

    highest: float
    rise: float = 0.02

    def __call__(self, remaining: float) -> float:
        """The rate when this part of the training remains, from 1 to 0."""
        done = 1.0 - remaining
        risen = min(1.0, done / self.rise) if self.rise else 1.0
        return self.highest * risen * (1.0 + cos(pi * done)) / 2.0
