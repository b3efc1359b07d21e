"""Scorecards: on time, in full, how long it takes, with the number of orders each figure rests on."""

import numpy as np
import pandas as pd
from scipy import optimize, stats

from allocast.errors import DataError
from allocast.numerics.arrays import BoolArray, FloatArray
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.survival.kaplan_meier import KaplanMeier

__all__ = ["scorecard"]

INTERVAL = (0.05, 0.95)
USUAL_STRENGTH = 10.0  # orders that the prior is worth, unless the suppliers say otherwise


def scorecard(
    orders: PurchaseOrders, *, as_of: np.datetime64, window_days: int = 365, tolerance_days: int = 0
) -> pd.DataFrame:
    """How reliable each supplier was, as known at the end of a day, from the orders of a window before it.

    A line counts as *due* once its first promise plus the tolerance has passed. Of these, and only these, the
    share received by then is on time: an overdue open line is late, and one that came early does not count
    before its day, for the open lines it competes with cannot count either. Lead times are Kaplan–Meier
    estimates, so open orders lengthen them as they should.

    Parameters
    ----------
    orders : PurchaseOrders
    as_of : day
    window_days : int, >= 1
        Orders placed in this many days up to ``as_of`` count.
    tolerance_days : int, >= 0
        Days after the promise that still count as on time.

    Returns
    -------
    table : DataFrame, one row per supplier, most orders first
        ``supplier_id``; ``orders`` placed; ``open_orders``; ``overdue_orders`` open past promise and
        tolerance; ``due_orders`` and of these ``on_time_rate`` and ``on_time_in_full_rate``;
        ``received_orders`` and of these ``in_full_rate``; ``lead_time_mean_days`` (restricted to the longest
        wait seen), ``lead_time_p50_days``, ``lead_time_p90_days`` over all ``orders`` (NaN where not reached);
        ``on_time_estimate`` with ``on_time_low`` and ``on_time_high`` (90 % interval): shrunk towards all
        suppliers, beta-binomial, resting on ``due_orders`` (NaN where no supplier has any).

    Raises
    ------
    DataError
        ``window_days`` or ``tolerance_days`` is out of its range.
    """
    if window_days < 1 or tolerance_days < 0:
        raise DataError(
            f"window_days must be >= 1 and tolerance_days >= 0; they are {window_days} and {tolerance_days}."
        )
    known = orders.known_at(as_of)
    known = known.take(known.ordered_on > as_of - np.timedelta64(window_days, "D"))
    until = known.promised_on + np.timedelta64(tolerance_days, "D")
    due = until <= as_of  # NaT, no promise, compares as False
    lines = pd.DataFrame(
        {
            "supplier_id": known.supplier_id,
            "open": known.is_open,
            "received": known.is_closed,
            "due": due,
            "on_time": due & (known.received_on <= until),
            "in_full": known.is_closed & (known.units_received >= known.units_ordered - 1e-9),
            "days": known.durations(as_of).days,
        }
    )
    by_supplier = lines.groupby("supplier_id", sort=True)
    table = by_supplier.agg(orders=("open", "size"), open_orders=("open", "sum"))
    table["overdue_orders"] = _count(lines, lines["open"] & lines["due"])
    table["due_orders"] = by_supplier["due"].sum()
    on_time = _count(lines, lines["on_time"])
    table["on_time_rate"] = _rate(on_time, table["due_orders"])
    table["on_time_in_full_rate"] = _rate(
        _count(lines, lines["on_time"] & lines["in_full"]), table["due_orders"]
    )
    table["received_orders"] = by_supplier["received"].sum()
    table["in_full_rate"] = _rate(_count(lines, lines["in_full"]), table["received_orders"])
    lead_times = [_lead_time(own["days"].to_numpy(), own["received"].to_numpy()) for _, own in by_supplier]
    names = ["lead_time_mean_days", "lead_time_p50_days", "lead_time_p90_days"]
    table[names] = np.array(lead_times, dtype=np.float64).reshape(len(table), 3)
    names = ["on_time_estimate", "on_time_low", "on_time_high"]
    table[names] = _shrunk(on_time.to_numpy(dtype=np.float64), table["due_orders"].to_numpy(dtype=np.float64))
    return table.reset_index().sort_values("orders", ascending=False, kind="stable", ignore_index=True)


def _count(lines: pd.DataFrame, chosen: pd.Series) -> pd.Series:
    return chosen.groupby(lines["supplier_id"], sort=True).sum()


def _rate(part: pd.Series, whole: pd.Series) -> pd.Series:
    return part / whole.where(whole > 0)


def _lead_time(days: FloatArray, received: BoolArray) -> tuple[float, float, float]:
    curve = KaplanMeier.fit(days, received)
    return curve.mean, curve.quantile(0.5), curve.quantile(0.9)


def _shrunk(successes: FloatArray, trials: FloatArray) -> FloatArray:
    """Posterior mean and interval under a beta prior fitted to all rows, shape (n, 3)."""
    if not trials.any():
        return np.full((len(trials), 3), np.nan)  # a prior from nothing would look like knowledge
    a, b = _beta_prior(successes, trials)
    posterior = stats.beta(a + successes, b + trials - successes)
    return np.column_stack([posterior.mean(), *(posterior.ppf(level) for level in INTERVAL)])


def _beta_prior(successes: FloatArray, trials: FloatArray) -> tuple[float, float]:
    """Mean from all orders together (half a success and half a failure added), strength by likelihood.

    The strength has a log-normal prior (σ = 1), for few or small suppliers say nothing of it.
    """
    mean = (successes.sum() + 0.5) / (trials.sum() + 1.0)

    def misfit(log_strength: float) -> float:
        strength = np.exp(log_strength)
        fit = stats.betabinom.logpmf(successes, trials, strength * mean, strength * (1 - mean))
        return float((log_strength - np.log(USUAL_STRENGTH)) ** 2 / 2 - fit.sum())

    around = np.log(USUAL_STRENGTH)
    found = optimize.minimize_scalar(misfit, bounds=(around - 4, around + 4), method="bounded")
    strength = float(np.exp(found.x))
    return strength * mean, strength * (1 - mean)
