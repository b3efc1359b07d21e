"""The segments of every series in one table: what rules can ask for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

import numpy as np
import pandas as pd
from annotated_types import Ge, Gt, Lt

from allocast.demand.ages import age_buckets
from allocast.demand.panel import DemandPanel
from allocast.demand.patterns import PatternSettings, abc_classes, demand_patterns, periods_in_year
from allocast.errors import SettingsError
from allocast.inventory.segments.classes import (
    NOT_SAID,
    USUAL_MATRIX,
    demand_variation,
    importance_classes,
    xyz_classes,
)
from allocast.inventory.segments.vulnerability import VulnerabilitySettings
from allocast.numerics.arrays import FloatArray, TextArray

__all__ = ["SEGMENTS", "SERIES", "SegmentSettings", "annual_value", "segment_table"]

SERIES = ["item_id", "location_id"]
SEGMENTS = ("abc", "xyz", "pattern", "age", "criticality", "importance", "vulnerability")
"""Labels that every series has, whatever attributes it was brought with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentSettings:
    """Where one segment ends and the next begins.

    Parameters
    ----------
    a, b : float, 0 < a < b < 1
        Shares of the year's value at which classes A and B end.
    xyz_by : {"variation", "backtest_error"}
        What forecastability is taken from: deviation ÷ mean of demand, or the relative error of the demand model's own
        forecasts of past windows (which trains a model for each).
    x, y : float, 0 < x < y
        Limits of classes X and Y in that figure.
    variation_periods : int, >= 2
        Periods that demand's variation is taken over.
    criticality_column : str
        Attribute of items or locations that says how critical a series is.
    matrix : mapping of criticality to mapping of ABC class to importance
        The row ``not said`` is for series without criticality.
    vulnerability : VulnerabilitySettings
    pattern : PatternSettings

    Raises
    ------
    SettingsError
        Limits are not in order.
    """

    a: Annotated[float, Gt(0), Lt(1)] = 0.8
    b: Annotated[float, Gt(0), Lt(1)] = 0.95
    xyz_by: Literal["variation", "backtest_error"] = "variation"
    x: Annotated[float, Gt(0)] = 0.5
    y: Annotated[float, Gt(0)] = 1.0
    variation_periods: Annotated[int, Ge(2)] = 52
    criticality_column: str = "criticality"
    matrix: Mapping[str, Mapping[str, str]] = field(
        default_factory=lambda: {row: dict(cells) for row, cells in USUAL_MATRIX.items()}
    )
    vulnerability: VulnerabilitySettings = field(default_factory=VulnerabilitySettings)
    pattern: PatternSettings = field(default_factory=PatternSettings)

    def __post_init__(self) -> None:
        for low, high in (("a", "b"), ("x", "y")):
            if not getattr(self, low) < getattr(self, high):
                raise SettingsError(
                    f"{high} must be > {low}; they are {getattr(self, high):g} and {getattr(self, low):g}."
                )


def annual_value(panel: DemandPanel, unit_cost: FloatArray) -> FloatArray:
    """Money of the units observed in the last year, at cost, shape (n_series,); NaN costs count as 0."""
    units = np.nansum(panel.demand[:, -periods_in_year(panel.frequency) :], axis=1)
    value: FloatArray = units * np.nan_to_num(unit_cost)
    return value


def segment_table(
    panel: DemandPanel,
    *,
    value: FloatArray,
    supply: pd.DataFrame,
    error: FloatArray | None = None,
    settings: SegmentSettings | None = None,
) -> pd.DataFrame:
    """Segments of each series as known at the panel's end, with the figures behind them.

    Parameters
    ----------
    panel : DemandPanel
    value : array of shape (n_series,), >= 0
        Money a year, which ABC goes by.
    supply : DataFrame
        As `vulnerability` gives it, a row a series.
    error : array of shape (n_series,), optional
        Relative forecast error, which XYZ goes by; by default demand's variation.
    settings : SegmentSettings, optional

    Returns
    -------
    table : DataFrame, one row a series, in the panel's order
        ``item_id``, ``location_id``, the labels ``SEGMENTS``; ``annual_value``, ``xyz_figure``; the columns of
        ``supply``; then the series' own attributes.
    """
    settings = settings or SegmentSettings()
    figure = demand_variation(panel, settings.variation_periods) if error is None else error
    abc = abc_classes(value, a=settings.a, b=settings.b)
    criticality = _criticality(panel.series, settings.criticality_column)
    own = panel.series.reset_index(drop=True)
    table = own[SERIES].assign(
        abc=abc,
        xyz=xyz_classes(figure, x=settings.x, y=settings.y),
        pattern=demand_patterns(panel, settings.pattern),
        age=age_buckets(panel),
        criticality=criticality,
        importance=importance_classes(criticality, abc, settings.matrix),
        vulnerability=supply["vulnerability"].to_numpy(),
        annual_value=value,
        xyz_figure=figure,
    )
    beside = [supply.drop(columns="vulnerability").reset_index(drop=True)]
    beside.append(own[[name for name in own if name not in table and name not in beside[0]]])
    return pd.concat([table, *beside], axis=1)


def _criticality(series: pd.DataFrame, column: str) -> TextArray:
    if column not in series:
        return np.full(len(series), NOT_SAID, dtype=object)
    said: TextArray = (
        series[column].astype(object).where(series[column].notna(), NOT_SAID).astype(str).to_numpy(object)
    )
    return said
