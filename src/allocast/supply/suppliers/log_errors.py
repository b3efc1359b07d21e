"""How far durations are from what is usual, on a log scale: their distribution, and what is to come of the censored."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtri

from allocast.numerics.arrays import BoolArray, FloatArray, freeze
from allocast.supply.survival.kaplan_meier import KaplanMeier

__all__ = ["LogErrors"]

N_KNOTS = 200
DEEPEST = 1e-3  # a tail below it is read as it: no single duration outweighs a thousand others


@dataclass(frozen=True, slots=True, kw_only=True)
class LogErrors:
    """A distribution of log errors, by its survival at knots.

    Parameters
    ----------
    knots : array of shape (n_knots,), rising
    survival : array of shape (n_knots,), in (0, 1), falling
    """

    knots: FloatArray
    survival: FloatArray

    def __post_init__(self) -> None:
        for name in ("knots", "survival"):
            object.__setattr__(self, name, freeze(np.asarray(getattr(self, name), dtype=np.float64)))

    @classmethod
    def fit(cls, errors: FloatArray, event: BoolArray, weight: FloatArray) -> "LogErrors":
        """From errors of which some are censored (Kaplan-Meier), thinned to a few hundred knots."""
        lowest = errors.min()
        curve = KaplanMeier.fit(errors - lowest, event, weight=weight)
        before = np.append(1.0, curve.levels[:-1])
        middle = np.clip((before + curve.levels) / 2, DEEPEST, 1 - DEEPEST)
        knots = curve.times + lowest
        wanted = np.linspace(ndtri(1 - middle[0]), ndtri(1 - middle[-1]), N_KNOTS)
        place = np.unique(np.searchsorted(ndtri(1 - middle), wanted).clip(0, len(knots) - 1))
        return cls(knots=knots[place], survival=middle[place])

    @property
    def spread(self) -> float:
        """Standard deviation of the normal distribution with the same quartiles, at least 0.02."""
        low, high = self.quantile(np.array([0.25, 0.75]))
        return max(float(high - low) / 1.349, 0.02)

    def quantile(self, level: FloatArray) -> FloatArray:
        """Errors within which a share lies, of levels in (0, 1)."""
        errors: FloatArray = np.interp(level, 1 - self.survival, self.knots)
        return errors

    def score(self, errors: FloatArray) -> FloatArray:
        """The standard normal quantile of each error's place in the distribution."""
        score: FloatArray = np.interp(errors, self.knots, ndtri(1 - self.survival))
        return score

    def beyond(self, errors: FloatArray) -> FloatArray:
        """Mean of the errors that are larger than each of these."""
        mass = np.append(-np.diff(self.survival), self.survival[-1])
        mass[0] += 1 - self.survival[0]
        above = np.append(np.cumsum((mass * self.knots)[::-1])[::-1], 0.0)
        share = np.append(np.cumsum(mass[::-1])[::-1], 0.0)
        place = np.searchsorted(self.knots, errors, side="right")
        mean = above[place] / np.where(share[place] > 0, share[place], 1.0)
        return np.where(share[place] > 0, np.maximum(mean, errors), errors)

    def state(self) -> dict[str, Any]:
        """Lists that `from_state` makes it from again."""
        return {"knots": self.knots.tolist(), "survival": self.survival.tolist()}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "LogErrors":
        """The distribution whose ``state()`` this was."""
        return cls(knots=np.array(state["knots"]), survival=np.array(state["survival"]))
