"""How far recent forecasts could be relied on, and quantiles asked for at levels that make up for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from allocast.forecast.paths import inverse_distribution, probability_within
from allocast.numerics.arrays import BoolArray, DateArray, FloatArray, IntArray

__all__ = ["Reliability"]

POINTS = 50  # of a distribution whose mean is taken
PRIOR = 500  # outcomes that were as forecast, added to those seen: a few surprises move nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """Outcomes at or below each quantile, counted by origin and target.

    A forecast that is right has a share of ``levels[j]`` of its outcomes at or below quantile j. Where the last
    forecasts had more or less, the next are asked for the quantile at the level that would have had that share.
    All series count together. An outcome that lies on a step of the distribution (0 where nothing may be sold,
    a whole number where units are whole) counts for a part: the share of the step that is at or below the level.

    Parameters
    ----------
    origins : array of days, shape (n_origins,), rising
    known : array of shape (n_origins, n_targets)
        Outcomes that are known.
    within : array of shape (n_origins, n_targets, n_levels)
        How many of them lie at or below each quantile.

    References
    ----------
    Kuleshov, Fenner and Ermon, *Accurate uncertainties for deep learning using calibrated regression*, ICML 2018;
    Gibbs and Candès, *Adaptive conformal inference under distribution shift*, NeurIPS 2021, for the moving window.
    """

    origins: DateArray
    known: FloatArray
    within: FloatArray

    @classmethod
    def count(
        cls,
        origins: DateArray,
        place: IntArray,
        actual: FloatArray,
        bounded: BoolArray,
        quantiles: FloatArray,
        levels: FloatArray,
        *,
        whole: bool,
    ) -> "Reliability":
        """Count outcomes.

        Parameters
        ----------
        origins : array of days, shape (n_origins,)
        place : array of int, shape (n_rows,)
            Which of the origins each row was forecast at.
        actual : array of shape (n_rows, n_targets), in units, NaN where not known
        bounded : array of bool, shape (n_rows, n_targets)
            Where ``actual`` is only a lower bound: such an outcome is shared out over what was forecast above it.
        quantiles : array of shape (n_rows, n_levels, n_targets), in units
        levels : array of shape (n_levels,)
        whole : bool
            Whether units are whole.
        """
        n_rows, n_targets = actual.shape
        each = np.moveaxis(quantiles, 1, 2).reshape(-1, len(levels))
        reached = _share_within(actual.ravel(), bounded.ravel(), each, levels, 0.5 if whole else 0.0)
        known = np.zeros((len(origins), n_targets))
        within = np.zeros((len(origins), n_targets, len(levels)))
        np.add.at(known, place, ~np.isnan(actual))
        np.add.at(within, place, np.nan_to_num(reached.reshape(n_rows, n_targets, len(levels))))
        return cls(origins=origins, known=known, within=within.round(2))

    @classmethod
    def unknown(cls, n_targets: int, n_levels: int) -> "Reliability":
        """Of no forecast."""
        none = np.zeros(0, dtype="datetime64[D]")
        return cls(origins=none, known=np.zeros((0, n_targets)), within=np.zeros((0, n_targets, n_levels)))

    def followed_by(self, later: "Reliability") -> "Reliability":
        """These counts and those of other origins; what is known of one origin in both is added up."""
        origins = np.union1d(self.origins, later.origins)
        known = np.zeros((len(origins), self.known.shape[1]))
        within = np.zeros((len(origins), *self.within.shape[1:]))
        for part in (self, later):
            places = np.searchsorted(origins, part.origins)
            known[places] += part.known
            within[places] += part.within
        return Reliability(origins=origins, known=known, within=within)

    def where(self, kept: BoolArray) -> "Reliability":
        """The counts of some origins and targets, shape (n_origins, n_targets)."""
        return Reliability(
            origins=self.origins,
            known=np.where(kept, self.known, 0.0),
            within=np.where(kept[:, :, None], self.within, 0.0),
        )

    def recent(self, n_origins: int) -> "Reliability":
        """Of each target only the last origins whose outcomes are known."""
        rank = np.cumsum((self.known > 0)[::-1], axis=0)[::-1]
        return self.where((rank <= n_origins) & (self.known > 0))

    def levels_to_ask(self, levels: FloatArray) -> FloatArray:
        """Levels whose quantiles had the wanted shares of outcomes, shape (n_targets, n_levels), rising.

        Examples
        --------
        >>> half = Reliability(origins=np.array(["2024-01-01"], dtype="datetime64[D]"),
        ...     known=np.array([[1e9]]), within=np.array([[[0.4e9, 0.8e9]]]))
        >>> half.levels_to_ask(np.array([0.5, 0.9])).round(3)
        array([[0.6 , 0.95]])
        """
        known, within = self.known.sum(axis=0), self.within.sum(axis=0)
        share = (within + PRIOR * levels) / (known + PRIOR)[:, None]
        share = np.maximum.accumulate(share, axis=1) + 1e-9 * np.arange(len(levels))
        at = np.concatenate([[0.0], levels, [1.0]])
        return np.stack([np.interp(levels, np.concatenate([[0.0], own, [1.0]]), at) for own in share])

    def corrected(self, quantiles: FloatArray, levels: FloatArray) -> FloatArray:
        """Quantiles of the targets, shape (n_series, n_levels, n_targets), at the levels to ask.

        Where nothing is known they are the same array.
        """
        if not self.known.any():
            return quantiles
        asked = np.minimum(self.levels_to_ask(levels), 1 - 1e-4)
        parts = [
            inverse_distribution(quantiles[:, :, k], levels, np.broadcast_to(own, quantiles.shape[:2]))
            for k, own in enumerate(asked)
        ]
        return np.stack(parts, axis=2)

    @staticmethod
    def level_change(corrected: FloatArray, quantiles: FloatArray, levels: FloatArray) -> FloatArray:
        """Mean of corrected distributions ÷ mean of those given, shape (n_series, n_targets); 1 where both are 0.

        Parameters
        ----------
        corrected, quantiles : arrays of shape (n_series, n_levels, n_targets), in units
        levels : array of shape (n_levels,)
        """
        before, after = _mean(quantiles, levels), _mean(corrected, levels)
        return np.divide(after, before, out=np.ones(before.shape), where=before > 0)

    def to_lists(self) -> dict[str, list[Any]]:
        """For a file of text."""
        return {
            "origins": [str(day) for day in self.origins],
            "known": self.known.tolist(),
            "within": self.within.tolist(),
        }

    @classmethod
    def from_lists(cls, document: Mapping[str, list[Any]]) -> "Reliability":
        """What ``to_lists`` wrote."""
        return cls(
            origins=np.array(document["origins"], dtype="datetime64[D]"),
            known=np.array(document["known"]),
            within=np.array(document["within"]),
        )


def _mean(quantiles: FloatArray, levels: FloatArray) -> FloatArray:
    """Means of distributions known by their quantiles, shape (n_series, n_targets)."""
    middle = (np.arange(POINTS) + 0.5) / POINTS
    rows = np.moveaxis(quantiles, 1, 2).reshape(-1, len(levels))
    values = inverse_distribution(rows, levels, np.broadcast_to(middle, (len(rows), POINTS)))
    mean: FloatArray = values.mean(axis=1).reshape(len(quantiles), quantiles.shape[2])
    return mean


def _share_within(
    actual: FloatArray, bounded: BoolArray, quantiles: FloatArray, levels: FloatArray, half: float
) -> FloatArray:
    """Part of each outcome that lies at or below each level, shape (n_rows, n_levels); NaN where not known."""
    known = ~np.isnan(actual)
    result = np.full((len(actual), len(levels)), np.nan)
    units, rows = actual[known][:, None], quantiles[known]
    upper = np.where(bounded[known][:, None], 1.0, probability_within(rows, levels, units + half))
    below = units - half if half else units * (1 - 1e-9)
    lower = np.where(units > 0, probability_within(rows, levels, np.maximum(below, 0.0)), 0.0)
    step = np.maximum(upper - lower, 1e-12)
    result[known] = np.clip((levels - lower) / step, 0.0, 1.0)
    return result
