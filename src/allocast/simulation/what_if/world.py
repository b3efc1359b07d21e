"""Some series of a changed situation on all their paths: what a policy sees at each period, and what comes of it."""

from dataclasses import dataclass, replace

import numpy as np

from allocast.demand.panel import DemandPanel
from allocast.errors import DataError
from allocast.inventory.position import StockPosition
from allocast.inventory.situation import OrderDecision, Policy, Scenarios, Situation
from allocast.numerics.arrays import FloatArray, IntArray
from allocast.simulation.dynamics import Rates, Terms
from allocast.simulation.what_if.kernels import BOOK, as_expected, order_kernel, period_kernel
from allocast.simulation.what_if.purse import Claim

__all__ = ["World"]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Stock and open orders of each series on each path; the arrays change as periods pass.

    Parameters
    ----------
    start : Situation
        Today's, changed and prolonged.
    width : int, in periods
        How far a policy looks ahead.
    on_hand, owed, coming : arrays of shape (n_series, n_paths), in units
    pipeline : array of shape (n_series, n_paths, n_periods), in units
        Column ``k`` arrives at the start of the ``k``-th period from today.
    expected_pipeline, expected_demand : arrays of shape (n_series, n_periods), in units
        Means over paths.
    book : array of shape (n_periods played, len(BOOK), n_paths)
    """

    start: Situation
    width: int
    on_hand: FloatArray
    owed: FloatArray
    coming: FloatArray
    pipeline: FloatArray
    expected_pipeline: FloatArray
    expected_demand: FloatArray
    book: FloatArray

    @classmethod
    def of(cls, start: Situation, n_periods: int) -> "World":
        """The world before the first period."""
        scenarios, shape = start.scenarios, start.scenarios.demand.shape
        pipeline = scenarios.arrivals.copy()
        return cls(
            start=start,
            width=shape[2] - n_periods,
            on_hand=np.repeat(start.position.on_hand[:, None], shape[1], axis=1),
            owed=np.repeat(start.position.backordered[:, None], shape[1], axis=1),
            coming=pipeline.sum(axis=2),
            pipeline=pipeline,
            expected_pipeline=pipeline.mean(axis=1),
            expected_demand=scenarios.demand[:, :, :n_periods].mean(axis=1),
            book=np.zeros((n_periods, len(BOOK), shape[1])),
        )

    def seen(self, now: int) -> Situation:
        """What a policy looks at before a period: expected stock, and today's paths from then on."""
        ahead = slice(now, now + self.width)
        scenarios = self.start.scenarios
        window = Scenarios(
            demand=scenarios.demand[:, :, ahead],
            arrivals=self.pipeline[:, :, ahead] if now == 0 else self._arrivals(ahead),
            lead_time=scenarios.lead_time,
            delivered_share=scenarios.delivered_share,
        )
        if now == 0:
            return replace(self.start, scenarios=window)
        return replace(
            self.start, panel=self._panel(now), position=self._expected_position(ahead), scenarios=window
        )

    def wanted(self, policy: Policy, now: int) -> FloatArray:
        """Orders before a period that the suppliers accept, shape (n_series, n_paths), in units."""
        return self._orders(policy, now, self.seen(now))

    def claim(self, policy: Policy, now: int) -> Claim:
        """What the series ask of a purse for their orders before a period."""
        situation = self.seen(now)
        units = self._orders(policy, now, situation)
        return Claim.of(situation, units, self.position, _per_unit(self.start)[:, 0])

    def _orders(self, policy: Policy, now: int, situation: Situation) -> FloatArray:
        if now % situation.review_periods:
            return np.zeros(self.on_hand.shape)
        decision = policy.decide(situation)
        if now == 0:
            units = self.start.sourcing.feasible_units(decision.wanted_units)
            return np.repeat(units[:, None], self.on_hand.shape[1], axis=1)
        return self._by_rule(decision, situation)

    @property
    def position(self) -> FloatArray:
        """On hand + on order − owed on each path, shape (n_series, n_paths), in units."""
        return self.on_hand + self.coming - self.owed

    def live_through(self, now: int, units: FloatArray, luck: IntArray) -> None:
        """Place orders and let a period pass.

        Parameters
        ----------
        now : int
        units : array of shape (n_series, n_paths)
        luck : array of int, shape (n_paths,)
            Whose lead time and delivered share the orders of this period have on each path.
        """
        scenarios, start = self.start.scenarios, self.start
        lead_time = np.ascontiguousarray(scenarios.lead_time[:, luck])
        delivered = scenarios.delivered_share
        share = np.ones(units.shape) if delivered is None else np.ascontiguousarray(delivered[:, luck])
        bad = period_kernel(waits=start.costs.backorders)(
            now, self.on_hand, self.owed, self.coming, self.pipeline, self.expected_pipeline,
            scenarios.demand, units, lead_time, share, Rates.of(start.costs).table, start.costs.order_cost,
            _per_unit(start), self.book[now],
        )  # fmt: skip
        if bad >= 0:
            raise DataError(f"an order of series {bad} arrives beyond the paths; forecast further ahead.")

    def _by_rule(self, decision: OrderDecision, situation: Situation) -> FloatArray:
        """Level and trigger of the expected stock, applied to the stock of each path."""
        expected, wanted = situation.position.units, decision.wanted_units
        beside = np.where(
            wanted > 0, np.rint(expected + wanted - decision.level), 0.0
        )  # units it does not count
        level, trigger = decision.level + beside, decision.trigger + beside
        due = (wanted > 0) | (expected >= trigger)  # wants nothing though it is below: no order is due
        due &= np.asarray(decision.next_review) == 0
        units = np.empty(self.on_hand.shape)
        order_kernel()(level, trigger, due, self.position, Terms.of(self.start.sourcing).table, units)
        return units

    def _arrivals(self, ahead: slice) -> FloatArray:
        """The expected units on order, arriving when those of each path do, shape (n_series, n_paths, width)."""
        arrivals = np.empty((*self.on_hand.shape, self.width))
        as_expected(self.pipeline, self.expected_pipeline, ahead.start, arrivals)
        return arrivals

    def _panel(self, now: int) -> DemandPanel:
        mean = self.expected_demand[:, :now]
        return self.start.panel.extended(mean, np.ones(mean.shape, dtype=bool))

    def _expected_position(self, ahead: slice) -> StockPosition:
        return StockPosition.from_pipeline(
            self.on_hand.mean(axis=1), self.expected_pipeline[:, ahead], self.owed.mean(axis=1)
        )


def _per_unit(situation: Situation) -> FloatArray:
    """Price, worth in stock, kg of CO2e, and whether that is known, of a unit of each series, shape (n_series, 4)."""
    lines, own = situation.sourcing, situation.costs.unit_cost
    price = np.where(np.isnan(lines.unit_cost), own, lines.unit_cost)
    emitted = lines.co2e_kg_per_unit
    return np.column_stack([price, np.where(own > 0, own, price), np.nan_to_num(emitted), ~np.isnan(emitted)])
