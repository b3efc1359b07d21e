"""How far recent forecasts could be relied on: quantiles at levels and means at a level that make up for it."""

from dataclasses import dataclass, replace

import numpy as np

from allocast.forecast.distribution import inverse_distribution, probability_within
from allocast.numerics.arrays import BoolArray, DateArray, FloatArray, IntArray

__all__ = ["Reliability", "at_levels", "inverted"]

POINTS = 50  # of a distribution whose mean above a bound is taken
PRIOR = 500  # outcomes that were as forecast, added to those seen: a few surprises move nothing
PRIOR_ORIGINS = 2  # added likewise where units are compared: all outcomes of a period share what it was like
_SUMS = ("known", "within", "expected", "came")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """Outcomes at or below each quantile, counted by origin and target.

    A forecast that is right has a share of ``levels[j]`` of its outcomes at or below quantile j. Where the last
    forecasts had more or less, the next are asked for the quantile at the level that would have had that share.
    All series count together. An outcome that lies on a step of the distribution (0 where nothing may be sold,
    a whole number where units are whole) counts for a part: the share of the step that is at or below the level.

    Means are corrected by units, not by counts: the few series that sell much, which decide how many units come, are
    few among outcomes, and quantiles that fit the many slow ones say nothing of them.

    Parameters
    ----------
    origins : array of days, shape (n_origins,), rising
    known : array of shape (n_origins, n_targets)
        Outcomes that are known.
    within : array of shape (n_origins, n_targets, n_levels)
        How many of them lie at or below each quantile.
    expected, came : arrays of shape (n_origins, n_targets), in units
        Sums of the means and of the outcomes, where these are known.

    References
    ----------
    Kuleshov, Fenner and Ermon, *Accurate uncertainties for deep learning using calibrated regression*, ICML 2018;
    Gibbs and Candès, *Adaptive conformal inference under distribution shift*, NeurIPS 2021, for the moving window.
    """

    origins: DateArray
    known: FloatArray
    within: FloatArray
    expected: FloatArray
    came: FloatArray

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
    ) -> "Reliability":
        """Count outcomes.

        Parameters
        ----------
        origins : array of days, shape (n_origins,)
        place : array of int, shape (n_rows,)
            Which of the origins each row was forecast at.
        mean, actual : arrays of shape (n_rows, n_targets), in units
            NaN in ``actual`` where it is not known.
        bounded : array of bool, shape (n_rows, n_targets)
            Where ``actual`` is only a lower bound: such an outcome is shared out over what was forecast above it,
            and as units it counts with the mean of that.
        quantiles : array of shape (n_rows, n_levels, n_targets), in units
        levels : array of shape (n_levels,)
        whole : bool
            Whether units are whole.
        """
        n_rows, n_targets = actual.shape
        each = np.moveaxis(quantiles, 1, 2).reshape(-1, len(levels))
        half, told = 0.5 if whole else 0.0, ~np.isnan(actual)
        reached = _share_within(actual.ravel(), bounded.ravel(), each, levels, half)
        came = actual.copy()
        came[bounded & told] = _mean_above(
            actual[bounded & told], each[(bounded & told).ravel()], levels, half
        )
        counted = cls.unknown(n_targets, len(levels), origins)
        np.add.at(counted.known, place, told)
        np.add.at(counted.within, place, np.nan_to_num(reached.reshape(n_rows, n_targets, len(levels))))
        np.add.at(counted.expected, place, np.where(told, mean, 0.0))
        np.add.at(counted.came, place, np.nan_to_num(came))
        return replace(counted, within=counted.within.round(2))

    @classmethod
    def unknown(cls, n_targets: int, n_levels: int, origins: DateArray | None = None) -> "Reliability":
        """Of no forecast, or of some origins of which nothing is known yet."""
        origins = np.zeros(0, dtype="datetime64[D]") if origins is None else origins
        shape = (len(origins), n_targets)
        return cls(origins=origins, known=np.zeros(shape), within=np.zeros((*shape, n_levels)),
                   expected=np.zeros(shape), came=np.zeros(shape))  # fmt: skip

    def followed_by(self, later: "Reliability") -> "Reliability":
        """These counts and those of other origins; what is known of one origin in both is added up."""
        origins = np.union1d(self.origins, later.origins)
        _, n_targets, n_levels = self.within.shape
        both = Reliability.unknown(n_targets, n_levels, origins)
        for part in (self, later):
            places = np.searchsorted(origins, part.origins)
            for name in _SUMS:
                getattr(both, name)[places] += getattr(part, name)
        return both

    def where(self, kept: BoolArray) -> "Reliability":
        """The counts of some origins and targets, shape (n_origins, n_targets)."""
        return Reliability(
            origins=self.origins,
            known=np.where(kept, self.known, 0.0),
            within=np.where(kept[:, :, None], self.within, 0.0),
            expected=np.where(kept, self.expected, 0.0),
            came=np.where(kept, self.came, 0.0),
        )

    def recent(self, n_origins: int) -> "Reliability":
        """Of each target only the last origins whose outcomes are known."""
        rank = np.cumsum((self.known > 0)[::-1], axis=0)[::-1]
        return self.where((rank <= n_origins) & (self.known > 0))

    def shares(self, usual: FloatArray) -> FloatArray:
        """Shares of outcomes within each quantile, shape (n_targets, n_levels), as usual where few are known.

        Parameters
        ----------
        usual : array of shape (n_levels,) or (n_targets, n_levels)
        """
        known, within = self.known.sum(axis=0), self.within.sum(axis=0)
        return np.asarray((within + PRIOR * usual) / (known + PRIOR)[:, None])

    def levels_to_ask(self, levels: FloatArray) -> FloatArray:
        """Levels whose quantiles had the wanted shares of outcomes, shape (n_targets, n_levels), rising.

        Examples
        --------
        >>> half = Reliability(origins=np.array(["2024-01-01"], dtype="datetime64[D]"),
        ...     known=np.array([[1e9]]), within=np.array([[[0.4e9, 0.8e9]]]),
        ...     expected=np.array([[2e9]]), came=np.array([[2e9]]))
        >>> half.levels_to_ask(np.array([0.5, 0.9])).round(3)
        array([[0.6 , 0.95]])
        """
        return inverted(self.shares(levels), levels)

    def level_change(self) -> FloatArray:
        """What came ÷ what was expected, shape (n_targets,), nearer to 1 the fewer outcomes and origins are known.

        Examples
        --------
        >>> Reliability(origins=np.array(["2024-01-01"], dtype="datetime64[D]"),
        ...     known=np.array([[500.0]]), within=np.array([[[50.0, 250.0]]]),
        ...     expected=np.array([[1000.0]]), came=np.array([[1200.0]])).level_change().round(3)
        array([1.033])
        """
        known, expected, came = (sums.sum(axis=0) for sums in (self.known, self.expected, self.came))
        ratio = np.divide(came, expected, out=np.ones(expected.shape), where=expected > 0)
        n_origins = (self.known > 0).sum(axis=0)
        trust = known / (known + PRIOR) * n_origins / (n_origins + PRIOR_ORIGINS)
        change: FloatArray = 1 + trust * (ratio - 1)
        return change


def inverted(share: FloatArray, levels: FloatArray) -> FloatArray:
    """Levels whose quantiles had shares equal to the levels, shape (n_targets, n_levels), rising."""
    rising = np.maximum.accumulate(share, axis=1) + 1e-9 * np.arange(len(levels))
    at = np.concatenate([[0.0], levels, [1.0]])
    return np.stack([np.interp(levels, np.concatenate([[0.0], own, [1.0]]), at) for own in rising])


def at_levels(quantiles: FloatArray, levels: FloatArray, asked: FloatArray) -> FloatArray:
    """Quantiles of the targets at other levels, shape (n_series, n_levels, n_targets), in units.

    Parameters
    ----------
    quantiles : array of shape (n_series, n_levels, n_targets), in units
    levels : array of shape (n_levels,)
    asked : array of shape (n_series, n_targets, n_levels)
    """
    reached = np.minimum(asked, 1 - 1e-4)
    targets = range(quantiles.shape[2])
    return np.stack(
        [inverse_distribution(quantiles[:, :, k], levels, reached[:, k]) for k in targets], axis=2
    )


def _mean_above(bound: FloatArray, quantiles: FloatArray, levels: FloatArray, half: float) -> FloatArray:
    """Mean of what distributions have at some bounds or above, shape (n_rows,); at least the bounds."""
    below = probability_within(quantiles, levels, np.maximum(bound - half, 0.0)[:, None])
    below = np.where(bound[:, None] > 0, below, 0.0)
    middle = (np.arange(POINTS) + 0.5) / POINTS
    values = inverse_distribution(quantiles, levels, np.minimum(below + (1 - below) * middle, 1 - 1e-9))
    mean: FloatArray = np.maximum(values.mean(axis=1), bound)
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
