"""Lead times of a supplier: quantiles and variation from its curve, with intervals."""

import numpy as np
from scipy import stats

from allocast.numerics.arrays import BoolArray, FloatArray
from allocast.supply.suppliers.shrinkage import INTERVAL
from allocast.supply.survival.kaplan_meier import KaplanMeier

__all__ = ["LEAD_TIME_FIGURES", "lead_time_figures"]

LEAD_TIME_FIGURES = (
    "lead_time_mean_days",
    *(f"lead_time_{name}{end}_days" for name in ("p50", "p90") for end in ("", "_low", "_high")),
    *(f"lead_time_variation{end}" for end in ("", "_low", "_high")),
)
NOT_KNOWN = (float("nan"), float("nan"))


def lead_time_figures(days: FloatArray, received: BoolArray, worth: float) -> tuple[float, ...]:
    """What `LEAD_TIME_FIGURES` names, of one supplier's orders.

    Parameters
    ----------
    days : array of shape (n_orders,), in days, >= 0
    received : array of bool, shape (n_orders,)
        False where an order is still open, or was cancelled: its lead time is longer than that.
    worth : float, in (0, 1]
        Independent orders that one of them is worth: less than 1 where they share their luck.
    """
    curve = KaplanMeier.fit(days, received)
    figures: list[float] = [curve.mean]
    for level in (0.5, 0.9):
        figures += [curve.quantile(level), *_quantile_interval(curve, days, level, worth)]
    return (*figures, *_variation(curve, worth * float(received.sum())))


def _quantile_interval(
    curve: KaplanMeier, days: FloatArray, level: float, worth: float
) -> tuple[float, float]:
    """The order statistics between which the quantile lies, by the binomial distribution; NaN where too few.

    Of n orders that all arrived, those places are exact. Where some are open, n is the number that would leave as
    many at risk at the quantile as there are (Peto and others, 1977, Br. J. Cancer 35:1), and places are read from
    the Kaplan-Meier curve.
    """
    if not len(curve.times):
        return NOT_KNOWN
    at = curve.quantile(level)
    at = float(curve.times[-1]) if np.isnan(at) else at
    place = int(np.searchsorted(curve.times, at))
    before = 1.0 if place == 0 else float(curve.levels[place - 1])
    n = max(int(worth * (days >= at).sum() / before + 1e-9), 1)
    first, last = (stats.binom.ppf(end, n, level) + step for end, step in zip(INTERVAL, (0, 1), strict=True))
    low = curve.quantile(first / n) if first >= 1 else float("nan")
    return low, curve.quantile(last / n) if last <= n else float("nan")


def _variation(curve: KaplanMeier, n: float) -> tuple[float, float, float]:
    """Deviation ÷ mean up to the longest wait seen, and its interval from n independent receipts.

    The variance of its logarithm is ((κ - 1) / 4 - γ v + v²) ÷ n (delta method; variation v, skewness γ, kurtosis κ of
    the curve), and at least that of a lognormal distribution of that variation: few receipts do not show their tail.
    The square of the deviation is then taken as chi-square with as many degrees of freedom as have that variance; with
    less than one, nothing is known.
    """
    days = np.append(curve.times, max(curve.longest, curve.times.max(initial=0.0)))
    mass = -np.diff(np.concatenate([[1.0], curve.levels, [0.0]]))
    mean = float(mass @ days)
    deviation = float(np.sqrt(mass @ (days - mean) ** 2))
    if mean <= 0:
        return (float("nan"), *NOT_KNOWN)
    v = deviation / mean
    if n < 2 or deviation <= 0:
        return (v, *NOT_KNOWN)
    skewness, kurtosis = (float(mass @ ((days - mean) / deviation) ** power) for power in (3, 4))
    w = 1 + v**2
    lognormal = (w + 2) * v, w**4 + 2 * w**3 + 3 * w**2 - 3
    variance = max((k - 1) / 4 - s * v + v**2 for s, k in ((skewness, kurtosis), lognormal))
    free = (n - 1) / (2 * variance)
    if free < 1:
        return (v, *NOT_KNOWN)
    low, high = (v * float(np.sqrt(n / (n - 1) * free / stats.chi2.isf(end, free))) for end in INTERVAL)
    return v, low, high
