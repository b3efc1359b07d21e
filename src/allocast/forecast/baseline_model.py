"""A rule of thumb as a demand model: its mean, with quantiles from its own past errors."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from allocast.demand.calendar import next_periods
from allocast.demand.panel import DemandPanel
from allocast.forecast.baselines import MeanRule
from allocast.forecast.calibration.ratio_quantiles import (
    SMALLEST_MEAN,
    RatioQuantiles,
    each_step,
    learn_ratios,
    running_totals,
)
from allocast.forecast.demand_forecast import DemandForecast
from allocast.numerics.arrays import DateArray, FloatArray

__all__ = ["BaselineModel", "ForecastingModel"]


class ForecastingModel(Protocol):
    """Anything that turns a panel into a forecast."""

    @property
    def name(self) -> str:
        """Short name for tables."""
        ...

    def forecast(self, panel: DemandPanel) -> DemandForecast:
        """Distributions of the periods after the panel's last."""
        ...

    def forecasts(self, panel: DemandPanel, origins: DateArray) -> list[DemandForecast]:
        """The forecast that each origin would have seen: that of the panel until there, with shared work done once."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineModel:
    """A mean rule with calibrated quantiles; make one with ``BaselineModel.train``."""

    rule: MeanRule
    of_period: tuple[RatioQuantiles, ...]
    of_total: tuple[RatioQuantiles, ...]

    @property
    def name(self) -> str:
        """The rule's name."""
        return self.rule.name

    @classmethod
    def train(
        cls,
        panel: DemandPanel,
        rule: MeanRule,
        *,
        horizon: int,
        levels: tuple[float, ...],
        calibration_periods: int,
    ) -> "BaselineModel":
        """Learn the quantiles of the rule's errors on the last origins.

        Parameters
        ----------
        panel : DemandPanel
        rule : MeanRule
        horizon : int
        levels : tuple of float
            As for the demand model.
        calibration_periods : int
            How many of the last origins.
        """
        last = len(panel.periods) - 1
        means, actuals = [], []
        demand = np.pad(panel.demand, ((0, 0), (0, horizon)), constant_values=np.nan)
        for origin in range(max(1, last - calibration_periods), last):
            means.append(_at_least(rule.mean(panel.until(panel.periods[origin]), horizon)))
            actuals.append(demand[:, origin + 1 : origin + 1 + horizon])
        mean, actual = np.concatenate(means), np.concatenate(actuals)
        of_period, of_total = learn_ratios(mean, actual, levels)
        return cls(rule=rule, of_period=of_period, of_total=of_total)

    def forecasts(self, panel: DemandPanel, origins: DateArray) -> list[DemandForecast]:
        """The forecast at each origin; a rule has no work to share."""
        return [self.forecast(panel.until(origin)) for origin in origins]

    def forecast(self, panel: DemandPanel) -> DemandForecast:
        """The rule's mean as it stands, and the quantiles around it."""
        horizon = len(self.of_period)
        mean = _at_least(self.rule.mean(panel, horizon))
        return DemandForecast(
            series=panel.series[["item_id", "location_id"]],
            as_of=panel.as_of,
            periods=next_periods(panel.as_of, horizon, panel.frequency),
            levels=self.of_period[0].levels,
            period_units=each_step(self.of_period, mean),
            total_units=running_totals(self.of_total, mean),
            mean=mean,
            whole=panel.whole_units,
        )


def _at_least(mean: FloatArray) -> FloatArray:
    return np.maximum(mean, SMALLEST_MEAN)
