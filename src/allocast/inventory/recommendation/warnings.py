"""What to know besides the reason: what no order can prevent, what does not count, what rests on little."""

import numpy as np

from allocast.inventory.recommendation.outlook import Outlook
from allocast.inventory.situation import Situation
from allocast.numerics.arrays import TextArray

__all__ = ["warnings_of"]

PROBABLE = 0.5


def warnings_of(situation: Situation, ahead: Outlook) -> TextArray:
    """Sentences for each series, shape (n_series,); empty where there is nothing to say."""
    warnings = np.full(situation.panel.n_series, "", dtype=object)
    if situation.doubts:
        warnings[:] = situation.doubts

    def add(row: int, sentence: str) -> None:
        warnings[row] = f"{warnings[row]} {sentence}".lstrip()

    chance, late = ahead.stockout_probability, situation.late_units()
    for row in np.flatnonzero(chance >= PROBABLE).tolist():
        add(
            row,
            f"Demand is probably missed ({chance[row]:.2f}) before an order can be there: expedite what is on order, "
            "or bring stock from elsewhere.",
        )
    for row in np.flatnonzero(late > 0).tolist():
        add(row, f"{late[row]:.0f} on order probably come too late to count.")
    if situation.approved_units is not None:
        for row in np.flatnonzero(situation.approved_units > 0).tolist():
            add(row, f"{situation.approved_units[row]:.0f} are approved and count as on order: place them.")
    return warnings
