"""Is a supplier faster or slower than its orders promised, from what was known on a day."""

import numpy as np

from allocast.numerics.arrays import BoolArray, FloatArray, TextArray

__all__ = ["supplier_frailty"]


def supplier_frailty(
    *,
    supplier_id: TextArray,
    ordered_on: FloatArray,
    duration: FloatArray,
    received: BoolArray,
    edges: FloatArray,
    hazard: FloatArray,
    ask_supplier_id: TextArray,
    ask_on: FloatArray,
    half_lives: tuple[float, ...],
    prior_receipts: float,
    entry: FloatArray | None = None,
    weight: FloatArray | None = None,
) -> FloatArray:
    """Shrunken supplier effects as of a day: log of (k + receipts) ÷ (k + expected receipts).

    The gamma frailty in closed form. ``expected`` is the cumulative hazard of the supplier's orders so far
    under a model without suppliers, open orders up to their age included: so an overdue order counts against
    its supplier before it arrives, and nothing is dropped. Both sums fade with the half-life; a supplier
    nobody has seen has 0. Only receipts and waiting before the day asked about count.

    Parameters
    ----------
    supplier_id, ordered_on, duration, received : arrays of shape (n_orders,)
        The history; days counted from any common origin. ``duration`` is the age where not received.
    edges : array of shape (n_periods + 1,), in days
    hazard : array of shape (n_orders, n_periods), per day
        Of the model without suppliers; waiting beyond the last edge is not counted.
    ask_supplier_id, ask_on : arrays of shape (n,)
        Whose effect is wanted, and on which day.
    half_lives : tuple of n_half_lives numbers, in days, > 0
    prior_receipts : float, > 0
        k: receipts that the prior (no effect) is worth.
    entry, weight : arrays of shape (n_orders,), optional
        Age from which each was watched, and how much it counts; by default from the beginning, and one.

    Returns
    -------
    features : array of shape (n, n_half_lives + 1)
        One log effect a half-life, and log(1 + receipts before the day).

    References
    ----------
    Therneau, Grambsch and Fleming (1990), Martingale-based residuals for survival models, Biometrika 77:147.
    """
    entry = np.zeros(len(duration)) if entry is None else entry
    weight = np.ones(len(duration)) if weight is None else weight
    until, before = (np.clip(days[:, None] - edges[:-1], 0, np.diff(edges)) for days in (duration, entry))
    waited = np.maximum(until - before, 0)  # (n_orders, n_periods)
    order, period = np.nonzero(waited)
    credited_on = ordered_on[order] + edges[period] + until[order, period]
    got = np.flatnonzero(received)
    days = np.concatenate([credited_on, ordered_on[got] + duration[got]])
    expected = np.concatenate([(hazard * waited)[order, period] * weight[order], np.zeros(len(got))])
    receipts = np.concatenate([np.zeros(len(order)), weight[got]])
    owner = np.concatenate([supplier_id[order], supplier_id[got]])
    result = np.zeros((len(ask_on), len(half_lives) + 1))
    entries = dict(_rows_of(owner))
    for name, asked in _rows_of(ask_supplier_id):
        if name in entries:
            rows = entries[name][np.argsort(days[entries[name]], kind="stable")]
            past = (days[rows], receipts[rows], expected[rows])
            result[asked] = _effects(*past, ask_on[asked], half_lives, prior_receipts)
    return result


def _effects(
    days: FloatArray,
    receipts: FloatArray,
    expected: FloatArray,
    ask_on: FloatArray,
    half_lives: tuple[float, ...],
    prior_receipts: float,
) -> FloatArray:
    """One supplier's features on each day asked about."""
    before = np.searchsorted(days, ask_on, side="left")  # strictly earlier
    columns = []
    for half_life in half_lives:
        growth = np.exp2((days - days[0]) / half_life)
        fade = np.exp2((days[0] - ask_on) / half_life)
        seen, due = (fade * _sums(amount * growth)[before] for amount in (receipts, expected))
        columns.append(np.log((prior_receipts + seen) / (prior_receipts + due)))
    return np.column_stack([*columns, np.log1p(_sums(receipts)[before])])


def _sums(amounts: FloatArray) -> FloatArray:
    return np.append(0.0, np.cumsum(amounts))


def _rows_of(names: TextArray) -> list[tuple[str, np.ndarray]]:
    """Each name with the rows that hold it."""
    distinct, code = np.unique(names.astype(str), return_inverse=True)
    rows = np.split(np.argsort(code, kind="stable"), np.cumsum(np.bincount(code))[:-1])
    return list(zip(distinct.tolist(), rows, strict=True)) if len(distinct) else []
