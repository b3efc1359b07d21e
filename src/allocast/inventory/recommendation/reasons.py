"""Sentences with the numbers that decided."""

import numpy as np

from allocast.inventory.recommendation.status import Status
from allocast.inventory.situation import OrderDecision, Situation
from allocast.numerics.arrays import FloatArray, TextArray

__all__ = ["reasons_of", "with_notes"]

EARLY = "early"  # an order though nothing is wanted from the main line


def reasons_of(
    status: TextArray, situation: Situation, decision: OrderDecision, order_units: FloatArray
) -> list[str]:
    """One sentence a series with the numbers that decided."""
    position, protection = situation.position, situation.lead_time.mean + situation.review_periods
    unit = situation.panel.frequency.unit
    sentences = {
        Status.ORDER: (
            "Order {order:.0f}: the position of {position:.0f} ({on_hand:.0f} on hand, {on_order:.0f} on order) "
            "is below {trigger:.0f}, for the {protection:.1f} {unit}s until the next order can be there; "
            "up to {level:.0f}."
        ),
        EARLY: (
            "Order {order:.0f}: the position of {position:.0f} ({on_hand:.0f} on hand, {on_order:.0f} on order) covers "
            "the {trigger:.0f} that {protection:.1f} {unit}s may ask for, but not all of it comes in time."
        ),
        Status.ENOUGH: (
            "Nothing to order: the position of {position:.0f} ({on_hand:.0f} on hand, {on_order:.0f} on order) "
            "covers the {trigger:.0f} that {protection:.1f} {unit}s may ask for."
        ),
        Status.NOT_DUE: (
            "Nothing ordered yet: the position of {position:.0f} ({on_hand:.0f} on hand, {on_order:.0f} on order) is "
            "below {trigger:.0f}, but no order is due."
        ),
        Status.NO_DEMAND: "Nothing to order: no demand is expected within {protection:.1f} {unit}s.",
        Status.BELOW_MINIMUM: (
            "Cannot order: {wanted:.0f} are wanted, but the supplier's capacity is below a minimum order or a pack."
        ),
    }
    early = (
        (status == str(Status.ORDER)) & (decision.wanted_units <= 0) & (position.units >= decision.trigger)
    )
    rows = zip(
        np.where(early, EARLY, status), order_units, position.units, position.on_hand, position.on_order,
        decision.trigger, decision.level, decision.wanted_units, protection,
        strict=True,
    )  # fmt: skip
    return [
        sentences[s].format(
            order=order, position=at, on_hand=hand, on_order=coming, trigger=trigger, level=level, wanted=wanted,
            protection=interval, unit=unit,
        )
        for s, order, at, hand, coming, trigger, level, wanted, interval in rows
    ]  # fmt: skip


def with_notes(reasons: list[str], notes: tuple[str, ...]) -> list[str]:
    """The sentences, each with what its policy has to add."""
    if not notes:
        return reasons
    return [f"{reason} {note}".rstrip() for reason, note in zip(reasons, notes, strict=True)]
