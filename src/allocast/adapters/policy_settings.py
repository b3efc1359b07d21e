"""The policies that a config can name, each with its settings."""

from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le, Lt
from pydantic import Field, model_validator

from allocast.adapters.settings import Settings
from allocast.inventory.formulas.just_in_time import Conditions
from allocast.inventory.policies import (
    FillRateLevel,
    FixedQuantity,
    JustInTime,
    MinMax,
    MovingAverageCover,
    NeedAndSafety,
    OrderUpTo,
    PeriodicReview,
    Perishable,
    ProjectedNeed,
    ReorderLevels,
    ReorderPoint,
    RuleOfThumb,
    SigmaFormula,
)
from allocast.inventory.situation import Policy

__all__ = [
    "FillRateSettings",
    "FixedQuantitySettings",
    "JustInTimeSettings",
    "MinMaxSettings",
    "MovingAverageCoverSettings",
    "NeedAndSafetySettings",
    "OrderUpToSettings",
    "PeriodicReviewSettings",
    "PerishableSettings",
    "PolicySettings",
    "ProjectedNeedSettings",
    "ReorderLevelsSettings",
    "ReorderPointSettings",
    "RuleOfThumbSettings",
    "SigmaFormulaSettings",
]

Share = Annotated[float, Gt(0), Lt(1)]
Rate = Annotated[float, Ge(0)]


class MovingAverageCoverSettings(Settings):
    """Cover the next periods by a seasonal moving average."""

    kind: Literal["moving_average_cover"]
    window: Annotated[int, Ge(1)] = 13
    cover_periods: Annotated[int, Ge(1)] = 4

    def build(self) -> Policy:
        """The policy."""
        return MovingAverageCover(window=self.window, cover_periods=self.cover_periods)


class MinMaxSettings(Settings):
    """Rule of thumb: up to so many periods of average past demand, where less than so many are there."""

    kind: Literal["min_max"]
    minimum_periods: Rate = 4.0
    """Periods of average demand at or below which an order is placed."""
    maximum_periods: Annotated[float, Gt(0)] = 8.0
    """Periods of average demand that an order fills up to."""
    window: Annotated[int, Ge(1)] = 52
    """Past periods averaged."""

    @model_validator(mode="after")
    def _rises(self) -> "MinMaxSettings":
        if self.maximum_periods <= self.minimum_periods:
            raise ValueError(
                f"maximum_periods must be above minimum_periods; they are {self.maximum_periods:g} and "
                f"{self.minimum_periods:g}."
            )
        return self

    def build(self) -> Policy:
        """The policy."""
        return MinMax(
            minimum_periods=self.minimum_periods, maximum_periods=self.maximum_periods, window=self.window
        )


class RuleOfThumbSettings(Settings):
    """Reorder point and batch from a year's averages, set once before a past window and kept: for comparison."""

    kind: Literal["rule_of_thumb"]
    cycle_service_level: Share = 0.95
    """z of the safety stock z σ is the normal quantile at this level."""
    safety_periods: Rate | None = None
    """Safety stock in periods of mean demand, instead of z σ."""
    batch_periods: Annotated[float, Gt(0)] | None = None
    """The batch in periods of mean demand; by default the economic order quantity."""
    window: Annotated[int, Ge(2)] = 52
    """Past periods whose mean and standard deviation count."""

    def build(self) -> Policy:
        """The policy."""
        return RuleOfThumb(
            cycle_service_level=self.cycle_service_level,
            safety_periods=self.safety_periods,
            batch_periods=self.batch_periods,
            window=self.window,
        )


class OrderUpToSettings(Settings):
    """Raise the position to a quantile of lead-time demand; the critical ratio if no level is given."""

    kind: Literal["order_up_to"]
    cycle_service_level: Share | None = None

    def build(self) -> Policy:
        """The policy."""
        return OrderUpTo(cycle_service_level=self.cycle_service_level)


class SigmaFormulaSettings(Settings):
    """The textbook's mean + z σ, as if lead-time demand were normal: for comparison."""

    kind: Literal["sigma_formula"]
    cycle_service_level: Share | None = None
    window: Annotated[int, Ge(2)] | None = 52
    """Past periods whose mean and standard deviation count; null takes those of the forecast."""

    def build(self) -> Policy:
        """The policy."""
        return SigmaFormula(cycle_service_level=self.cycle_service_level, window=self.window)


class FillRateSettings(Settings):
    """Raise the position to the level at which a share of demand is met from stock."""

    kind: Literal["fill_rate"]
    fill_rate: Share = 0.95

    def build(self) -> Policy:
        """The policy."""
        return FillRateLevel(fill_rate=self.fill_rate)


class PeriodicReviewSettings(Settings):
    """(R, S): order up to a quantile of lead-time demand in every R-th period only."""

    kind: Literal["periodic_review"]
    review_periods: Annotated[int, Ge(1)] = 4
    """R."""
    cycle_service_level: Share | None = None

    def build(self) -> Policy:
        """The policy."""
        return PeriodicReview(
            review_periods=self.review_periods, cycle_service_level=self.cycle_service_level
        )


class ReorderPointSettings(Settings):
    """(s, S) with a batch of the economic order quantity."""

    kind: Literal["reorder_point"]
    cycle_service_level: Share | None = None

    def build(self) -> Policy:
        """The policy."""
        return ReorderPoint(cycle_service_level=self.cycle_service_level)


class ReorderLevelsSettings(Settings):
    """(s, S), the pair that costs least by holding, shortage and order cost."""

    kind: Literal["reorder_levels"]
    steps: Annotated[int, Ge(10)] = 200
    """Large quantities are counted in so many steps at the most."""

    def build(self) -> Policy:
        """The policy."""
        return ReorderLevels(steps=self.steps)


class FixedQuantitySettings(Settings):
    """(R, Q): whole batches below a quantile of lead-time demand."""

    kind: Literal["fixed_quantity"]
    cycle_service_level: Share | None = None
    batch_units: Annotated[float, Ge(1)] | None = None
    """The batch of every series; by default each series' economic order quantity."""

    def build(self) -> Policy:
        """The policy."""
        return FixedQuantity(cycle_service_level=self.cycle_service_level, batch_units=self.batch_units)


class ProjectedNeedSettings(Settings):
    """A quantile of what each path will need when the order arrives."""

    kind: Literal["projected_need"]
    cycle_service_level: Share | None = None
    heeds_end: bool = False
    """Whether the last order before an end (backtest.shape.ends) is at the critical ratio at least."""

    def build(self) -> Policy:
        """The policy."""
        return ProjectedNeed(cycle_service_level=self.cycle_service_level, heeds_end=self.heeds_end)


class NeedAndSafetySettings(Settings):
    """The expected need and a safety stock, in whose size each series' own past has a say."""

    kind: Literal["need_and_safety"]
    cycle_service_level: Share | None = None
    own_share: Annotated[float, Ge(0), Le(1)] = 0.5
    """0 takes the forecast's spread of demand, 1 that of the series' own past."""
    window: Annotated[int, Ge(2)] = 52
    """Past periods of which the own spread is taken."""

    def build(self) -> Policy:
        """The policy."""
        return NeedAndSafety(
            cycle_service_level=self.cycle_service_level, own_share=self.own_share, window=self.window
        )


class PerishableSettings(Settings):
    """For what expires: as much as is worth it, oldest units first."""

    kind: Literal["perishable"]
    shelf_life_periods: Annotated[int, Ge(1)] | None = None
    """Periods in which a unit can be sold, the one in which it arrives included; by default each item's own."""
    waste_cost: Rate | None = None
    """Money per unit that expires; by default what it costs to buy."""

    def build(self) -> Policy:
        """The policy."""
        return Perishable(shelf_life_periods=self.shelf_life_periods, waste_cost=self.waste_cost)


StandIn = Annotated[
    MovingAverageCoverSettings
    | MinMaxSettings
    | RuleOfThumbSettings
    | OrderUpToSettings
    | SigmaFormulaSettings
    | FillRateSettings
    | ReorderPointSettings
    | ReorderLevelsSettings
    | FixedQuantitySettings
    | ProjectedNeedSettings
    | NeedAndSafetySettings,
    Field(discriminator="kind"),
]


class JustInTimeSettings(Settings):
    """Only what circulates, where lead times are short and reliable, demand is smooth and ordering is cheap."""

    kind: Literal["just_in_time"]
    longest_lead_time: Rate = 1.0
    """Periods that nine orders in ten may take at the most."""
    largest_delay: Rate = 0.0
    """Periods by which the slow ones of these may be later than the usual ones."""
    largest_variation: Annotated[float, Gt(0)] = 0.5
    """Standard deviation of a period's demand, as a share of its mean."""
    longest_batch: Annotated[float, Gt(0)] = 2.0
    """Periods that an economic order quantity may last."""
    allowance_share: Rate = 0.1
    """Stock beyond the expected demand, as a share of it."""
    otherwise: StandIn = ProjectedNeedSettings(kind="projected_need")
    """The policy of the series for which one of these does not hold."""

    def build(self) -> Policy:
        """The policy."""
        conditions = Conditions(
            longest_lead_time=self.longest_lead_time,
            largest_delay=self.largest_delay,
            largest_variation=self.largest_variation,
            longest_batch=self.longest_batch,
        )
        return JustInTime(
            conditions=conditions, allowance_share=self.allowance_share, otherwise=self.otherwise.build()
        )


PolicySettings = Annotated[
    MovingAverageCoverSettings
    | MinMaxSettings
    | RuleOfThumbSettings
    | OrderUpToSettings
    | SigmaFormulaSettings
    | FillRateSettings
    | PeriodicReviewSettings
    | ReorderPointSettings
    | ReorderLevelsSettings
    | FixedQuantitySettings
    | ProjectedNeedSettings
    | NeedAndSafetySettings
    | PerishableSettings
    | JustInTimeSettings,
    Field(discriminator="kind"),
]
"""The kind says which policy; its other keys are that policy's own."""
