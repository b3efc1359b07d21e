"""Learning how far a supplier's scores are shifted, from durations that ended and from waiting that has not."""

import math

from allocast.numerics.compiled import compiled

__all__ = ["expected_arrivals", "learned", "log_likelihood"]

_ROOT_HALF = math.sqrt(0.5)
_ROOT_TWO_PI = math.sqrt(2 * math.pi)
FAR = 7.0  # standard deviations: beyond it the hazard is taken from its asymptote


@compiled
def log_waiting(score: float) -> float:
    """Log of P(Z > score) of a standard normal Z."""
    return math.log(max(0.5 * math.erfc(score * _ROOT_HALF), 1e-300))


@compiled
def _hazard(score: float) -> float:
    """Density over survival of the standard normal."""
    if score > FAR:
        return score + 1.0 / score
    density = math.exp(-0.5 * score * score) / _ROOT_TWO_PI
    return density / (0.5 * math.erfc(score * _ROOT_HALF))


@compiled
def expected_arrivals(begun: float, reached: float) -> float:
    """Arrivals to be expected of one that waits from one score to another, if nothing is shifted."""
    return log_waiting(begun) - log_waiting(reached)


@compiled
def log_likelihood(shift: float, begun: float, reached: float, arrived: bool) -> float:
    """Of a piece of evidence under a shift of the scores, less what does not depend on the shift."""
    end = -0.5 * (reached - shift) ** 2 if arrived else log_waiting(reached - shift)
    return end - log_waiting(begun - shift)


@compiled
def learned(
    mean: float, variance: float, begun: float, reached: float, arrived: bool, weight: float
) -> tuple[float, float, float]:
    """A normal belief about the shift after a piece of evidence, and how well the belief had foreseen it.

    One step of Newton's method from the old mean, and Laplace's approximation of the evidence.

    Returns
    -------
    mean, variance : float
    log_evidence : float
    """
    before = _hazard(begun - mean)
    slope, bend = -before, -before * (before - begun + mean)
    if arrived:
        slope, bend = slope + reached - mean, bend + 1.0
    else:
        after = _hazard(reached - mean)
        slope, bend = slope + after, bend + after * (after - reached + mean)
    narrower = variance / (1.0 + variance * weight * max(bend, 0.0))
    step = narrower * weight * slope
    fit = weight * log_likelihood(mean + step, begun, reached, arrived)
    return mean + step, narrower, fit - 0.5 * step * step / variance + 0.5 * math.log(narrower / variance)
