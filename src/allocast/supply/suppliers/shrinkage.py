"""Estimates for suppliers with few orders: pulled towards all suppliers by as much as the orders leave open."""

import numpy as np
from scipy import optimize, special, stats

from allocast.numerics.arrays import FloatArray

__all__ = ["INTERVAL", "shrunken_days", "shrunken_rates"]

INTERVAL = (0.05, 0.95)
USUAL_STRENGTH = 10.0  # orders that the prior is worth, unless the suppliers say otherwise


def shrunken_rates(successes: FloatArray, trials: FloatArray) -> FloatArray:
    """Posterior mean and 90 % interval of each rate, under a beta prior fitted to all of them.

    Parameters
    ----------
    successes, trials : arrays of shape (n,), successes <= trials
        Not whole where lines that share their luck count as fewer.

    Returns
    -------
    estimates : array of shape (n, 3)
        Mean, low and high; NaN where there is no trial at all: a prior from nothing would look like knowledge.
    """
    if not trials.any():
        return np.full((len(trials), 3), np.nan)
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
        a, b = strength * mean, strength * (1 - mean)
        fit = special.betaln(a + successes, b + trials - successes) - special.betaln(a, b)
        return float((log_strength - np.log(USUAL_STRENGTH)) ** 2 / 2 - fit.sum())

    around = np.log(USUAL_STRENGTH)
    found = optimize.minimize_scalar(misfit, bounds=(around - 4, around + 4), method="bounded")
    strength = float(np.exp(found.x))
    return strength * mean, strength * (1 - mean)


def shrunken_days(mean_days: FloatArray, variation: FloatArray, received: FloatArray) -> FloatArray:
    """Posterior mean and 90 % interval of each mean lead time: normal in logarithms, prior from all suppliers.

    The logarithm of a supplier's mean over so many receipts has a variance of about variation² ÷ receipts; what the
    suppliers differ by beyond that is the variance of the prior (the moments of DerSimonian and Laird).

    Parameters
    ----------
    mean_days : array of shape (n,), in days, > 0
        NaN where nothing was received.
    variation : array of shape (n,)
        Coefficient of variation of each supplier's lead times; of small suppliers that of all counts.
    received : array of shape (n,)
        Independent receipts that each mean rests on.

    Returns
    -------
    estimates : array of shape (n, 3), in days
        Mean, low and high; NaN where nobody has received anything.

    References
    ----------
    DerSimonian and Laird (1986), Meta-analysis in clinical trials, Controlled Clinical Trials 7:177, eq. 8.
    """
    seen = (received > 0) & (mean_days > 0)
    if not seen.any():
        return np.full((len(received), 3), np.nan)
    spread = np.sqrt(np.average(np.nan_to_num(variation[seen], nan=0.5) ** 2, weights=received[seen]))
    log_mean = np.log(mean_days[seen])
    error = max(float(spread), 0.05) ** 2 / received[seen]
    between = _between_variance(log_mean, error)
    pooled = np.average(log_mean, weights=1 / (between + error))
    precision, total = np.full(len(received), 1 / between), np.full(len(received), pooled / between)
    precision[seen] += 1 / error
    total[seen] += log_mean / error
    steps = np.array([0.0, *stats.norm.ppf(INTERVAL)])
    days: FloatArray = np.exp((total / precision)[:, None] + steps / np.sqrt(precision)[:, None])
    return days


def _between_variance(log_mean: FloatArray, error: FloatArray) -> float:
    """How far suppliers' means lie apart beyond what few receipts explain; at least (5 %)²."""
    weight = 1 / error
    scatter = weight @ (log_mean - np.average(log_mean, weights=weight)) ** 2
    scale = weight.sum() - (weight**2).sum() / weight.sum()
    if scale <= 0:
        return 0.25  # one supplier says nothing of how others differ: a factor of e^0.5 is usual
    return float(max((scatter - len(error) + 1) / scale, 0.0025))
