"""Why a forecast is what it is: the share of each feature, in units, and the sentence that says so."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from allocast.errors import DataError
from allocast.forecast.contributions import Contributions
from allocast.numerics.arrays import FloatArray, IntArray

__all__ = ["Explanation", "explain", "rows_of_steps"]

NAMED = 0.25  # a second family is named from this share of the first on

WORDS = {
    "recent demand": ("recent demand is high", "recent demand is low"),
    "season": ("the season is high", "the season is low"),
    "price and promotion": ("price and promotion raise it", "price and promotion lower it"),
    "group": ("its group sells more", "its group sells less"),
    "product and place": ("this product and place sell more", "this product and place sell less"),
    "calendar": ("the calendar raises it", "the calendar lowers it"),
    "age": ("its age raises it", "its age lowers it"),
    "other signals": ("other signals raise it", "other signals lower it"),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Explanation:
    """Forecasts of some series, each a mean over its first periods, taken apart into what each feature brings.

    Parameters
    ----------
    series : DataFrame of n_series rows
        ``item_id`` and ``location_id``.
    period : str
        What a period is called: ``day`` or ``week``.
    periods : array of int, shape (n_series,)
        Over how many coming periods the mean is taken.
    usual, expected : arrays of shape (n_series,), in units a period
    shares : array of shape (n_series, n_features), in units a period
        They add up to ``expected - usual``.
    names : tuple of str
        Of the features.
    families : mapping of feature to the family it belongs to
    """

    series: pd.DataFrame
    period: str
    periods: IntArray
    usual: FloatArray
    expected: FloatArray
    shares: FloatArray
    names: tuple[str, ...]
    families: Mapping[str, str]

    def by_family(self) -> pd.DataFrame:
        """Units a period that each family brings: a row a series, a column a family."""
        features = pd.DataFrame(self.shares.T, index=[self.families[name] for name in self.names])
        return features.groupby(level=0, sort=False).sum().T

    def table(self, row: int) -> pd.DataFrame:
        """One series from the usual to the expected units a period: what, and how many; the largest share first."""
        shares = self.by_family().loc[row]
        shares = shares.loc[shares.abs().sort_values(ascending=False, kind="stable").index]
        what = ["usual", *shares.index, "expected"]
        return pd.DataFrame(
            {"what": what, "units": [self.usual[row], *shares.to_numpy(), self.expected[row]]}
        )

    def importance(self) -> pd.DataFrame:
        """Mean absolute units a period of each feature over the series: ``family``, ``feature``, ``units``."""
        frame = pd.DataFrame(
            {
                "family": [self.families[name] for name in self.names],
                "feature": self.names,
                "units": np.abs(self.shares).mean(axis=0),
            }
        )
        return frame.sort_values("units", ascending=False, kind="stable", ignore_index=True)

    def family_importance(self) -> pd.Series:
        """Mean absolute units a period of each family over the series, the largest first."""
        return self.by_family().abs().mean().sort_values(ascending=False, kind="stable")

    def sentence(self, row: int) -> str:
        """What is expected of one series, and the one or two families with the largest shares.

        ``mostly``: they leave at most half of the difference to the usual unexplained; ``partly``: more.

        Raises
        ------
        DataError
            A family has no words.
        """
        return _sentence(
            float(self.usual[row]), float(self.expected[row]), self.by_family().loc[row], self.period
        )

    def sentences(self) -> list[str]:
        """The sentence of each series."""
        families = self.by_family()
        rows = zip(self.usual, self.expected, families.to_numpy(), strict=True)
        return [
            _sentence(float(usual), float(expected), pd.Series(shares, index=families.columns), self.period)
            for usual, expected, shares in rows
        ]


def rows_of_steps(periods: IntArray) -> list[IntArray]:
    """For each step ahead, the places of the series that are explained so far: shape (n_steps,) of arrays.

    Examples
    --------
    >>> rows_of_steps(np.array([1, 2]))
    [array([0, 1]), array([1])]
    """
    return [np.flatnonzero(periods > step) for step in range(int(periods.max(initial=0)))]


def explain(
    steps: Iterable[Contributions],
    *,
    series: pd.DataFrame,
    periods: IntArray,
    period: str,
    families: Mapping[str, str],
) -> Explanation:
    """Contributions of the steps ahead, as a mean over the periods that are asked for of each series.

    Parameters
    ----------
    steps : iterable of Contributions
        Of step 1, 2, …; of the series that `rows_of_steps` names, in that order.
    series : DataFrame of n_series rows
    periods : array of int, shape (n_series,), >= 1
    period : str
    families : mapping of feature to family

    Raises
    ------
    DataError
        A series is to be explained over no period.
    """
    if len(series) != len(periods) or (periods < 1).any():
        raise DataError(
            f"each of the {len(series)} series must be explained over 1 or more periods; they are {periods}."
        )
    names: tuple[str, ...] = ()
    usual, expected = np.zeros(len(series)), np.zeros(len(series))
    shares = np.zeros((len(series), 0))
    for rows, step in zip(rows_of_steps(periods), steps, strict=True):
        if not names:
            names, shares = step.names, np.zeros((len(series), len(step.names)))
        usual[rows] += step.usual
        expected[rows] += step.expected
        shares[rows] += step.in_units()
    return Explanation(
        series=series[["item_id", "location_id"]].reset_index(drop=True),
        period=period,
        periods=periods,
        usual=usual / periods,
        expected=expected / periods,
        shares=shares / periods[:, None],
        names=names,
        families=families,
    )


def _sentence(usual: float, expected: float, shares: "pd.Series[float]", period: str) -> str:
    digits = _digits(max(usual, expected))
    largest = shares.loc[shares.abs().sort_values(ascending=False, kind="stable").index].head(2)
    visible = (largest.abs() >= 0.5 * 10**-digits) & (largest.abs() >= NAMED * largest.abs().max())
    told, difference = largest[visible], expected - usual
    said = f"Expected {expected:,.{digits}f} a {period}"
    reasons = " and ".join(f"{_words(str(name), n)} ({_signed(n, digits)})" for name, n in told.items())
    if abs(difference) < 0.5 * 10**-digits:
        return f"{said}, about as usual{': ' if reasons else ''}{reasons}."
    if not reasons:
        return f"{said}, for many small reasons."
    share = "mostly" if abs(told.sum() - difference) <= abs(difference) / 2 else "partly"
    return f"{said}, {share} because {reasons}."


def _words(family: str, units: float) -> str:
    if family not in WORDS:
        raise DataError(f"the family {family!r} has no words; there are words for {', '.join(WORDS)}.")
    return WORDS[family][0 if units > 0 else 1]


def _digits(units: float) -> int:
    """Decimals worth saying of a number of this size."""
    return 0 if units >= 10 else 1 if units >= 1 else 2


def _signed(units: float, digits: int) -> str:
    return f"{'+' if units > 0 else '−'}{abs(units):,.{digits}f}"
