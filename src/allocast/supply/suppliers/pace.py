"""How fast a supplier is as of a day: beliefs that forget at different speeds, weighed by how well they foresaw."""

import math
from typing import Any

import numpy as np

from allocast.numerics.arrays import FloatArray, IntArray
from allocast.numerics.compiled import compiled
from allocast.supply.suppliers.evidence import Evidence
from allocast.supply.suppliers.log_errors import LogErrors
from allocast.supply.suppliers.normal_shift import expected_arrivals, learned
from allocast.supply.suppliers.score_table import score_at, score_table

__all__ = ["COLUMNS", "FILTERS", "paces_on"]

# How far each belief expects a supplier to move: variance of the shift gained a day, and how likely it is at first.
FILTERS = {"steady": (0.0, 0.6), "drifting": (0.0005, 0.3), "changing": (0.005, 0.1)}
FORGET_DAYS = 365.0  # how long a supplier keeps its manner, on average
_IN_DEVIATIONS = [0, 1, *range(5, 5 + len(FILTERS))]  # columns that are turned into log errors
COLUMNS = ("pace", "pace_error", "receipts", "spread", "late_share")
LATE = 1.5  # standard deviations
LARGEST_SQUARE = 6.0
SPREAD_STRENGTH, LATE_STRENGTH, LATE_PRIOR = 10.0, 15.0, 1.0 / 15.0


def paces_on(
    evidence: Evidence,
    supplier: IntArray,
    on: FloatArray,
    *,
    errors: LogErrors,
    supplier_variance: float,
    half_lives: tuple[float, ...],
    prior_receipts: float,
) -> FloatArray:
    """What was known of suppliers when a day began, from the evidence before it, in one pass.

    The *pace* is a shift of log errors: 0 is usual, more is slower. It is the mean of several beliefs, one for
    each of `FILTERS`: normal, centred at usual for a supplier never seen, narrowed by evidence and widened by time.
    A supplier that stands still is best foreseen by the belief that never forgets, one that moves by the others;
    each counts by how well it foresaw. The *effects* are gamma frailties in closed form: log of (k + receipts) ÷
    (k + expected receipts), both fading with a half-life.

    Parameters
    ----------
    evidence : Evidence
    supplier : array of int, shape (n,)
        Whose pace is wanted; one without evidence is like the others.
    on : array of shape (n,), in days
    errors : LogErrors
        How log errors are spread where nothing is shifted.
    supplier_variance : float, > 0
        Of the paces of suppliers never seen.
    half_lives : tuple of n_half_lives numbers, in days, > 0
    prior_receipts : float, > 0
        k: receipts that the prior (no effect) is worth.

    Returns
    -------
    paces : array of shape (n, n_columns)
        Those of ``COLUMNS``: pace, its standard error, the weight of the receipts it rests on, the log of the
        supplier's spread over the usual one, and its share of late arrivals; then the mean of each belief,
        and the effect at each half-life.

    References
    ----------
    Blom, H. and Bar-Shalom, Y. (1988), The interacting multiple model algorithm, IEEE Trans. Automat. Contr. 33:780.
    """
    wander, belief = np.array(list(FILTERS.values())).T
    order = np.lexsort((on, supplier))
    answers = np.zeros((len(on), len(COLUMNS) + len(wander) + len(half_lives)))
    _walk(
        (
            evidence.supplier,
            evidence.known_on,
            evidence.begun,
            evidence.reached,
            evidence.arrived,
            evidence.weight,
        ),
        (np.ascontiguousarray(supplier[order]), np.ascontiguousarray(on[order])),
        (np.ascontiguousarray(wander), np.ascontiguousarray(belief), supplier_variance / errors.spread**2),
        (np.array(half_lives, dtype=np.float64), float(prior_receipts)),
        score_table(errors),
        answers,
    )
    answers[:, _IN_DEVIATIONS] *= errors.spread
    paces = np.empty_like(answers)
    paces[order] = answers
    return paces


@compiled
def _walk(evidence: Any, asked: Any, filters: Any, frailty: Any, table: Any, answers: FloatArray) -> None:
    """Each question answered from the evidence before its day; evidence and questions by supplier and day."""
    supplier, known_on, begun, reached, arrived, weight = evidence
    ask_supplier, ask_on = asked
    wander, first_belief, prior_variance = filters
    half_lives, prior_receipts = frailty
    mean, variance, belief = np.zeros(len(wander)), np.zeros(len(wander)), np.zeros(len(wander))
    state = (mean, variance, belief)
    sums, totals = np.zeros((len(half_lives), 2)), np.zeros(4)
    place, current, last = 0, -1, 0.0
    for q in range(len(ask_on)):
        if ask_supplier[q] != current:
            current = ask_supplier[q]
            while place < len(known_on) and supplier[place] < current:
                place += 1
            mean[:], variance[:], belief[:], sums[:], totals[:] = 0.0, prior_variance, first_belief, 0.0, 0.0
            last = min(known_on[place], ask_on[q]) if place < len(known_on) else ask_on[q]
        while place < len(known_on) and supplier[place] == current and known_on[place] < ask_on[q]:
            _wait(known_on[place] - last, state, filters, sums, totals, half_lives)
            last = known_on[place]
            piece = (begun[place], reached[place], arrived[place], weight[place])
            _count(piece, table, sums)
            _learn(piece, table, mean, variance, belief, totals)
            place += 1
        _wait(ask_on[q] - last, state, filters, sums, totals, half_lives)
        last = ask_on[q]
        _answer(mean, variance, belief, sums, totals, prior_receipts, answers[q])


@compiled
def _wait(days: float, state: Any, filters: Any, sums: Any, totals: Any, half_lives: Any) -> None:
    """Time passes: beliefs widen, a supplier may have changed its manner, sums fade."""
    if days <= 0:
        return
    kept = math.exp(-days / FORGET_DAYS)
    _mix(kept, state, filters)
    _, variance, _ = state
    wander, _, prior_variance = filters
    for f in range(len(wander)):
        variance[f] = min(variance[f] + wander[f] * days, prior_variance)
    for h in range(len(half_lives)):
        fade = 2.0 ** (-days / half_lives[h])
        sums[h, 0] *= fade
        sums[h, 1] *= fade
    totals[1:] *= kept


@compiled
def _mix(kept: float, state: Any, filters: Any) -> None:
    """Each belief becomes a mixture of those that a supplier of its manner may have had before.

    One that was all but ruled out is so drawn to where the others see the supplier now.
    """
    mean, variance, belief = state
    _, first, _ = filters
    old_mean, old_variance, old_belief = mean.copy(), variance.copy(), belief.copy()
    for f in range(len(mean)):
        share = (1.0 - kept) * first[f] * old_belief
        share[f] += kept * old_belief[f]
        belief[f] = share.sum()
        share /= belief[f]
        mean[f] = (share * old_mean).sum()
        variance[f] = (share * (old_variance + (old_mean - mean[f]) ** 2)).sum()


@compiled
def _count(piece: Any, table: Any, sums: Any) -> None:
    """Receipts, and those that were to be expected if nothing were shifted."""
    begun, reached, arrived, weight = piece
    sums[:, 1] += weight * expected_arrivals(score_at(begun, table), score_at(reached, table))
    if arrived:
        sums[:, 0] += weight


@compiled
def _learn(piece: Any, table: Any, mean: Any, variance: Any, belief: Any, totals: Any) -> None:
    """Each belief learns from a piece of evidence, and gains or loses by how well it had foreseen it."""
    begun, reached, arrived, weight = piece
    spread = table[3]
    own = math.sqrt((SPREAD_STRENGTH + totals[1]) / (SPREAD_STRENGTH + totals[3]))
    said, off = np.zeros(len(mean)), 0.0
    for f in range(len(mean)):
        # Around what is believed: so a shift however large is judged where the supplier's own durations lie.
        before, after = score_at(begun - spread * mean[f], table), score_at(reached - spread * mean[f], table)
        off += belief[f] * after
        step, narrower, said[f] = learned(
            0.0, variance[f] / own**2, before / own, after / own, arrived, weight
        )
        mean[f] += own * step
        variance[f] = narrower * own**2
    belief *= np.exp(said - said.max())
    belief /= belief.sum()
    if arrived:
        totals[0] += weight
        totals[1] += weight * min(off * off, LARGEST_SQUARE)
        totals[2] += weight * (off > LATE)
        totals[3] += weight


@compiled
def _answer(
    mean: Any, variance: Any, belief: Any, sums: Any, totals: Any, prior_receipts: float, answer: Any
) -> None:
    pace = (belief * mean).sum()
    answer[0] = pace
    answer[1] = math.sqrt((belief * (variance + (mean - pace) ** 2)).sum())
    answer[2] = totals[0]
    answer[3] = 0.5 * math.log((SPREAD_STRENGTH + totals[1]) / (SPREAD_STRENGTH + totals[3]))
    answer[4] = (LATE_STRENGTH * LATE_PRIOR + totals[2]) / (LATE_STRENGTH + totals[3])
    n = len(mean)
    answer[5 : 5 + n] = mean
    answer[5 + n :] = np.log((prior_receipts + sums[:, 0]) / (prior_receipts + sums[:, 1]))
