"""The expected need and a safety stock, in whose size each series' own past has a say."""

from dataclasses import dataclass

import numpy as np

from allocast.errors import SettingsError
from allocast.inventory.formulas.compound_demand import Moments, moments_over
from allocast.inventory.lead_time_demand import LeadTimeDemand, sample_quantile
from allocast.inventory.policies.order_up_to import service_level
from allocast.inventory.situation import OrderDecision, Situation
from allocast.numerics.arrays import FloatArray

__all__ = ["NeedAndSafety"]

FEWEST = 8  # periods observed, below which a series' own spread says nothing
NARROWEST, WIDEST = 0.2, 5.0  # times the forecast's spread: beyond it the own one is an accident


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedAndSafety:
    """Order what is expected to be needed when the order arrives, and a safety stock beyond it.

    The safety stock is what a quantile of lead-time demand lies above its mean, times (own ÷ forecast) **
    ``own_share``: the standard deviation of lead-time demand by the series' own past beside that of the forecast. A
    model of all series learns how spread demand of a kind is; a series' past shows whether it is steadier or wilder.
    The expected need is the mean of the projected one, as in ``projected_need``.

    The last order before an end is at least at the critical ratio: what it leaves over costs one period's holding,
    while what earlier ones leave over may lie for long.

    Parameters
    ----------
    cycle_service_level : float in (0, 1), optional
        The quantile; by default each series' critical ratio.
    own_share : float in [0, 1]
        0 takes the forecast's spread, 1 the series' own.
    window : int, >= 2
        Past periods whose mean and standard deviation count.

    Raises
    ------
    SettingsError
        A number is out of its range.

    References
    ----------
    Silver, Pyke and Thomas, *Inventory and Production Management in Supply Chains*, 4th ed., chapter 6: safety stock as
    z σ beyond a forecast. The geometric mean of two estimates of σ is ours.
    """

    cycle_service_level: float | None = None
    own_share: float = 0.5
    window: int = 52

    def __post_init__(self) -> None:
        if not 0 <= self.own_share <= 1 or self.window < 2:
            raise SettingsError(
                f"own_share must lie within 0 and 1 and window be >= 2; they are {self.own_share:g} and {self.window}."
            )

    @property
    def name(self) -> str:
        """Name with its service level, and the share where it is not the usual one."""
        share = "" if self.own_share == 0.5 else f", {self.own_share:g}"
        return f"need_and_safety({service_level(self.cycle_service_level)}{share})"

    def decide(self, situation: Situation) -> OrderDecision:
        """Order the expected need and the safety stock, in whole units."""
        through = situation.lead_time_demand()
        service = situation.level_at_end(situation.service_level(self.cycle_service_level))
        beyond = sample_quantile(through.units, service) - through.mean
        need = situation.projected_need().mean(axis=1) + beyond * self._stretch(situation, through)
        wanted = np.rint(np.maximum(need, 0.0))
        level = situation.timely_position() + np.rint(need)
        return OrderDecision(wanted_units=wanted, trigger=level, level=level)

    def _stretch(self, situation: Situation, through: LeadTimeDemand) -> FloatArray:
        """Factor of each series' safety stock, shape (n_series,); 1 where its own past says nothing."""
        past = situation.panel.demand[:, -self.window :]
        periods = Moments.of(situation.lead_time.periods)
        interval = Moments(mean=periods.mean + situation.review_periods, deviation=periods.deviation)
        own, said = moments_over(Moments.observed(past), interval).deviation, through.units.std(axis=1)
        known = (np.isfinite(past).sum(axis=1) >= FEWEST) & (said > 0)
        ratio = np.divide(own, said, out=np.ones_like(own), where=known)
        stretch: FloatArray = np.clip(ratio, NARROWEST, WIDEST) ** self.own_share
        return stretch
