"""How a demand model is trained: the settings, whose defaults are the documentation."""

from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Gt, Le, Lt

from allocast.errors import DataError
from allocast.forecast.feature_settings import FeatureSettings
from allocast.numerics.checks import require_increasing

__all__ = ["DemandModelSettings", "FeatureSettings"]

FEWEST_ORIGINS = 8  # of history before the first origin, and to calibrate on


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandModelSettings:
    """How a demand model is trained.

    Parameters
    ----------
    horizon : int, >= 1
        Periods ahead.
    anchors : tuple of int, one or more, rising, <= horizon
        Horizons whose running total gets quantiles of its own: protection intervals in use.
    levels : tuple of float in (0, 1)
        Levels of the quantiles.
    rounds, leaves, smallest_leaf : int
        Boosting rounds, leaves of a tree, rows in a leaf at least.
    learning_rate, feature_share, row_share : float
    tweedie_power : float in [1, 2)
        Of the mean's likelihood: 1 is Poisson, near 2 is like gamma.
    scale_power : float in [0, 1]
        A row's weight is its series' scale to this power: 0 treats series alike, 1 units alike.
    half_life_periods : float
        A row this much older weighs half as much.
    young_share : float in [0, 1]
        So many further rows, as a share of the largest number, are of copies of series whose history is blanked
        before a random period: from them the model learns to forecast new series. 0 leaves them out.
    first_origin : int
        Periods of history before the first origin that is learned from; fewer where the history is short.
    quantiles : "level_set" or "boosted"
        How quantiles of running totals are made: from what happened to similar predictions, or, at the anchors,
        by boosters of their own. Those are sharper, take about as long again for each anchor, and say too little where
        stock-outs cut much demand short: they learn from totals that were seen whole, each counting alike.
    quantile_rounds, quantile_leaves : int
    quantile_learning_rate : float
        Of those boosters, of which three are averaged.
    calibration_periods : int
        The last origins are kept from first models, whose forecasts of them tell how wide quantiles must be; the
        model that forecasts is then trained on all.
    follows_outcomes : bool
        Whether means and quantiles are corrected by what came of the model's forecasts since the training. Then a
        forecast also looks at how earlier ones did, for some thousand rows; it needs all series in one panel.
    recent_periods : int, >= 0
        At how many last origins since the training they are, with quantiles of slow and fast sellers apart.
    largest_rows : int
        Rows to train on at most, drawn at random.
    threads : int
        0 takes all cores.
    """

    horizon: Annotated[int, Ge(1)] = 8
    anchors: tuple[Annotated[int, Ge(1)], ...] = (3,)
    levels: tuple[Annotated[float, Gt(0), Lt(1)], ...] = (
        0.025,
        0.05,
        0.1,
        0.2,
        0.3,
        0.4,
        0.5,
        0.6,
        0.7,
        0.8,
        0.9,
        0.95,
        0.975,
        0.99,
    )
    rounds: Annotated[int, Ge(1)] = 200
    leaves: Annotated[int, Ge(2)] = 31
    smallest_leaf: Annotated[int, Ge(1)] = 100
    learning_rate: Annotated[float, Gt(0), Le(1)] = 0.07
    feature_share: Annotated[float, Gt(0), Le(1)] = 0.5
    row_share: Annotated[float, Gt(0), Le(1)] = 0.7
    tweedie_power: Annotated[float, Ge(1), Lt(2)] = 1.2
    scale_power: Annotated[float, Ge(0), Le(1)] = 0.75
    young_share: Annotated[float, Ge(0), Le(1)] = 0.1
    half_life_periods: Annotated[float, Gt(0)] = 104.0
    first_origin: Annotated[int, Ge(1)] = 26
    quantiles: Literal["level_set", "boosted"] = "level_set"
    quantile_rounds: Annotated[int, Ge(1)] = 40
    quantile_leaves: Annotated[int, Ge(2)] = 15
    quantile_learning_rate: Annotated[float, Gt(0), Le(1)] = 0.15
    calibration_periods: Annotated[int, Ge(1)] = 26
    follows_outcomes: bool = False
    recent_periods: Annotated[int, Ge(0)] = 10
    largest_rows: Annotated[int, Ge(1000)] = 400_000
    threads: Annotated[int, Ge(0)] = 0
    features: FeatureSettings = field(default_factory=FeatureSettings)

    def __post_init__(self) -> None:
        if not self.anchors or max(self.anchors) > self.horizon:
            raise DataError(
                f"anchors must be one or more within the horizon of {self.horizon}; they are {self.anchors}."
            )
        require_increasing("anchors", np.array(self.anchors))
        self._check_levels()

    def fitted_to(self, n_periods: int) -> "DemandModelSettings":
        """These settings, learning from earlier and calibrating on fewer origins where the history is short.

        Raises
        ------
        DataError
            The history is too short even so.
        """
        room = n_periods - 1 - self.horizon
        wanted = self.first_origin + self.calibration_periods
        if wanted < room:
            return self
        first, calibration = (
            int(part * room / (wanted + 1)) for part in (self.first_origin, self.calibration_periods)
        )
        if min(first, calibration) < FEWEST_ORIGINS:
            raise DataError(
                f"training needs about {self.horizon + 2 * FEWEST_ORIGINS + 3} periods or more (horizon, and "
                f"{FEWEST_ORIGINS} to learn from and to calibrate on); the panel has {n_periods}."
            )
        return replace(self, first_origin=first, calibration_periods=calibration)

    def _check_levels(self) -> None:
        if len(self.levels) < 2:
            raise DataError(
                f"levels must be two or more, or there is no tail to draw from; they are {self.levels}."
            )
        require_increasing("levels", np.array(self.levels))
