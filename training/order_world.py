"""Orders of a made-up world whose true curves are known: twelve features, some still open."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from allocast.numerics.arrays import BoolArray, FloatArray
from allocast.numerics.streams import stream

__all__ = ["QUOTED", "OrderWorld", "excess_crps", "order_world"]

QUOTED = 0  # column of the announced lead time, in days
DELAYED, LATER = (
    0.08,
    2.2,
)  # share of the orders that something holds up, and how many times as long they take


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OrderWorld:
    """Orders, what was seen of them, and what is true of them.

    Parameters
    ----------
    x : array of shape (n, 12)
        Quoted days first; NaN where a feature is missing.
    duration : array of shape (n,), in days
    event : array of bool, shape (n,)
        False for orders that are still open.
    log_median, spread : arrays of shape (n,)
        Of the lead time of an order that nothing holds up: lognormal.
    """

    x: FloatArray
    duration: FloatArray
    event: BoolArray
    log_median: FloatArray
    spread: FloatArray

    def survival(self, days: FloatArray) -> FloatArray:
        """True P(lead time > day) for whole days 0, 1, …, shape (n, n_days)."""
        with np.errstate(divide="ignore"):
            place = (np.log(days) - self.log_median[:, None]) / self.spread[:, None]
        later = place - np.log(LATER) / self.spread[:, None]
        truth: FloatArray = (1 - DELAYED) * norm.sf(place) + DELAYED * norm.sf(later)
        return truth


def order_world(n: int, seed: int, *, whole_days: bool = True) -> OrderWorld:
    """Orders placed within the last 300 days; about one in eleven is open."""
    rng = stream(seed, "order world", str(n))
    quoted = rng.choice([5, 7, 10, 14, 21, 28, 30, 45, 60], n).astype(np.float64)
    numbers, kinds = rng.normal(size=(n, 7)), rng.integers(0, 12, (n, 4))
    log_median = np.log(quoted) + 0.25 * numbers[:, 0] + 0.15 * numbers[:, 1] * (kinds[:, 0] > 5)
    log_median += 0.1 * np.sin(kinds[:, 1]) - 0.1 * (numbers[:, 2] > 1)
    spread = 0.2 + 0.15 * (kinds[:, 2] > 7)
    held_up = np.where(rng.random(n) < DELAYED, LATER, 1.0)
    days = held_up * np.exp(log_median + spread * rng.standard_normal(n))
    watched = rng.uniform(0.1, 300, n)
    if whole_days:
        days, watched = np.ceil(days), np.ceil(watched)
    x = np.column_stack([quoted, numbers, kinds])
    x[rng.random(x.shape) < 0.02] = np.nan
    return OrderWorld(
        x=x,
        duration=np.minimum(days, watched),
        event=days <= watched,
        log_median=log_median,
        spread=spread,
    )


def excess_crps(survival: FloatArray, world: OrderWorld, days: FloatArray) -> float:
    """CRPS above that of the true curves, as a share of it, over orders of which no feature is missing.

    Parameters
    ----------
    survival : array of shape (n, n_days)
    world : OrderWorld of n orders
    days : array of shape (n_days,)
        Whole days 0, 1, 2, …
    """
    whole = ~np.isnan(world.x).any(axis=1)
    truth = world.survival(days)[whole]
    return float(((survival[whole] - truth) ** 2).sum() / (truth * (1 - truth)).sum())
