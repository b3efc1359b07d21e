"""Before anything is bought: what other places can spare goes to where it is missed."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from allocast.inventory.rebalancing import (
    Lanes,
    after_transfers,
    no_transfers,
    rebalance,
    transfer_notes,
    transfer_table,
)
from allocast.inventory.situation import OrderDecision, Situation
from allocast.numerics.arrays import FloatArray

__all__ = ["Moved", "move_first"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moved:
    """A situation with its transfers on their way.

    Parameters
    ----------
    situation : Situation
    units : array of shape (n_series,), in units
        That come to each series; below 0 that leave it.
    notes : tuple of str, of n_series or none
        What comes and goes, in a sentence.
    table : DataFrame
        The transfers, as `transfer_table` has them.
    """

    situation: Situation
    units: FloatArray
    notes: tuple[str, ...]
    table: pd.DataFrame

    def told(self, decision: OrderDecision) -> OrderDecision:
        """The decision with the transfers said after whatever its policy says."""
        if not self.notes:
            return decision
        own = decision.notes or ("",) * len(self.notes)
        return replace(
            decision,
            notes=tuple(f"{said} {moves}".strip() for said, moves in zip(own, self.notes, strict=True)),
        )


def move_first(situation: Situation, lanes: Lanes | None) -> Moved:
    """Rebalance a situation over lanes; without lanes nothing moves."""
    n = situation.panel.n_series
    if lanes is None:
        return Moved(situation=situation, units=np.zeros(n), notes=(), table=no_transfers())
    transfers = rebalance(situation, lanes).transfers
    return Moved(
        situation=after_transfers(situation, transfers),
        units=transfers.brought(n) - transfers.taken(n),
        notes=transfer_notes(situation, transfers) if len(transfers) else (),
        table=transfer_table(situation, lanes, transfers),
    )
