"""A rule of thumb as a demand model: its mean, with quantiles from its own past errors."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from allocast.demand.calendar import next_periods
from allocast.demand.panel import DemandPanel
from allocast.forecast.baselines import MeanRule
from allocast.forecast.calibration import SMALLEST_MEAN, RatioQuantiles
from allocast.forecast.demand_forecast import DemandForecast
from allocast.numerics.arrays import FloatArray

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


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineModel:
    """A mean rule with calibrated quantiles; make one with ``BaselineModel.train``."""

    rule: MeanRule
    of_period: tuple[RatioQuantiles, ...]
    anchors: tuple[int, ...]
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
        anchors: tuple[int, ...],
        levels: tuple[float, ...],
        calibration_periods: int,
    ) -> "BaselineModel":
        """Learn the quantiles of the rule's errors on the last origins.

        Parameters
        ----------
        panel : DemandPanel
        rule : MeanRule
        horizon : int
        anchors, levels : tuples
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
        mean_total, actual_total = np.cumsum(mean, axis=1), np.cumsum(actual, axis=1)
        grid = np.array(levels)
        return cls(
            rule=rule,
            of_period=tuple(RatioQuantiles.learn(mean[:, h], actual[:, h], grid) for h in range(horizon)),
            anchors=anchors,
            of_total=tuple(
                RatioQuantiles.learn(mean_total[:, a - 1], actual_total[:, a - 1], grid) for a in anchors
            ),
        )

    def forecast(self, panel: DemandPanel) -> DemandForecast:
        """The rule's mean as it stands, and the quantiles around it."""
        horizon = len(self.of_period)
        mean = _at_least(self.rule.mean(panel, horizon))
        totals = np.cumsum(mean, axis=1)
        return DemandForecast(
            series=panel.series[["item_id", "location_id"]],
            as_of=panel.as_of,
            periods=next_periods(panel.as_of, horizon, panel.frequency),
            levels=self.of_period[0].levels,
            period_units=np.stack([q.units(mean[:, h]) for h, q in enumerate(self.of_period)], axis=2),
            anchors=np.array(self.anchors, dtype=np.int64),
            total_units=np.stack(
                [q.units(totals[:, a - 1]) for a, q in zip(self.anchors, self.of_total, strict=True)], axis=2
            ),
            mean=mean,
        )


def _at_least(mean: FloatArray) -> FloatArray:
    return np.maximum(mean, SMALLEST_MEAN)
