"""Other futures of one demo world: the same history, the same laws, other luck."""

from dataclasses import replace

import numpy as np
from scipy.special import ndtr

from allocast.numerics.arrays import FloatArray, IntArray
from allocast.simulation.demo_demand import SHOCK_SHARE, DemandTruth, demand_at
from allocast.simulation.demo_supply import Deliveries, SupplierTruth, SupplyLines
from allocast.simulation.demo_world import DemoTruth
from allocast.simulation.dynamics import Stock

__all__ = ["another_future"]


def another_future(truth: DemoTruth, known: int, rng: np.random.Generator) -> DemoTruth:
    """What could as well have come after the history: demand and deliveries drawn anew from their true laws.

    The common shocks go on from where the history left them. Orders that are open when the history ends arrive as in
    the given future; of later ones only those of the main line are drawn.

    Parameters
    ----------
    truth : DemoTruth
        Of n_all periods.
    known : int, in 1 … n_all
        How many periods are history, and stay.
    rng : Generator

    Returns
    -------
    truth : DemoTruth
        Its demand after the history, and the fate of orders placed from the end of the history on, are others.
    """
    deliveries = _deliveries(truth, known - 1, rng)
    return replace(
        truth,
        demand=_demand(truth.demand, known, rng),
        main=replace(truth.main, deliveries=deliveries),
        stock=_with_room(truth.stock, int(deliveries.lead_time.max())),
    )


def _demand(demand: DemandTruth, known: int, rng: np.random.Generator) -> DemandTruth:
    shock, keep = demand.shock.copy(), demand.persistence
    _, first, group = np.unique(shock, axis=0, return_index=True, return_inverse=True)
    fresh = rng.standard_normal((len(first), shock.shape[1] - known))[group.ravel()]
    for period in range(known, shock.shape[1]):
        shock[:, period] = keep * shock[:, period - 1] + np.sqrt(1 - keep**2) * fresh[:, period - known]
    noise = rng.standard_normal(fresh.shape)
    score = np.sqrt(SHOCK_SHARE) * shock[:, known:] + np.sqrt(1 - SHOCK_SHARE) * noise
    to_come = demand_at(ndtr(score), demand.expected[:, known:], demand.occurrence, demand.dispersion)
    return replace(demand, shock=shock, units=np.hstack([demand.units[:, :known], to_come]))


def _deliveries(truth: DemoTruth, first: int, rng: np.random.Generator) -> Deliveries:
    """Those of orders placed at the end of period ``first`` and later drawn anew."""
    line, before = truth.main, truth.main.deliveries
    ordered_on = truth.periods[first:] + np.timedelta64(before.period_days - 1, "D")
    days = truth.suppliers.draw_days(ordered_on, rng)[line.supplier, _location(line)]
    return replace(
        before,
        days=np.hstack([before.days[:, :first], days]),
        share=np.hstack([before.share[:, :first], _shares(truth.suppliers, line, days.shape, rng)]),
    )


def _shares(
    suppliers: SupplierTruth, line: SupplyLines, shape: tuple[int, ...], rng: np.random.Generator
) -> FloatArray:
    partial = rng.random(shape) < suppliers.partial_probability[line.supplier, None]
    share: FloatArray = np.where(partial, 0.5 + 0.45 * rng.random(shape), 1.0)
    return share


def _location(line: SupplyLines) -> IntArray:
    """Row of each series' location: every item is kept at every location, in one order."""
    location = line.terms.location_id
    return np.arange(len(location)) % len(np.unique(location))


def _with_room(stock: Stock, longest: int) -> Stock:
    """The same stock, with room for orders that take so many periods."""
    more = max(longest + 1 - stock.pipeline.shape[1], 0)
    return replace(stock, pipeline=np.pad(stock.pipeline, ((0, 0), (0, more))))
