"""What it costs not to follow a recommendation."""

from dataclasses import dataclass

import numpy as np

from allocast.inventory.order_lines import OrderLines
from allocast.inventory.situation import Situation
from allocast.numerics.arrays import BoolArray, FloatArray

__all__ = ["Stakes", "stakes_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stakes:
    """What following each recommendation is worth, in the periods it serves: from its arrival to the next order's.

    Parameters
    ----------
    at_stake : array of shape (n_series,), in money, >= 0
        Expected shortage cost that the order avoids.
    of_waiting : array of shape (n_series,), in money
        ``at_stake`` less the holding cost that is saved where the order waits until the next review: below 0 where
        waiting is cheaper.
    confidence : array of shape (n_series,), in [0, 1]
        Share of the scenarios in which following the row turns out no dearer than not doing so: placing its order
        against waiting for the next review; or, where nothing is ordered, in which nothing was needed.
    """

    at_stake: FloatArray
    of_waiting: FloatArray
    confidence: FloatArray

    def of_lines(self, lines: OrderLines) -> dict[str, FloatArray]:
        """As columns, a row a line: money is shared by a series' lines as its units are.

        Of units that come early it is what these avoid; of how sure that is nothing is said.
        """
        early, units = _parted(lines)
        share = units / np.maximum(_summed(lines, units, len(self.at_stake)), 1.0)[lines.series]
        return {
            "cost_at_stake": np.where(early, lines.shortage_saved, self.at_stake[lines.series] * share),
            "cost_of_waiting": np.where(early, lines.shortage_saved, self.of_waiting[lines.series] * share),
            "confidence": np.where(early, np.nan, self.confidence[lines.series]),
        }


def stakes_of(situation: Situation, lines: OrderLines) -> Stakes:
    """Cost of the periods that an order placed now serves, with and without it, path by path."""
    ordered = _summed(lines, _parted(lines)[1], len(situation.position.on_hand))
    need = situation.projected_need()
    spare = need - ordered[:, None]
    missed = np.maximum(need, 0.0) - np.maximum(spare, 0.0)
    held = np.maximum(-spare, 0.0) - np.maximum(-need, 0.0)
    shortage = situation.costs.shortage_cost[:, None]
    holding = situation.costs.holding_cost[:, None] * situation.review_periods
    gain = shortage * missed - holding * held
    none = ordered[:, None] <= 0
    return Stakes(
        at_stake=shortage[:, 0] * missed.mean(axis=1),
        of_waiting=gain.mean(axis=1),
        confidence=np.where(none, need <= 0, gain >= 0).mean(axis=1),
    )


def _parted(lines: OrderLines) -> tuple[BoolArray, FloatArray]:
    """Which lines come early, and the units of the others."""
    early = ~np.isnan(lines.shortage_saved)
    return early, np.where(early, 0.0, lines.units)


def _summed(lines: OrderLines, units: FloatArray, n_series: int) -> FloatArray:
    return np.bincount(lines.series, weights=units, minlength=n_series).astype(np.float64)
