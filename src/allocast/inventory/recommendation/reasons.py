"""Sentences with the numbers that decided."""

from collections.abc import Callable

import numpy as np

from allocast.inventory.recommendation.status import Status
from allocast.inventory.situation import OrderDecision, Situation
from allocast.numerics.arrays import FloatArray, TextArray

__all__ = ["reasons_of", "with_notes"]

EARLY = "early"  # an order though nothing is wanted from the main line


def reasons_of(
    status: TextArray, situation: Situation, decision: OrderDecision, order_units: FloatArray
) -> list[str]:
    """One sentence a series with the numbers that decided, and what its policy has to add."""
    position, late = situation.position, situation.late_units()
    interval = situation.lead_time.mean + situation.review_periods
    columns = (
        order_units, position.units - late, position.on_hand, position.on_order - late, decision.trigger,
        decision.level, decision.wanted_units, interval,
    )  # fmt: skip
    unit = situation.panel.frequency.unit
    early = (status == str(Status.ORDER)) & (decision.wanted_units <= 0)
    early &= position.units - late >= decision.trigger
    rows = zip(np.where(early, EARLY, status), *(column.tolist() for column in columns), strict=True)
    reasons = [_SENTENCES[own](unit, *numbers) for own, *numbers in rows]
    return with_notes(reasons, decision.notes)


def with_notes(reasons: list[str], notes: tuple[str, ...]) -> list[str]:
    """The sentences, each with what its policy has to add."""
    if not notes:
        return reasons
    return [f"{reason} {note}".rstrip() for reason, note in zip(reasons, notes, strict=True)]


def _order(
    unit: str, order: float, at: float, hand: float, coming: float, trigger: float, level: float,
    _wanted: float, interval: float,
) -> str:  # fmt: skip
    return (
        f"Order {order:.0f}: the position of {at:.0f} ({hand:.0f} on hand, {coming:.0f} on order) is below "
        f"{trigger:.0f}, for the {interval:.1f} {unit}s until the next order can be there; up to {level:.0f}."
    )


def _early(
    unit: str, order: float, at: float, hand: float, coming: float, trigger: float, _level: float,
    _wanted: float, interval: float,
) -> str:  # fmt: skip
    return (
        f"Order {order:.0f}: the position of {at:.0f} ({hand:.0f} on hand, {coming:.0f} on order) covers the "
        f"{trigger:.0f} that {interval:.1f} {unit}s may ask for, but not all of it comes in time."
    )


def _enough(
    unit: str, _order: float, at: float, hand: float, coming: float, trigger: float, _level: float,
    _wanted: float, interval: float,
) -> str:  # fmt: skip
    return (
        f"Nothing to order: the position of {at:.0f} ({hand:.0f} on hand, {coming:.0f} on order) covers the "
        f"{trigger:.0f} that {interval:.1f} {unit}s may ask for."
    )


def _not_due(
    _unit: str, _order: float, at: float, hand: float, coming: float, trigger: float, *_: float
) -> str:
    return (
        f"Nothing ordered yet: the position of {at:.0f} ({hand:.0f} on hand, {coming:.0f} on order) is below "
        f"{trigger:.0f}, but no order is due."
    )


def _no_demand(unit: str, *numbers: float) -> str:
    return f"Nothing to order: no demand is expected within {numbers[-1]:.1f} {unit}s."


def _below_minimum(_unit: str, *numbers: float) -> str:
    wanted = numbers[-2]
    return f"Cannot order: {wanted:.0f} are wanted, but the supplier's capacity is below a minimum order or a pack."


_SENTENCES: dict[str, Callable[..., str]] = {
    Status.ORDER: _order,
    EARLY: _early,
    Status.ENOUGH: _enough,
    Status.NOT_DUE: _not_due,
    Status.NO_DEMAND: _no_demand,
    Status.BELOW_MINIMUM: _below_minimum,
}
