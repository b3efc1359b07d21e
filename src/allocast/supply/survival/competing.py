"""Which of several things happens first, and when: cumulative incidence from the hazards of each."""

from collections.abc import Sequence

import numpy as np

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray

__all__ = ["cumulative_incidence"]

BLOCK_CURVES = 10_000  # rows at once: bounds memory


def cumulative_incidence(
    edges: Sequence[FloatArray],
    hazards: Sequence[FloatArray],
    times: FloatArray,
    given: FloatArray | float = 0.0,
) -> FloatArray:
    """P(the cause comes first, and by this time), among those whom nothing has happened to yet.

    Where hazards are constant between edges the incidence of a piece has a closed form, the share of the cause
    in the total hazard times what the total takes away, so nothing is integrated numerically: over all causes
    the incidences and the survival of the total hazard add up to 1.

    Parameters
    ----------
    edges : one array of shape (n_periods + 1,) for each cause, in days
        From 0, rising. Beyond the last edge the hazard of the last period goes on.
    hazards : one array of shape (n, n_periods) for each cause, per day, >= 0
    times : array of shape (n_times,) or (n, n_times), in days, >= 0
    given : number or array of shape (n,), in days, >= 0
        What has already been waited.

    Returns
    -------
    probability : array of shape (n_causes, n, n_times)
        0 up to ``given``, never falling after it.

    Raises
    ------
    DataError
        There are no causes, or shapes do not fit.

    References
    ----------
    Prentice, R. L. et al. (1978), The analysis of failure times in the presence of competing risks, Biometrics
    34:541, for the hazards of causes; integrated here over pieces in which they are constant.

    Examples
    --------
    One thing is three times as likely as the other, every day alike:

    >>> edge = np.array([0.0, 10.0])
    >>> both = cumulative_incidence([edge, edge], [np.array([[0.3]]), np.array([[0.1]])], np.array([1e9]))
    >>> both[:, 0, 0].round(12).tolist()
    [0.75, 0.25]
    """
    _require_causes(edges, hazards)
    union = np.unique(np.concatenate(edges))
    rates = [_on(union, own, hazard) for own, hazard in zip(edges, hazards, strict=True)]
    n, times = len(rates[0]), np.asarray(times, dtype=np.float64)
    times = np.broadcast_to(times, (n, times.shape[-1]))
    waited = np.broadcast_to(np.asarray(given, dtype=np.float64), n)
    result = np.empty((len(rates), n, times.shape[1]))
    for start in range(0, n, BLOCK_CURVES):
        rows = slice(start, start + BLOCK_CURVES)
        result[:, rows] = _incidence(
            union, np.stack([rate[rows] for rate in rates]), times[rows], waited[rows]
        )
    return result


def _incidence(union: FloatArray, rates: FloatArray, times: FloatArray, waited: FloatArray) -> FloatArray:
    """The same on common edges: ``rates`` of shape (n_causes, n, n_pieces)."""
    total = rates.sum(axis=0)
    share = np.divide(rates, total, out=np.zeros_like(rates), where=total > 0)
    begun = np.maximum(union[:-1], waited[:, None])  # each piece from where waiting goes on
    spent = total[:, :-1] * np.maximum(union[1:-1] - begun[:, :-1], 0.0)
    hazard_before = np.cumsum(np.insert(spent, 0, 0.0, axis=1), axis=1)
    gone = np.exp(-hazard_before[:, :-1]) * -np.expm1(-spent)
    incidence_before = np.cumsum(np.insert(share[:, :, :-1] * gone, 0, 0.0, axis=2), axis=2)

    piece = np.searchsorted(union[1:-1], times, side="left")
    within = np.maximum(times - np.take_along_axis(begun, piece, axis=1), 0.0)
    left = np.exp(-np.take_along_axis(hazard_before, piece, axis=1))
    more = left * -np.expm1(-np.take_along_axis(total, piece, axis=1) * within)
    pieces = np.broadcast_to(piece, (len(rates), *piece.shape))
    before, part = (np.take_along_axis(values, pieces, axis=2) for values in (incidence_before, share))
    incidence: FloatArray = before + part * more
    return incidence


def _on(union: FloatArray, edges: FloatArray, hazard: FloatArray) -> FloatArray:
    """Hazards of the pieces between finer edges; beyond the last edge the last one goes on."""
    period = np.searchsorted(edges[1:-1], union[:-1], side="right")
    return np.asarray(hazard, dtype=np.float64)[:, period]


def _require_causes(edges: Sequence[FloatArray], hazards: Sequence[FloatArray]) -> None:
    if not edges or len(edges) != len(hazards):
        raise DataError(
            f"each cause needs its edges and its hazards; there are {len(edges)} and {len(hazards)} of them."
        )
    for place, (own, hazard) in enumerate(zip(edges, hazards, strict=True)):
        if np.ndim(hazard) != 2 or hazard.shape != (len(hazards[0]), len(own) - 1):
            raise DataError(
                f"hazards of cause {place} must have shape ({len(hazards[0])}, {len(own) - 1}), a column for each "
                f"period between its edges; they have {np.shape(hazard)}."
            )
