"""Which features a demand model sees: every one is declared here."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Gt, Le, Lt

from allocast.errors import DataError

__all__ = ["FeatureSettings"]

Lags = tuple[Annotated[int, Ge(1)], ...]
Windows = tuple[Annotated[int, Ge(2)], ...]
Decays = tuple[Annotated[float, Gt(0), Lt(1)], ...]
Quantiles = tuple[tuple[Annotated[int, Ge(2), Le(1024)], Annotated[float, Ge(0), Le(1)]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureSettings:
    """Which features a model sees.

    Statistics of the history look at the last periods up to the origin and pass over what was not observed.
    A window of more periods than there are is all of them: the mean of 100000 periods is the mean of everything.

    Parameters
    ----------
    lags : tuple of int, >= 1
        1 is the origin itself.
    windows : tuple of int, >= 2
        Periods of the mean, the deviation and the share of zeros, all three.
    rolling_mean, rolling_deviation, zeros : tuples of int, >= 2
        Further windows of one of the three alone.
    rolling_min, rolling_max : tuples of int, >= 2
    rolling_quantile : tuple of pairs (window, level), level in [0, 1]
    seasonal_mean : tuple of int, >= 1
        Mean of so many last values of the target's own season: its weekday, or its week of the year.
    exponential_mean : tuple of float in (0, 1)
        Weight of a value against that of the one after it.
    since_last_sale : bool
        Periods since something was sold.
    age : bool
        Periods since the first observed one.
    yearly : bool
        For daily demand: day of the month, month, and demand around the same weekday of the year before, of the
        series and of its groups. They need more than a year of history.
    scale_window : int, >= 1
        Periods over which a series' scale is taken.
    statics : tuple of str
        Columns of the panel's series used as they are.
    groups : tuple of str
        Columns of the panel's series whose group means are features; the first also lends a series with little
        history its scale.
    encodings : tuple of str
        Columns of the panel's series, each value replaced by the mean demand that its series had so far.
    known_ahead : tuple of str
        Covariates of the panel that are known before the period begins.
    prices : tuple of str
        Those of ``known_ahead`` that are also given as a share of the series' own mean so far.
    past_only : tuple of str
        Covariates of the panel that are known only once a period is over.

    Raises
    ------
    DataError
        A price is not known ahead, or a name is both known ahead and past only.
    """

    lags: Lags = (1, 2, 3, 4, 5, 6, 7, 8, 13)
    windows: Windows = (4, 8, 13, 26, 52)
    rolling_mean: Windows = ()
    rolling_deviation: Windows = ()
    zeros: Windows = ()
    rolling_min: Windows = ()
    rolling_max: Windows = (13,)
    rolling_quantile: Quantiles = ()
    seasonal_mean: Lags = ()
    exponential_mean: Decays = (0.85,)
    since_last_sale: bool = False
    age: bool = True
    yearly: bool = False
    scale_window: Annotated[int, Ge(1)] = 52
    statics: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    encodings: tuple[str, ...] = ()
    known_ahead: tuple[str, ...] = ()
    prices: tuple[str, ...] = ()
    past_only: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        pairs = tuple((window, level) for window, level in self.rolling_quantile)
        object.__setattr__(self, "rolling_quantile", pairs)  # JSON has lists where settings have tuples
        for name in self.prices:
            if name not in self.known_ahead:
                raise DataError(
                    f"{name} is declared as a price but not as known ahead, and is used at the target. "
                    "Name it in known_ahead too, or in past_only alone."
                )
        for name in self.past_only:
            if name in self.known_ahead:
                raise DataError(
                    f"{name} is declared both as known ahead and as past only; name it in one of the two."
                )
