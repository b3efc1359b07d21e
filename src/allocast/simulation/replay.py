"""Replay of history: any policy, knowing only what was known then, on what really happened next."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from allocast.demand.panel import DemandPanel
from allocast.errors import DataError
from allocast.forecast.demand_forecast import DemandForecast
from allocast.inventory.costs import Costs
from allocast.inventory.position import StockPosition
from allocast.inventory.situation import Policy, Scenarios, Situation
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray, freeze
from allocast.numerics.checks import require_shape
from allocast.numerics.discrete import DiscreteDistribution
from allocast.simulation.dynamics import Delivery, Ledger, Rates, Rules, Stock, advance, place
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
    delivered_share : array of shape (n_series, n_periods), in [0, 1], optional
        How much of an order placed just before each period is delivered; all of it by default.
    observed : array of bool, shape (n_series, n_periods), optional
        Where the demand is really known; elsewhere it is taken as 0, and not shown to the models as demand.
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
    ends: bool = False

    def __post_init__(self) -> None:
        require_shape("lead_time", self.lead_time, self.demand.shape)
        if self.delivered_share is not None:
            require_shape("delivered_share", self.delivered_share, self.demand.shape)
        if np.isnan(self.demand).any():
            raise DataError("the demand of a replay must be known in every period; fill or shorten it first.")
        if self.lead_time.max(initial=0) >= self.stock.pipeline.shape[1]:
            raise DataError(
                f"the pipeline must be longer than the longest lead time of {self.lead_time.max()} periods; "
                f"it has {self.stock.pipeline.shape[1]}."
            )
        object.__setattr__(self, "demand", freeze(self.demand))


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
) -> list[ReplayResult]:
    """Run policies side by side through the same world, from the same stock, on the same scenarios.

    Before each period the history known then is forecast once, futures are drawn from the forecast and the lead
    times, and each policy decides from its own stock. Demand that is revealed counts as observed, because the
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

    Returns
    -------
    results : list of ReplayResult, one a policy
    """
    n_periods = world.demand.shape[1]
    runs = [_Run(policy.name, world) for policy in policies]
    panel = world.known
    for period in range(n_periods):
        if period < world.n_decisions:
            predicted = forecast(panel)
            demand = predicted.sample_paths(n_paths, rng)
            new_order = lead_time.periods.sample(n_paths, rng)
            arrival_seed = rng.integers(2**63)
            for policy, run in zip(policies, runs, strict=True):
                position = run.position(lead_time)
                arrivals = position.sample_arrivals(
                    n_paths, demand.shape[2], np.random.default_rng(arrival_seed)
                )
                situation = Situation(
                    panel=panel,
                    position=position,
                    costs=world.costs,
                    sourcing=world.sourcing,
                    lead_time=lead_time,
                    scenarios=Scenarios(demand=demand, arrivals=arrivals, lead_time=new_order),
                    decisions_left=world.n_decisions - period if world.ends else None,
                )
                run.order(world.sourcing.feasible_units(policy.decide(situation).wanted_units), period)
        for run in runs:
            run.live_through(period)
        revealed = world.demand[:, period, None]
        seen = (
            np.ones(revealed.shape, dtype=bool) if world.observed is None else world.observed[:, period, None]
        )
        panel = panel.extended(revealed, seen)
    return [run.result() for run in runs]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """Units ordered for every series, due before period ``due``; placed in the replay, or before it (None).

    That less may be delivered shows only when it arrives: until then the policy counts on what was ordered.
    """

    units: FloatArray
    due: IntArray
    placed: int | None

    def waiting(self, now: int, lead_time: LeadTimeDistribution) -> tuple[IntArray, DiscreteDistribution]:
        """Series still waiting, and how long a policy may think they will: certain if placed before the replay."""
        rows = np.flatnonzero((self.units > 0) & (self.due >= now))
        if self.placed is None:
            return rows, DiscreteDistribution.certain(self.due[rows] - now)
        return rows, lead_time.take(rows).remaining(now - self.placed)


class _Run:
    """One policy's way through a world: its stock, its open orders, and what was written down."""

    def __init__(self, name: str, world: World) -> None:
        self.name, self.world, self.stock = name, world, world.stock
        self.rules, self.rates = Rules(waiting_share=float(world.costs.backorders)), Rates.of(world.costs)
        self.ordered = np.zeros(world.demand.shape)
        self.ledgers: list[Ledger] = []
        n_series = len(world.demand)
        self.orders = [
            _Order(units=units, due=np.full(n_series, place), placed=None)
            for place, units in enumerate(world.stock.pipeline.T)
        ]

    def order(self, units: FloatArray, period: int) -> None:
        lead_time = self.world.lead_time[:, period]
        self.ordered[:, period] = units
        self.orders.append(_Order(units=units, due=period + lead_time, placed=period))
        share = 1.0 if self.world.delivered_share is None else self.world.delivered_share[:, period]
        self.stock, _ = place(self.rules, self.stock, units, lead_time, delivery=Delivery(share=share))

    def live_through(self, period: int) -> None:
        self.stock, ledger = advance(self.rules, self.stock, self.world.demand[:, period], self.rates)
        self.ledgers.append(ledger)

    def position(self, lead_time: LeadTimeDistribution) -> StockPosition:
        """The stock position as a policy may see it: open orders arrive as their age lets expect."""
        now = len(self.ledgers)
        waiting = [order.waiting(now, lead_time) for order in self.orders]
        return StockPosition(
            on_hand=self.stock.on_hand,
            backordered=self.stock.backordered,
            open_series=np.concatenate([rows for rows, _ in waiting]),
            open_units=np.concatenate(
                [order.units[rows] for order, (rows, _) in zip(self.orders, waiting, strict=True)]
            ),
            arrival=DiscreteDistribution.stack([arrival for _, arrival in waiting]),
        )

    def result(self) -> ReplayResult:
        def over_periods(name: str) -> FloatArray:
            return np.stack([getattr(ledger, name) for ledger in self.ledgers], axis=1)

        return ReplayResult(
            policy=self.name,
            ordered=self.ordered,
            demand=self.world.demand,
            sold=over_periods("sold"),
            missed=over_periods("missed"),
            on_hand=over_periods("on_hand"),
            holding_cost=over_periods("holding_cost"),
            shortage_cost=over_periods("shortage_cost"),
            order_cost=self.world.costs.order_cost[:, None] * (self.ordered > 0),
        )
