"""Replay of history: any policy, knowing only what was known then, on what really happened next."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from allocast.demand.panel import DemandPanel
from allocast.errors import DataError
from allocast.forecast.demand_forecast import DemandForecast
from allocast.inventory.costs import Costs
from allocast.inventory.situation import Policy
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray, freeze
from allocast.numerics.checks import require_shape
from allocast.simulation.dynamics import Stock
from allocast.simulation.policy_run import PolicyRun
from allocast.simulation.replay_futures import Futures
from allocast.supply.arrivals import ShareReceived
from allocast.supply.lead_time import LeadTimeDistribution
from allocast.supply.sourcing import Sourcing

__all__ = ["ReplayResult", "World", "replay"]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What happens in a replay, whatever is ordered: the truth that no policy may look at.

    Parameters
    ----------
    known : DemandPanel
        History up to the first decision.
    demand : array of shape (n_series, n_periods), in units
        What is asked for in the periods replayed.
    lead_time : array of int, shape (n_series, n_periods), in periods
        How long an order placed just before each of these periods takes; the same for every policy.
    stock : Stock
        At the first decision, the same for every policy.
    costs : Costs
    sourcing : Sourcing
        One line a series.
    n_decisions : int
        Orders are placed before the first ``n_decisions`` periods; later ones run out.
    delivered_share : array of shape (n_series, n_periods), >= 0, optional
        How much of an order placed just before each period is delivered; all of it by default.
    observed : array of bool, shape (n_series, n_periods), optional
        Where the demand is really known; elsewhere it is not shown to the models as demand.
    sold : array of shape (n_series, n_periods), in units, optional
        What is shown to the models, NaN where nothing is; the demand by default.
    ends : bool
        Whether everything ends with the last period, and policies are told so.
    """

    known: DemandPanel
    demand: FloatArray
    lead_time: IntArray
    stock: Stock
    costs: Costs
    sourcing: Sourcing
    n_decisions: int
    delivered_share: FloatArray | None = None
    observed: BoolArray | None = None
    sold: FloatArray | None = None
    ends: bool = False

    def __post_init__(self) -> None:
        require_shape("lead_time", self.lead_time, self.demand.shape)
        if self.delivered_share is not None:
            require_shape("delivered_share", self.delivered_share, self.demand.shape)
        if self.sold is not None:
            require_shape("sold", self.sold, self.demand.shape)
        if np.isnan(self.demand).any():
            raise DataError("the demand of a replay must be known in every period; fill or shorten it first.")
        if self.lead_time.max(initial=0) >= self.stock.pipeline.shape[1]:
            raise DataError(
                f"the pipeline must be longer than the longest lead time of {self.lead_time.max()} periods; "
                f"it has {self.stock.pipeline.shape[1]}."
            )
        object.__setattr__(self, "demand", freeze(self.demand))

    def revealed(self, period: int) -> tuple[FloatArray, BoolArray]:
        """What is known of one period when it is over: units, and whether they are the demand, shape (n_series, 1)."""
        shown = self.demand if self.sold is None else self.sold
        seen = np.ones(shown.shape, dtype=bool) if self.observed is None else self.observed
        return shown[:, period, None], seen[:, period, None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayResult:
    """What one policy did and what came of it; every array has shape (n_series, n_periods).

    Parameters
    ----------
    policy : str
    ordered, demand, sold, missed, on_hand : in units
    holding_cost, shortage_cost, order_cost : in money
    """

    policy: str
    ordered: FloatArray
    demand: FloatArray
    sold: FloatArray
    missed: FloatArray
    on_hand: FloatArray
    holding_cost: FloatArray
    shortage_cost: FloatArray
    order_cost: FloatArray

    @property
    def cost(self) -> FloatArray:
        """Holding, shortage and order cost, in money, shape (n_series, n_periods)."""
        return self.holding_cost + self.shortage_cost + self.order_cost

    def summary(self, periods: slice = slice(None)) -> dict[str, float]:
        """Totals over some periods: cost and its parts, fill rate, average stock, units ordered.

        The fill rate is the share of demand met from stock at once; what is owed from before is not new demand.
        """
        demand = self.demand[:, periods].sum()
        missed = np.minimum(self.missed, self.demand)[:, periods].sum()
        return {
            "cost": float(self.cost[:, periods].sum()),
            "holding_cost": float(self.holding_cost[:, periods].sum()),
            "shortage_cost": float(self.shortage_cost[:, periods].sum()),
            "order_cost": float(self.order_cost[:, periods].sum()),
            "fill_rate": float(1 - missed / demand) if demand > 0 else 1.0,
            "average_stock": float(self.on_hand[:, periods].sum(axis=0).mean()),
            "ordered": float(self.ordered[:, periods].sum()),
        }


def replay(
    world: World,
    policies: Sequence[Policy],
    *,
    forecast: Callable[[DemandPanel], DemandForecast],
    lead_time: LeadTimeDistribution,
    n_paths: int,
    rng: np.random.Generator,
    share: ShareReceived | None = None,
) -> list[ReplayResult]:
    """Run policies side by side through the same world, from the same stock, on the same scenarios.

    Before each period the history known then is forecast once, futures are drawn from the forecast and the lead
    times, and each policy decides from its own stock. An order has the same luck in the scenarios of every policy that
    has placed one for the series then. Demand that is revealed counts as observed where the world says so, because the
    replay knows what was asked for. Open orders are expected at the lead time they will really have only where
    ``lead_time`` is certain; otherwise their arrival is as uncertain to the policy as it was then.

    Parameters
    ----------
    world : World
    policies : sequence of Policy
    forecast : function of a DemandPanel
        The demand model, trained on nothing later than ``world.known``.
    lead_time : LeadTimeDistribution
        What is believed of a new order's lead time; one row a series.
    n_paths : int
        Scenarios a series.
    rng : Generator
    share : ShareReceived, optional
        What is believed of the share of an order that is delivered; by default all of it.

    Returns
    -------
    results : list of ReplayResult, one a policy
    """
    runs, panel = [PolicyRun(world) for _ in policies], world.known
    for period in range(world.demand.shape[1]):
        if period < world.n_decisions:
            futures = Futures.drawn(world, panel, forecast(panel), lead_time, share, n_paths, rng)
            for policy, run in zip(policies, runs, strict=True):
                wanted = policy.decide(futures.situation(run)).wanted_units
                run.order(world.sourcing.feasible_units(wanted))
        for run in runs:
            run.live_through()
        panel = panel.extended(*world.revealed(period))
    return [_result(policy.name, run) for policy, run in zip(policies, runs, strict=True)]


def _result(name: str, run: PolicyRun) -> ReplayResult:
    def over_periods(flow: str) -> FloatArray:
        return np.stack([getattr(ledger, flow) for ledger in run.ledgers], axis=1)

    return ReplayResult(
        policy=name,
        ordered=run.ordered,
        demand=run.world.demand,
        sold=over_periods("sold"),
        missed=over_periods("missed"),
        on_hand=over_periods("on_hand"),
        holding_cost=over_periods("holding_cost"),
        shortage_cost=over_periods("shortage_cost"),
        order_cost=run.world.costs.order_cost[:, None] * (run.ordered > 0),
    )
