"""All that a policy may look at when it decides, and what it answers."""

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from allocast.demand.panel import DemandPanel
from allocast.errors import DataError
from allocast.inventory.costs import Costs
from allocast.inventory.lead_time_demand import LeadTimeDemand, lead_time_demand, projected_need
from allocast.inventory.position import StockPosition
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray, freeze
from allocast.numerics.checks import require_at_least, require_same_length, require_shape
from allocast.supply.lead_time import LeadTimeDistribution
from allocast.supply.sourcing import Sourcing

__all__ = ["OrderDecision", "Policy", "Scenarios", "Situation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenarios:
    """Joint futures of each series: what is asked for, what arrives, how long a new order takes.

    Every policy that is compared looks at the same ones (common random numbers).

    Parameters
    ----------
    demand, arrivals : arrays of shape (n_series, n_paths, n_periods), in units
    lead_time : array of int, shape (n_series, n_paths), in periods
    delivered_share : array of shape (n_series, n_paths), >= 0, optional
        Of a new order that is delivered; all of it by default.
    """

    demand: FloatArray
    arrivals: FloatArray
    lead_time: IntArray
    delivered_share: FloatArray | None = None

    def __post_init__(self) -> None:
        require_shape("arrivals", self.arrivals, self.demand.shape)
        require_shape("lead_time", self.lead_time, self.demand.shape[:2])
        if self.delivered_share is not None:
            require_shape("delivered_share", self.delivered_share, self.demand.shape[:2])
            require_at_least("delivered_share", self.delivered_share)
            object.__setattr__(self, "delivered_share", freeze(self.delivered_share))
        if self.lead_time.max(initial=0) >= self.demand.shape[2]:
            raise DataError(
                f"scenarios must reach beyond the longest lead time of {self.lead_time.max()} periods; "
                f"they have {self.demand.shape[2]}. Forecast further ahead."
            )
        for name in ("demand", "arrivals", "lead_time"):
            object.__setattr__(self, name, freeze(getattr(self, name)))

    def take(self, rows: IntArray) -> "Scenarios":
        """Those of some series, in the order given."""
        share = self.delivered_share
        return Scenarios(
            demand=self.demand[rows],
            arrivals=self.arrivals[rows],
            lead_time=self.lead_time[rows],
            delivered_share=None if share is None else share[rows],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What is known at the end of a period, row ``i`` of everything being series ``i`` of the panel.

    Parameters
    ----------
    panel : DemandPanel
        History up to and including the period just ended.
    position : StockPosition
    costs : Costs
    sourcing : Sourcing
        One line a series: the supplier an order would go to.
    lead_time : LeadTimeDistribution
        Of a new order on that line.
    scenarios : Scenarios
        Sampled from the demand forecast and the lead times.
    review_periods : int, >= 1
        Periods from this decision to the next.
    decisions_left : int, >= 1, optional
        Where everything ends (a season, a contest): decisions until then, this one included.
    service_target : array of shape (n_series,), in (0, 1), optional
        Cycle service levels that were set for single series, NaN for the others; they beat the policy's own.
    approved_units : array of shape (n_series,), in units, optional
        Of what is on order: approved, and not placed yet; none by default.
    doubts : tuple of str, of n_series or none
        Where forecast or lead time rest on little: on what; empty where they do not.
    """

    panel: DemandPanel
    position: StockPosition
    costs: Costs
    sourcing: Sourcing
    lead_time: LeadTimeDistribution
    scenarios: Scenarios
    review_periods: int = 1
    decisions_left: int | None = None
    service_target: FloatArray | None = None
    approved_units: FloatArray | None = None
    doubts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("service_target", "approved_units"):
            if (given := getattr(self, name)) is not None:
                require_shape(name, given, (self.panel.n_series,))
                object.__setattr__(self, name, freeze(given))
        require_same_length(
            series=self.panel.units,
            on_hand=self.position.on_hand,
            holding_cost=self.costs.holding_cost,
            sourcing=self.sourcing.item_id,
            scenarios=self.scenarios.demand,
        )

    def take(self, rows: IntArray) -> "Situation":
        """What is known of some series, each once, in the order given."""
        return replace(
            self,
            panel=self.panel.take(rows),
            position=self.position.take(rows),
            costs=self.costs.take(rows),
            sourcing=self.sourcing.take(rows),
            lead_time=self.lead_time.take(rows),
            scenarios=self.scenarios.take(rows),
            service_target=None if self.service_target is None else self.service_target[rows],
            approved_units=None if self.approved_units is None else self.approved_units[rows],
            doubts=tuple(self.doubts[row] for row in rows) if self.doubts else (),
        )

    def late_units(self, review_periods: int | None = None) -> FloatArray:
        """Units on order that probably come after the protection interval, shape (n_series,).

        They cannot serve what an order placed now is for: the demand until the next one can be there. What is placed
        on the same terms as a new order comes before it more often than not, and is never late.

        Parameters
        ----------
        review_periods : int, >= 1, optional
            By default the situation's own.
        """
        position, review = self.position, review_periods or self.review_periods
        chance = self.lead_time.periods.probability[position.open_series]
        there = position.arrival.cumulative
        last = np.minimum(np.arange(chance.shape[1]) + review - 1, there.shape[1] - 1)
        in_time = (chance * there[:, last]).sum(axis=1)
        late = np.where(in_time < 0.5 - 1e-9, position.open_units, 0.0)
        units = np.bincount(position.open_series, weights=late, minlength=self.panel.n_series)
        return units.astype(np.float64)

    def timely_position(self, review_periods: int | None = None) -> FloatArray:
        """The inventory position without what comes late, shape (n_series,): what a policy compares with its trigger.

        A delivery that is far off hides no stock-out before it. See `late_units`.
        """
        return self.position.units - self.late_units(review_periods)

    def lead_time_demand(self) -> LeadTimeDemand:
        """Demand over the protection interval, from the scenarios."""
        return lead_time_demand(
            self.scenarios.demand, self.scenarios.lead_time, review_periods=self.review_periods
        )

    def projected_need(self) -> FloatArray:
        """Units a new order should bring, path by path, shape (n_series, n_paths); see `projected_need`."""
        return projected_need(
            self.scenarios.demand,
            self.scenarios.arrivals,
            self.position.on_hand,
            self.scenarios.lead_time,
            backordered=self.position.backordered,
            backorders=self.costs.backorders,
            review_periods=self.review_periods,
        )

    def service_level(self, level: float | None) -> FloatArray:
        """One service level for all series, or each series' critical ratio if none is given; targets beat both."""
        own = self.costs.critical_ratio if level is None else np.full(self.panel.n_series, level)
        if self.service_target is None:
            return own
        return np.where(np.isnan(self.service_target), own, self.service_target)

    def level_at_end(self, service: FloatArray) -> FloatArray:
        """Service levels, in the last decision before an end the critical ratio at least, shape (n_series,).

        What the last order leaves over costs one period's holding, as the critical ratio has it; what earlier ones
        leave over may lie for long, so that levels below it cost less.
        """
        return np.maximum(service, self.costs.critical_ratio) if self.decisions_left == 1 else service


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDecision:
    """What a policy wants, before packs and minimum orders.

    Parameters
    ----------
    wanted_units : array of shape (n_series,), in units, >= 0
    trigger : array of shape (n_series,), in units
        The policy orders where the inventory position is below this.
    level : array of shape (n_series,), in units
        The position that the order is meant to reach.
    notes : tuple of str, of n_series or none
        A sentence on how each was decided; empty where the numbers say all.
    decided_by : tuple of str, of n_series or none
        Name of the policy that decided each, where a policy leaves some to another.
    next_review : int or array of int, shape (n_series,), in periods, >= 0
        How long the policy waits until it orders at all; 0 where it decides now.
    """

    wanted_units: FloatArray
    trigger: FloatArray
    level: FloatArray
    notes: tuple[str, ...] = ()
    decided_by: tuple[str, ...] = ()
    next_review: int | IntArray = 0

    @classmethod
    def up_to(
        cls, level: FloatArray, position: FloatArray, trigger: FloatArray | None = None
    ) -> "OrderDecision":
        """Order up to a level wherever the position is below the trigger (the level itself, if none is given)."""
        trigger = level if trigger is None else trigger
        wanted = np.where(position < trigger, np.maximum(level - position, 0.0), 0.0)
        return cls(wanted_units=wanted, trigger=trigger, level=level)

    def where(self, rows: BoolArray, other: "OrderDecision") -> "OrderDecision":
        """Another decision in some rows, this one elsewhere; without notes."""
        return OrderDecision(
            wanted_units=np.where(rows, other.wanted_units, self.wanted_units),
            trigger=np.where(rows, other.trigger, self.trigger),
            level=np.where(rows, other.level, self.level),
        )


class Policy(Protocol):
    """A rule from situation to order units: classical or learned, judged by the same code."""

    @property
    def name(self) -> str:
        """A short name for tables and lineage, with the settings that matter: ``order_up_to(0.90)``."""
        ...

    def decide(self, situation: Situation) -> OrderDecision:
        """What to order now, for each series."""
        ...
