"""How far recent forecasts could be relied on, told apart by how much they expect: slow sellers err otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from allocast.forecast.calibration.reliability import Reliability, at_levels, inverted
from allocast.numerics.arrays import BoolArray, DateArray, FloatArray, IntArray

__all__ = ["GradedReliability"]

GRADES = 8  # at most
FEWEST = 1000  # forecasts in a grade
SPREAD = (0.1, 0.5, 0.9)  # levels of the quantiles that say how wide forecasts are, and around what


@dataclass(frozen=True, slots=True, kw_only=True)
class GradedReliability:
    """Reliability of forecasts of each of some grades: for each target up to eight of equal size, by what is expected.

    A grade is taken to err as all do, as far as its own outcomes do not say otherwise. A running total is taken to
    err as the totals up to it do: what it missed itself is known late, and outcomes that overlap say little. That
    much too high or low in per cent, a total that is narrower for what it expects is further off in its levels.

    Parameters
    ----------
    edges : array of shape (n_grades - 1, n_targets), in units, not falling
    spread : array of shape (n_totals,), > 0
        Of all forecasts together, the .9 quantile less the .1 quantile, as a share of the median.
    grades : tuple of Reliability
        One or more; targets are the steps, then the running totals.
    """

    edges: FloatArray
    spread: FloatArray
    grades: tuple[Reliability, ...]

    @classmethod
    def count(
        cls,
        origins: DateArray,
        place: IntArray,
        mean: FloatArray,
        actual: FloatArray,
        bounded: BoolArray,
        quantiles: FloatArray,
        levels: FloatArray,
        *,
        whole: bool,
        like: "GradedReliability | None" = None,
    ) -> "GradedReliability":
        """Count outcomes of steps and of running totals.

        Parameters
        ----------
        mean : array of shape (n_rows, horizon), in units
        actual, bounded : arrays of shape (n_rows, horizon)
            Of the steps; those of the totals follow from them.
        like : GradedReliability, optional
            Grades and spread are its own; by default they are those of the rows.
        origins, place, quantiles, levels, whole
            As for ``Reliability.count``; targets are the steps, then the totals.
        """
        like = cls.of_none(mean, quantiles, levels) if like is None else like
        expected, actual = _with_totals(mean), _with_totals(actual)
        grade = _grade(expected, like.edges)
        bounded = np.concatenate([bounded, np.logical_or.accumulate(bounded, axis=1)], axis=1)
        grades = tuple(
            Reliability.count(origins, place, expected, own, bounded, quantiles, levels, whole=whole)
            for own in (np.where(grade == number, actual, np.nan) for number in range(len(like.grades)))
        )
        return replace(like, grades=grades)

    @classmethod
    def of_none(cls, mean: FloatArray, quantiles: FloatArray, levels: FloatArray) -> "GradedReliability":
        """Grades of such forecasts, in which nothing is counted; parameters as of ``count``."""
        spread = _spread(quantiles[:, :, mean.shape[1] :], levels)
        return cls._of_grades(_edges(_with_totals(mean)), spread, len(levels))

    @classmethod
    def unknown(cls, horizon: int, n_levels: int) -> "GradedReliability":
        """Of no forecast."""
        return cls._of_grades(np.zeros((0, 2 * horizon)), np.ones(horizon), n_levels)

    @classmethod
    def _of_grades(cls, edges: FloatArray, spread: FloatArray, n_levels: int) -> "GradedReliability":
        """Some grades, in which nothing is counted."""
        nothing = Reliability.unknown(edges.shape[1], n_levels)
        return cls(edges=edges, spread=spread, grades=(nothing,) * (len(edges) + 1))

    def where(self, kept: BoolArray) -> "GradedReliability":
        """The counts of some origins and targets, shape (n_origins, n_targets)."""
        return replace(self, grades=tuple(own.where(kept) for own in self.grades))

    def recent(self, n_origins: int) -> "GradedReliability":
        """Of each grade and target only the last origins whose outcomes are known."""
        return replace(self, grades=tuple(own.recent(n_origins) for own in self.grades))

    def levels_to_ask(self, levels: FloatArray) -> FloatArray:
        """Levels whose quantiles had the wanted shares of outcomes, shape (n_grades, n_targets, n_levels)."""
        usual = self._together().shares(levels)
        asked = [own.shares(usual) for own in self.grades] if len(self.grades) > 1 else [usual]
        return np.stack([inverted(self._with_shorter_totals(own, levels), levels) for own in asked])

    def corrected(self, quantiles: FloatArray, mean: FloatArray, levels: FloatArray) -> FloatArray:
        """Quantiles of the targets, shape (n_series, n_levels, n_targets), at the levels to ask.

        Where nothing is known they are the same array.

        Parameters
        ----------
        quantiles : array of shape (n_series, n_levels, n_targets), in units
        mean : array of shape (n_series, horizon), in units
        levels : array of shape (n_levels,)
        """
        if not any(own.known.any() for own in self.grades):
            return quantiles
        grade = _grade(_with_totals(mean), self.edges)
        asked = self.levels_to_ask(levels)[grade, np.arange(grade.shape[1])]
        return at_levels(quantiles, levels, asked)

    def level_change(self) -> FloatArray:
        """What came ÷ what was expected, of all grades together, as ``Reliability.level_change``."""
        return self._together().level_change()

    def _together(self) -> Reliability:
        """The counts of all grades."""
        return reduce(Reliability.followed_by, self.grades)

    def _with_shorter_totals(self, share: FloatArray, levels: FloatArray) -> FloatArray:
        """Shares of targets; a total's are, in normal deviates from the levels, means over the totals up to it."""
        horizon = len(self.spread)
        spread, number = self.spread[:, None], np.arange(1, horizon + 1)[:, None]
        missed = ndtri(share[horizon:]) - ndtri(levels)
        together = np.cumsum(missed * spread, axis=0) / number / spread
        joined: FloatArray = np.concatenate([share[:horizon], ndtr(ndtri(levels) + together)])
        return joined

    def to_lists(self) -> dict[str, list[Any]]:
        """The grades for a file of text, without what is counted in them."""
        return {"edges": self.edges.tolist(), "spread": self.spread.tolist()}

    @classmethod
    def from_lists(cls, document: Mapping[str, list[Any]], n_levels: int) -> "GradedReliability":
        """The grades that ``to_lists`` wrote."""
        spread = np.array(document["spread"])
        return cls._of_grades(np.array(document["edges"]).reshape(-1, 2 * len(spread)), spread, n_levels)


def _with_totals(steps: FloatArray) -> FloatArray:
    """Steps, then running totals, shape (n_rows, 2 × horizon)."""
    return np.concatenate([steps, np.cumsum(steps, axis=1)], axis=1)


def _edges(expected: FloatArray) -> FloatArray:
    """What divides forecasts into grades of equal size, shape (n_grades - 1, n_targets)."""
    n_grades = int(np.clip(len(expected) // FEWEST, 1, GRADES))
    return np.quantile(expected, np.arange(1, n_grades) / n_grades, axis=0)


def _grade(expected: FloatArray, edges: FloatArray) -> IntArray:
    """How many edges are exceeded, shape (n_rows, n_targets)."""
    grade = np.zeros(expected.shape, dtype=np.int64)
    for edge in edges:
        grade += expected > edge
    return grade


def _spread(totals: FloatArray, levels: FloatArray) -> FloatArray:
    """How wide totals of all rows together are for what they expect, shape (n_totals,); 1 where that is unknown."""
    low, middle, high = (totals[:, np.argmin(np.abs(levels - level))].sum(axis=0) for level in SPREAD)
    wide = (high > low) & (middle > 0)
    spread: FloatArray = np.divide(high - low, middle, out=np.ones(len(middle)), where=wide)
    return spread
