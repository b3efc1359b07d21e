"""How far policies are above the optimum, as values of a figure."""

from collections.abc import Mapping, Sequence

import numpy as np

from allocast.numerics.arrays import FloatArray
from training.figures import Reference, Target

__all__ = ["gap_references", "learned_values", "percent_above"]


def percent_above(costs: Sequence[float], optima: Sequence[float]) -> FloatArray:
    """Percent by which each cost is above its optimum.

    Examples
    --------
    >>> percent_above([10.1, 8.0], [10.0, 8.0]).round(6)
    array([1., 0.])
    """
    return 100 * (np.asarray(costs, dtype=np.float64) / np.asarray(optima, dtype=np.float64) - 1)


def gap_references(name: str, gaps: FloatArray) -> tuple[Reference, ...]:
    """Mean and worst gap of one policy over the instances."""
    return (
        Reference(name=f"{name}.mean_gap_percent", value=float(gaps.mean())),
        Reference(name=f"{name}.worst_gap_percent", value=float(gaps.max())),
    )


def learned_values(
    gaps: Mapping[int, FloatArray], *, mean: float | None = None, worst: float, name: str = "learned"
) -> tuple[tuple[Target, ...], tuple[Reference, ...]]:
    """Targets and references of a learned policy from its gaps by seed; none where nothing was trained.

    The targets hold for the worst seed; each seed stands among the references.

    Parameters
    ----------
    gaps : by seed, arrays of shape (n_instances,), in percent
    mean, worst : float, percent
        What the mean over the instances, and the worst of them, must not exceed.
    name : str
        Of the values: ``NAME.worst_gap_percent``, ``NAME_seed_1.mean_gap_percent`` and so on.
    """
    if not gaps:
        return (), ()
    references = tuple(
        reference for seed, own in gaps.items() for reference in gap_references(f"{name}_seed_{seed}", own)
    )
    worst_gap = max(float(own.max()) for own in gaps.values())
    targets = [Target(name=f"{name}.worst_gap_percent", value=worst_gap, op="<=", target=worst)]
    if mean is not None:
        mean_gap = max(float(own.mean()) for own in gaps.values())
        targets.insert(0, Target(name=f"{name}.mean_gap_percent", value=mean_gap, op="<=", target=mean))
    return tuple(targets), references
