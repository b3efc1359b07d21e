"""The scenarios that all policies of a replay look at before one period, each from its own stock."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from allocast.demand.panel import DemandPanel
from allocast.forecast.demand_forecast import DemandForecast
from allocast.inventory.position import StockPosition
from allocast.inventory.situation import Scenarios, Situation
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.keyed_uniforms import keyed_uniforms
from allocast.simulation.policy_run import OpenOrders, PolicyRun
from allocast.supply.arrivals import ShareReceived
from allocast.supply.lead_time import LeadTimeDistribution
from allocast.supply.order_fates import sample_shares, series_keys
from allocast.supply.orders.order_features import OrderLines

if TYPE_CHECKING:
    from allocast.simulation.replay import World

__all__ = ["Futures"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Futures:
    """What all policies look at before one period; an order has the same luck whoever has placed it.

    Parameters
    ----------
    world : World
        Of which policies see the costs, the terms and whether it ends.
    panel : DemandPanel
        Known then.
    lead_time, share
        What is believed of new orders.
    demand : array of shape (n_series, n_paths, n_periods), in units
    new_lead_time : array of int, shape (n_series, n_paths), in periods
    seed : int
        Of what orders on their way, and new ones, bring.
    """

    world: "World"
    panel: DemandPanel
    lead_time: LeadTimeDistribution
    share: ShareReceived | None
    demand: FloatArray
    new_lead_time: IntArray
    seed: int

    @classmethod
    def drawn(
        cls,
        world: "World",
        panel: DemandPanel,
        predicted: DemandForecast,
        lead_time: LeadTimeDistribution,
        share: ShareReceived | None,
        n_paths: int,
        rng: np.random.Generator,
    ) -> "Futures":
        """Futures drawn from a forecast."""
        return cls(
            world=world,
            panel=panel,
            lead_time=lead_time,
            share=share,
            demand=predicted.sample_paths(n_paths, rng),
            new_lead_time=lead_time.periods.sample(n_paths, rng),
            seed=int(rng.integers(2**62)),
        )

    def situation(self, run: PolicyRun) -> Situation:
        """What a policy sees from its own stock."""
        world, waiting = self.world, run.open_orders(self.lead_time)
        expected = None if self.share is None else self.share.expected(self._lines())
        position = waiting.position(run.stock, expected)
        return Situation(
            panel=self.panel,
            position=position,
            costs=world.costs,
            sourcing=world.sourcing,
            lead_time=self.lead_time,
            scenarios=Scenarios(
                demand=self.demand,
                arrivals=self._arrivals(waiting, position),
                lead_time=self.new_lead_time,
                delivered_share=self._new_share(),
            ),
            decisions_left=world.n_decisions - run.now if world.ends else None,
        )

    def _arrivals(self, waiting: OpenOrders, position: StockPosition) -> FloatArray:
        _, n_paths, n_periods = self.demand.shape
        uniforms, units = keyed_uniforms(waiting.keys, n_paths, self.seed), None
        if self.share is not None:
            units = waiting.sampled_units(self.share, self._lines(waiting.series), n_paths, self.seed + 1)
        return position.arrivals_at(uniforms, n_periods, units)

    def _new_share(self) -> FloatArray | None:
        """Of an order placed now, shape (n_series, n_paths)."""
        if self.share is None:
            return None
        n_paths, lines = self.demand.shape[1], [self._lines()]
        return sample_shares(
            self.share,
            lines,
            series_keys(self.panel.series),
            n_paths=n_paths,
            n_periods=1,
            seed=self.seed + 2,
        )[:, :, 0, 0]

    def _lines(self, rows: IntArray | None = None) -> OrderLines:
        """The order lines of some series, all by default."""
        sourcing = self.world.sourcing if rows is None else self.world.sourcing.take(rows)
        return OrderLines.of_sourcing(sourcing, self.panel.frequency.end_of(self.panel.as_of))
