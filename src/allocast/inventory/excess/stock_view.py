"""What a review of stock looks at: stock and futures of each series, whether or not anybody can deliver it."""

from dataclasses import dataclass

import numpy as np

from allocast.demand.panel import DemandPanel
from allocast.inventory.position import StockPosition
from allocast.inventory.situation import Situation
from allocast.numerics.arrays import FloatArray, IntArray, freeze
from allocast.numerics.checks import require_same_length, require_shape

__all__ = ["StockView"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StockView:
    """Row ``i`` of everything is series ``i`` of the panel.

    Parameters
    ----------
    panel : DemandPanel
        History up to the period just ended.
    position : StockPosition
    demand, arrivals : arrays of shape (n_series, n_paths, n_periods), in units
    lead_time : array of int, shape (n_series, n_paths), in periods
        Of an order placed now; the whole horizon where nobody delivers.
    review_periods : int, >= 1
    holding_cost : array of shape (n_series,), money per unit and period, >= 0
    unit_cost, price : arrays of shape (n_series,), money per unit
        NaN where not known.
    shelf_life : array of shape (n_series,), in periods
        Infinite for what does not perish.
    """

    panel: DemandPanel
    position: StockPosition
    demand: FloatArray
    arrivals: FloatArray
    lead_time: IntArray
    review_periods: int
    holding_cost: FloatArray
    unit_cost: FloatArray
    price: FloatArray
    shelf_life: FloatArray

    def __post_init__(self) -> None:
        require_shape("arrivals", self.arrivals, self.demand.shape)
        require_shape("lead_time", self.lead_time, self.demand.shape[:2])
        numbers = ("holding_cost", "unit_cost", "price", "shelf_life")
        require_same_length(
            series=self.panel.units,
            on_hand=self.position.on_hand,
            demand=self.demand,
            **{name: getattr(self, name) for name in numbers},
        )
        for name in ("demand", "arrivals", "lead_time", *numbers):
            object.__setattr__(self, name, freeze(getattr(self, name)))

    @classmethod
    def of(
        cls, situation: Situation, *, price: FloatArray | None = None, shelf_life: FloatArray | None = None
    ) -> "StockView":
        """The view of a situation; unit costs of the series, else of their sourcing lines.

        Parameters
        ----------
        situation : Situation
        price : array of shape (n_series,), money per unit, optional
        shelf_life : array of shape (n_series,), in periods, optional
        """
        n, own = situation.panel.n_series, situation.costs.unit_cost
        return cls(
            panel=situation.panel,
            position=situation.position,
            demand=situation.scenarios.demand,
            arrivals=situation.scenarios.arrivals,
            lead_time=situation.scenarios.lead_time,
            review_periods=situation.review_periods,
            holding_cost=situation.costs.holding_cost,
            unit_cost=np.where(own > 0, own, situation.sourcing.unit_cost),
            price=np.full(n, np.nan) if price is None else price,
            shelf_life=np.full(n, np.inf) if shelf_life is None else shelf_life,
        )

    def periods_of_supply(self, units: FloatArray) -> FloatArray:
        """Periods that units last at the expected demand; beyond the horizon at its average; infinite without demand.

        Parameters
        ----------
        units : array of shape (n_series, ...), in units, >= 0

        Returns
        -------
        periods : array of the same shape
        """
        expected = self.demand.mean(axis=1)
        total = np.concatenate([np.zeros((len(expected), 1)), np.cumsum(expected, axis=1)], axis=1)
        wanted = np.asarray(units, dtype=np.float64).reshape(len(expected), -1)
        horizon = expected.shape[1]
        whole = np.minimum((total[:, None, 1:] < wanted[:, :, None]).sum(axis=2), horizon)
        before = np.take_along_axis(total, whole, axis=1)
        rates = np.concatenate([expected, expected.mean(axis=1, keepdims=True)], axis=1)
        rate = np.take_along_axis(rates, whole, axis=1)
        rest = np.divide(wanted - before, rate, out=np.full_like(wanted, np.inf), where=rate > 0)
        return np.where(wanted > 0, whole + rest, 0.0).reshape(np.shape(units))
