"""How much of what was ordered comes in the end: all of it nearly always, less or more now and then."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from scipy import optimize
from scipy.special import gammaln

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray, IntArray, TextArray, freeze
from allocast.supply.orders.order_features import OrderLines
from allocast.supply.orders.purchase_orders import PurchaseOrders

__all__ = ["SHARES", "YieldModel"]

SHARES = freeze(
    np.arange(151) / 100
)  # of what was ordered; exactly 1 is one of them, 1.5 stands for all beyond
FULL = 100  # the place of 1
_PARTS = (slice(0, FULL), slice(FULL, FULL + 1), slice(FULL + 1, len(SHARES)))  # short, full, over
USUAL_STRENGTH = 10.0  # lines that the prior is worth, unless the suppliers say otherwise
_EXACT = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class YieldModel:
    """The share of an order line that is received when it is closed, by supplier.

    First whether a line is closed short, full (exactly 1) or with more, then how short or how much more, in
    hundredths of any shape. Each of these is a posterior mean of the supplier's counts under a Dirichlet prior
    around those of all lines, whose strength the differences between suppliers decide: suppliers may differ in
    how often they are short and still be alike in how short. What is cancelled is not in it.

    Parameters
    ----------
    supplier_id : array of text, shape (n_suppliers,)
        Sorted.
    counts : array of shape (n_suppliers, n_shares)
        Closed lines of each supplier at each of ``SHARES``.
    strength : tuple of three floats, > 0
        Lines that the prior is worth: for short, full or over; for how short; for how much over.
    capped_lines : int, >= 0
        Lines that received more than the largest of ``SHARES`` and are counted as that.

    Raises
    ------
    DataError
        Suppliers are not sorted and distinct, or shapes do not fit.

    References
    ----------
    Minka, T. P. (2000), Estimating a Dirichlet distribution, for the likelihood of counts by group.
    """

    supplier_id: TextArray
    counts: FloatArray
    strength: tuple[float, float, float]
    capped_lines: int = 0

    def __post_init__(self) -> None:
        names = self.supplier_id.astype(str)
        if self.counts.shape != (len(names), len(SHARES)) or (names[1:] <= names[:-1]).any():
            raise DataError(
                f"a yield model needs sorted suppliers and counts of shape ({len(names)}, {len(SHARES)}); the "
                f"counts have {self.counts.shape}."
            )
        object.__setattr__(self, "counts", freeze(np.asarray(self.counts, dtype=np.float64)))

    @classmethod
    def train(cls, orders: PurchaseOrders, *, as_of: np.datetime64) -> Self:
        """Count what was received of the lines closed by the end of a day, where it is known what was ordered."""
        known = orders.known_at(as_of)
        closed = known.take(known.is_closed & (known.units_ordered > 0))
        share = closed.units_received / closed.units_ordered
        supplier_id, supplier = np.unique(closed.supplier_id.astype(str), return_inverse=True)
        cell = supplier * len(SHARES) + _place(share)
        counts = np.bincount(cell, minlength=len(supplier_id) * len(SHARES)).astype(np.float64)
        counts = counts.reshape(len(supplier_id), len(SHARES))
        return cls(
            supplier_id=supplier_id.astype(object),
            counts=counts,
            strength=(
                _strength(_outcomes(counts), _pooled(_outcomes(counts), full=1)),
                _strength(counts[:, _PARTS[0]], _pooled(counts[:, _PARTS[0]])),
                _strength(counts[:, _PARTS[2]], _pooled(counts[:, _PARTS[2]])),
            ),
            capped_lines=int((share > SHARES[-1] + _EXACT).sum()),
        )

    @property
    def shares_of_lines(self) -> tuple[float, float, float]:
        """Share of all closed lines that were short, full and over; NaN where there are none."""
        short, full, over = _outcomes(self.counts).sum(axis=0) / (self.counts.sum() or np.nan)
        return float(short), float(full), float(over)

    def probability(self, lines: OrderLines) -> FloatArray:
        """P(share) of each line over ``SHARES``, shape (n_lines, n_shares)."""
        probability: FloatArray = self._by_supplier()[self._supplier(lines)]
        return probability

    def expected(self, lines: OrderLines) -> FloatArray:
        """Mean share of each line, shape (n_lines,)."""
        mean: FloatArray = (self._by_supplier() @ SHARES)[self._supplier(lines)]
        return mean

    def at(self, lines: OrderLines, uniforms: FloatArray, received: FloatArray) -> FloatArray:
        """Shares at given uniforms, by inversion: a greater uniform is never a smaller share.

        Parameters
        ----------
        lines : OrderLines of n lines
        uniforms : array of shape (n_lines, n_scenarios), in [0, 1)
        received : array of shape (n_lines,), >= 0
            Share that has come already: a line is not closed with less. Where nothing beyond it was ever
            seen, nothing more comes.
        """
        cumulative = np.cumsum(self._by_supplier(), axis=1)
        cumulative /= cumulative[:, -1:]
        supplier = self._supplier(lines)
        begin = np.searchsorted(SHARES, received - _EXACT)
        below = np.hstack([np.zeros((len(cumulative), 1)), cumulative])[supplier, begin][:, None]
        places = below + (1 - below) * uniforms
        shares = np.broadcast_to(received[:, None], uniforms.shape).astype(np.float64)
        for place in np.unique(supplier):
            rows = np.flatnonzero((supplier == place) & (below[:, 0] < 1 - _EXACT))
            shares[rows] = SHARES[np.searchsorted(cumulative[place], places[rows], side="right")]
        return shares

    def state(self) -> dict[str, bytes]:
        """Everything needed to answer again, as one named text."""
        supplier, place = np.nonzero(self.counts)
        rest = {
            "supplier_id": self.supplier_id.tolist(),
            "supplier": supplier.tolist(),
            "place": place.tolist(),
            "lines": self.counts[supplier, place].tolist(),
            "strength": self.strength,
            "capped_lines": self.capped_lines,
        }
        return {"yields.json": json.dumps(rest).encode()}

    @classmethod
    def from_state(cls, state: Mapping[str, bytes]) -> Self:
        """The model whose ``state()`` this was."""
        rest = json.loads(state["yields.json"])
        counts = np.zeros((len(rest["supplier_id"]), len(SHARES)))
        counts[rest["supplier"], rest["place"]] = rest["lines"]
        return cls(
            supplier_id=np.array(rest["supplier_id"], dtype=object),
            counts=counts,
            strength=tuple(rest["strength"]),
            capped_lines=rest["capped_lines"],
        )

    def _by_supplier(self) -> FloatArray:
        """P(share) of each supplier, and in the last row of one never seen."""
        counts = np.vstack([self.counts, np.zeros(len(SHARES))])
        outcomes = _outcomes(counts)
        whether = _drawn_to(outcomes, _pooled(outcomes, full=1), self.strength[0])
        shares = np.zeros(counts.shape)
        shares[:, FULL] = whether[:, 1]
        for outcome, strength in ((0, self.strength[1]), (2, self.strength[2])):
            part = counts[:, _PARTS[outcome]]
            shares[:, _PARTS[outcome]] = whether[:, [outcome]] * _drawn_to(part, _pooled(part), strength)
        return shares

    def _supplier(self, lines: OrderLines) -> IntArray:
        place = pd.Index(self.supplier_id).get_indexer(pd.Index(lines.supplier_id))
        return np.where(place < 0, len(self.supplier_id), place)


def _place(share: FloatArray) -> IntArray:
    """Place in ``SHARES``: the nearest, but 1 holds nothing that is not exactly 1."""
    nearest = np.clip(np.rint(share * FULL), 0, len(SHARES) - 1).astype(np.int64)
    nearest = np.where(share < 1 - _EXACT, np.minimum(nearest, FULL - 1), nearest)
    return np.where(share > 1 + _EXACT, np.maximum(nearest, FULL + 1), nearest)


def _outcomes(counts: FloatArray) -> FloatArray:
    """Lines closed short, full and over, shape (n_suppliers, 3)."""
    return np.column_stack([counts[:, part].sum(axis=1) for part in _PARTS])


def _pooled(counts: FloatArray, *, full: int | None = None) -> FloatArray:
    """Shares of all lines; of one more at ``full``, so that nothing known means all comes; else all alike."""
    total = counts.sum(axis=0)
    if full is not None:
        total[full] += 1
    elif not total.any():
        total += 1
    shares: FloatArray = total / total.sum()
    return shares


def _drawn_to(counts: FloatArray, prior: FloatArray, strength: float) -> FloatArray:
    mixed = counts + strength * prior
    shares: FloatArray = mixed / mixed.sum(axis=1, keepdims=True)
    return shares


def _strength(counts: FloatArray, prior: FloatArray) -> float:
    """Lines that the prior is worth for each supplier, by the likelihood of the suppliers' counts.

    The strength has a log-normal prior (σ = 1), for few or small suppliers say nothing of it.
    """
    seen = np.flatnonzero(counts.any(axis=0))
    lines = counts.sum(axis=1)

    def misfit(log_strength: float) -> float:
        strength = np.exp(log_strength)
        around = strength * prior[seen]
        fit = (gammaln(around + counts[:, seen]) - gammaln(around)).sum()
        fit += (gammaln(strength) - gammaln(strength + lines)).sum()
        return float((log_strength - np.log(USUAL_STRENGTH)) ** 2 / 2 - fit)

    usual = np.log(USUAL_STRENGTH)
    found = optimize.minimize_scalar(misfit, bounds=(usual - 4, usual + 6), method="bounded")
    return float(np.exp(found.x))
