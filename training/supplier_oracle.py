"""The best forecast that the laws of a generated world allow of a supplier with few orders: a line to compare with.

It knows all that a model has to learn: what is usual for each order, what suppliers of a country have in common,
and how suppliers differ, drift and quote (the very generator draws its candidates). What it does not know is which
of them a supplier is. Candidates weigh by the likelihood of what was seen of the supplier: quotes, days of receipts,
and how long open orders have waited. The mean of their curves minimises the expected CRPS (Bayes), so that what it
exceeds the truth by cannot be undercut on average.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr

from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.streams import stream
from training.supplier_world import (
    FIRST_DAY,
    QUOTE_SPREAD,
    SupplierTraits,
    SupplierWorld,
    WorldSettings,
    draw_suppliers,
    lead_time_truth,
)

__all__ = ["oracle_curves"]

CANDIDATES = 20_000
DRAWN = 400  # of them, by weight, whose curves are averaged for an order
TINY = 1e-300


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lines:
    """Order lines of one supplier, arrays of shape (n,)."""

    day: FloatArray  # since the first of the world
    usual: FloatArray
    quoted_days: FloatArray


def oracle_curves(
    world: SupplierWorld, settings: WorldSettings, rows: IntArray, days: FloatArray, seed: int
) -> FloatArray:
    """P(lead time > days) of lines placed after the history, shape (n_rows, n_days).

    Parameters
    ----------
    world : SupplierWorld
    settings : WorldSettings
        That the world was made with.
    rows : array of int, shape (n_rows,)
        Lines of suppliers with few orders: with many, hardly a candidate resembles the supplier.
    days : array of shape (n_days,), in days
    seed : int
    """
    rng = stream(seed, "supplier oracle")
    curves = np.empty((len(rows), len(days)))
    alone = replace(settings, n_suppliers=CANDIDATES, new_suppliers=0, country_effect=0.0)
    candidates = draw_suppliers(alone, rng)
    for supplier in np.unique(world.supplier[rows]):
        known = _of_country(candidates, settings, float(world.country_effect[supplier]))
        past = np.flatnonzero(world.past & (world.supplier == supplier))
        log_weight = _log_likelihood(world, settings, known, past)
        for place in np.flatnonzero(world.supplier[rows] == supplier):
            row = rows[place : place + 1]
            own = log_weight + _log_of_quotes(known, _lines(world, row))
            chosen = _drawn(own, rng)
            survival = _survival(settings, known, chosen, _lines(world, row), days[None, :])
            curves[place] = survival.mean(axis=0)
    return curves


def _of_country(candidates: SupplierTraits, settings: WorldSettings, effect: float) -> SupplierTraits:
    """The candidates as suppliers of a country."""
    return replace(
        candidates,
        effect=candidates.effect + effect,
        quoted=candidates.quoted + settings.quote_knows * effect,
    )


def _lines(world: SupplierWorld, rows: IntArray) -> _Lines:
    orders = world.orders
    return _Lines(
        day=(orders.ordered_on[rows] - FIRST_DAY).astype(np.float64),
        usual=world.usual[rows],
        quoted_days=(orders.promised_on[rows] - orders.ordered_on[rows]).astype(np.float64),
    )


def _log_likelihood(
    world: SupplierWorld, settings: WorldSettings, known: SupplierTraits, past: IntArray
) -> FloatArray:
    """Of each candidate, by what was seen at the end of the history, shape (n_candidates,)."""
    lines, everyone = _lines(world, past), np.arange(len(known.effect))
    log_likelihood = _log_of_quotes(known, lines)
    age = (world.as_of - world.orders.ordered_on[past]).astype(np.float64)
    taken = (world.orders.received_on[past] - world.orders.ordered_on[past]).astype(np.float64)
    for k in range(len(past)):
        line = _Lines(
            day=lines.day[k : k + 1], usual=lines.usual[k : k + 1], quoted_days=lines.quoted_days[k : k + 1]
        )
        arrived = taken[k] <= age[k]
        ends = np.array([[taken[k] - 1, taken[k]]]) if arrived else np.array([[age[k]]])
        alive = _survival(settings, known, everyone, line, ends)
        likelihood = alive[:, 0] - alive[:, 1] if arrived else alive[:, 0]
        log_likelihood = log_likelihood + np.log(np.maximum(likelihood, TINY))
    return log_likelihood


def _log_of_quotes(known: SupplierTraits, lines: _Lines) -> FloatArray:
    """Log-likelihood of the quotes of lines, which are rounded, by candidate."""
    center = lines.usual + known.quoted[:, None]
    with np.errstate(divide="ignore"):
        lowest = np.where(lines.quoted_days > 1, np.log(lines.quoted_days - 0.5), -np.inf)
    above, below = np.log(lines.quoted_days + 0.5) - center, lowest - center
    likelihood = ndtr(above / QUOTE_SPREAD) - ndtr(below / QUOTE_SPREAD)
    log_likelihood: FloatArray = np.log(np.maximum(likelihood, TINY)).sum(axis=1)
    return log_likelihood


def _drawn(log_weight: FloatArray, rng: np.random.Generator) -> IntArray:
    """Candidates by weight, evenly spread over them."""
    upto = np.cumsum(np.exp(log_weight - log_weight.max()))
    places = (np.arange(DRAWN) + rng.random()) / DRAWN * upto[-1]
    chosen: IntArray = np.searchsorted(upto, places).clip(0, len(upto) - 1)
    return chosen


def _survival(
    settings: WorldSettings, known: SupplierTraits, chosen: IntArray, line: _Lines, days: FloatArray
) -> FloatArray:
    """P(lead time > days) of one line if each of some candidates delivered it, shape (n_chosen, n_days)."""
    n = len(chosen)
    now = known.effect_on(chosen, np.full(n, line.day[0]))
    truth = lead_time_truth(settings, known, chosen, np.full(n, line.usual[0]), now)
    return truth.survival(np.arange(n), np.broadcast_to(days, (n, days.shape[1])))
