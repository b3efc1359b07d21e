"""What was foreseen before each period of a world's futures, where it does not follow from the futures themselves."""

from dataclasses import dataclass, fields

import numpy as np

from allocast.agents.worlds.actions import QUANTILE_LEVELS
from allocast.agents.worlds.cover import ARRIVAL_PERIODS
from allocast.agents.worlds.recent_demand import RECENT_NAMES
from allocast.numerics.arrays import FloatArray, freeze
from allocast.numerics.checks import require_at_least, require_shape

__all__ = ["Foreseen"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """Forecasts of demand as they were before each period, by the models of that time.

    Parameters
    ----------
    mean : array of shape (n_series, n_moments), in units
        Of demand over the protection interval.
    quantiles : array of shape (n_series, n_moments, len(QUANTILE_LEVELS)), in units
        Of the same.
    coming : array of shape (n_series, n_moments, ARRIVAL_PERIODS), in units
        Expected demand of the next 1, 2, … periods together.
    recent : array of shape (n_series, n_moments, len(RECENT_NAMES))
        From ``recent_demand``.
    """

    mean: FloatArray
    quantiles: FloatArray
    coming: FloatArray
    recent: FloatArray

    def __post_init__(self) -> None:
        for field in fields(self):
            object.__setattr__(
                self, field.name, freeze(np.asarray(getattr(self, field.name), dtype=np.float64))
            )
        shape = self.mean.shape
        require_shape("quantiles", self.quantiles, (*shape, len(QUANTILE_LEVELS)))
        require_shape("coming", self.coming, (*shape, ARRIVAL_PERIODS))
        require_shape("recent", self.recent, (*shape, len(RECENT_NAMES)))
        for name in ("mean", "quantiles", "coming"):
            require_at_least(name, getattr(self, name))
