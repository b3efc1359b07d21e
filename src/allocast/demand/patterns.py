"""What kind of demand each series has: its pattern, its weight among all, its age; from observed cells only."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import numpy as np
import pandas as pd
from annotated_types import Ge, Gt, Le

from allocast.demand.ages import age_buckets
from allocast.demand.calendar import Frequency
from allocast.demand.panel import DemandPanel
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray, TextArray
from allocast.numerics.checks import require_at_least

__all__ = [
    "LABELS",
    "Pattern",
    "PatternSettings",
    "abc_classes",
    "demand_patterns",
    "periods_in_year",
    "segments",
]

LABELS = ("abc", "pattern", "age")  # what ``segments`` says of each series
MONTHS = 12


class Pattern(StrEnum):
    """Kinds of demand, by how often and how evenly a series sells."""

    SMOOTH = "smooth"
    ERRATIC = "erratic"
    INTERMITTENT = "intermittent"
    LUMPY = "lumpy"
    NEW = "new"
    DEAD = "dead"
    SEASONAL_ONLY = "seasonal_only"


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternSettings:
    """Where one pattern ends and the next begins.

    Parameters
    ----------
    interval : float, > 1
        Mean periods between sales (ADI) from which demand is intermittent or lumpy.
    variation : float, > 0
        Squared coefficient of variation of what is sold when something is (CV²), from which it is erratic or lumpy.
    new_years : float, > 0
        A series seen for less is new: its other figures say little yet.
    dead_years : float, > 0
        A series without any sale for so long is dead.
    season_months : int, 1 to 11
        A part of the year, in months that follow each other.
    season_share : float in (0, 1]
        A series that sells so much within its best part of the year, year after year, sells in that part only.
    season_sales : int, >= 1
        Periods with a sale that it takes to say so: four sales in a third of the year are still chance.

    References
    ----------
    Syntetos, Boylan and Croston, *On the categorization of demand patterns*, JORS 56 (2005): 1.32 and 0.49.
    """

    interval: Annotated[float, Gt(1)] = 1.32
    variation: Annotated[float, Gt(0)] = 0.49
    new_years: Annotated[float, Gt(0)] = 0.25
    dead_years: Annotated[float, Gt(0)] = 1.0
    season_months: Annotated[int, Ge(1), Le(11)] = 4
    season_share: Annotated[float, Gt(0), Le(1)] = 0.95
    season_sales: Annotated[int, Ge(1)] = 8


def demand_patterns(panel: DemandPanel, settings: PatternSettings | None = None) -> TextArray:
    """The pattern of each series as known at the panel's end, shape (n_series,); one of ``Pattern``.

    New comes before dead, dead before seasonal only, and that before the four patterns by interval and variation.
    A series that has never sold is new until it is dead.

    Parameters
    ----------
    panel : DemandPanel
    settings : PatternSettings, optional

    Notes
    -----
    Linear in cells, all series at once. Periods that were not observed count neither as sales nor as their absence.

    Examples
    --------
    >>> weeks = Frequency.WEEKLY.shifted(np.datetime64("2023-01-02"), np.arange(60))
    >>> units = np.stack([np.full(60, 5.0), np.arange(60) % 4 == 0, np.arange(60) < 5]).astype(float)
    >>> panel = DemandPanel(series=pd.DataFrame(index=range(3)), periods=weeks, frequency=Frequency.WEEKLY,
    ...                     units=units, observed=np.ones(units.shape, dtype=bool))
    >>> demand_patterns(panel).tolist()
    ['smooth', 'intermittent', 'dead']
    """
    limits = settings or PatternSettings()
    demand, year = panel.demand, periods_in_year(panel.frequency)
    age, waited = _age(demand), _since_last_sale(demand)
    interval, variation = _interval_and_variation(demand)
    rarely, unevenly = interval >= limits.interval, variation >= limits.variation
    kinds = (
        (age < limits.new_years * year, Pattern.NEW),
        (waited >= limits.dead_years * year, Pattern.DEAD),
        (np.isinf(interval), Pattern.NEW),
        (_sells_in_season_only(panel, demand, limits), Pattern.SEASONAL_ONLY),
        (rarely & unevenly, Pattern.LUMPY),
        (rarely, Pattern.INTERMITTENT),
        (unevenly, Pattern.ERRATIC),
    )
    return np.select([where for where, _ in kinds], [str(kind) for _, kind in kinds], str(Pattern.SMOOTH))


def abc_classes(value: FloatArray, *, a: float = 0.8, b: float = 0.95) -> TextArray:
    """Class of each series by its share of the whole: A makes up the first part, B the next, C the rest.

    Parameters
    ----------
    value : array of shape (n_series,), >= 0
        Money or units of a series.
    a, b : float, 0 < a < b < 1
        Shares of the total at which A and B end; the series that crosses the line still belongs to it. What is worth
        nothing is C.

    Raises
    ------
    DataError
        A value is missing or negative.

    Examples
    --------
    >>> abc_classes(np.array([1.0, 80.0, 4.0, 15.0, 0.0])).tolist()
    ['C', 'A', 'C', 'B', 'C']
    """
    require_at_least("value", value)
    order = np.argsort(-value, kind="stable")
    before = np.empty(len(value))
    before[order] = np.cumsum(value[order]) - value[order]
    share = before / max(float(value.sum()), np.finfo(np.float64).tiny)
    nothing = value <= 0
    classes: TextArray = np.select([nothing, share < a, share < b], ["C", "A", "B"], "C")
    return classes


def segments(
    panel: DemandPanel, *, value: FloatArray | None = None, settings: PatternSettings | None = None
) -> pd.DataFrame:
    """ABC class, pattern and age bucket of each series as known at the panel's end: a row a series.

    Parameters
    ----------
    panel : DemandPanel
    value : array of shape (n_series,), optional
        What ABC goes by; by default the units observed in the last year.
    settings : PatternSettings, optional
    """
    if value is None:
        value = np.nansum(panel.demand[:, -periods_in_year(panel.frequency) :], axis=1)
    return pd.DataFrame(
        {"abc": abc_classes(value), "pattern": demand_patterns(panel, settings), "age": age_buckets(panel)}
    )


def periods_in_year(frequency: Frequency) -> int:
    """Periods that make a year: 364 days, 52 weeks, 12 months."""
    return {Frequency.DAILY: 364, Frequency.WEEKLY: 52, Frequency.MONTHLY: 12}[frequency]


def _age(demand: FloatArray) -> IntArray:
    """Periods since the first that was observed, itself counted; 0 if none was."""
    seen = ~np.isnan(demand)
    return np.where(seen.any(axis=1), demand.shape[1] - seen.argmax(axis=1), 0)


def _since_last_sale(demand: FloatArray) -> IntArray:
    """Observed periods after the last sale; all of them if there was none."""
    sold_later = np.cumsum((demand > 0)[:, ::-1], axis=1)[:, ::-1] > 0
    waited: IntArray = (~np.isnan(demand) & ~sold_later).sum(axis=1)
    return waited


def _interval_and_variation(demand: FloatArray) -> tuple[FloatArray, FloatArray]:
    """ADI (infinite without a sale) and CV² of the sizes of sales (0 without one)."""
    sold = demand > 0
    n_sales, size = sold.sum(axis=1), np.where(sold, demand, 0.0)
    seen = (~np.isnan(demand)).sum(axis=1).astype(np.float64)
    some = n_sales > 0
    interval = np.divide(seen, n_sales, out=np.full(len(seen), np.inf), where=some)
    mean = np.divide(size.sum(axis=1), n_sales, out=np.ones(len(seen)), where=some)
    spread = np.where(sold, (size - mean[:, None]) ** 2, 0.0).sum(axis=1)
    return interval, np.divide(spread, n_sales * mean**2, out=np.zeros(len(seen)), where=some)


def _sells_in_season_only(panel: DemandPanel, demand: FloatArray, limits: PatternSettings) -> BoolArray:
    """Whether nearly all is sold in one part of the year, in each of two years or more, and the rest was watched."""
    by_month = _sums(np.nan_to_num(demand), _months(panel))
    best = _best_arc(by_month, limits.season_months) >= limits.season_share * by_month.sum(axis=1)
    often = (demand > 0).sum(axis=1) >= limits.season_sales
    watched = (_sums((~np.isnan(demand)).astype(np.float64), _months(panel)) > 0).all(axis=1)
    alone: BoolArray = best & often & watched & (_years_with_sales(panel, demand) >= 2)
    return alone


def _months(panel: DemandPanel) -> IntArray:
    months: IntArray = panel.periods.astype("datetime64[M]").astype(np.int64) % MONTHS
    return months


def _years_with_sales(panel: DemandPanel, demand: FloatArray) -> IntArray:
    """How many of the years that end with the panel have a sale."""
    year = np.arange(len(panel.periods))[::-1] // periods_in_year(panel.frequency)
    found: IntArray = (_sums((demand > 0).astype(np.float64), year, int(year.max()) + 1) > 0).sum(axis=1)
    return found


def _sums(values: FloatArray, group: IntArray, n_groups: int = MONTHS) -> FloatArray:
    """Sums of columns of the same group, shape (n_series, n_groups)."""
    member = np.eye(n_groups)[group]
    sums: FloatArray = values @ member
    return sums


def _best_arc(by_month: FloatArray, width: int) -> FloatArray:
    """The largest sum of months that follow each other around the year."""
    around = np.hstack([by_month, by_month[:, : width - 1]])
    best: FloatArray = np.lib.stride_tricks.sliding_window_view(around, width, axis=1).sum(axis=2).max(axis=1)
    return best
