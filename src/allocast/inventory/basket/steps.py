"""Orders as steps, the first one at least the minimum order, and what each step saves in expectation."""

from dataclasses import dataclass

import numpy as np

from allocast.inventory.basket.kernels import pool, price_steps
from allocast.inventory.order_lines import OrderLines
from allocast.inventory.situation import Situation
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray, freeze
from allocast.supply.sourcing import Sourcing

__all__ = ["MOST_STEPS", "Steps", "worth_of_more_packs", "worth_of_next_packs"]

MOST_STEPS = 200
"""Of a line; a larger order goes in steps of several packs each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The orders of all lines, cut into steps: a line is ordered as far as some step, or not at all.

    Parameters
    ----------
    begin : array of int, shape (n_lines + 1,)
        Steps of line ``i`` are those from ``begin[i]`` to ``begin[i + 1]``.
    units : array of shape (n_steps,), in whole packs, > 0
    value : array of shape (n_steps,), in money, >= 0
        What a step adds to the most that the steps of its line save until then.
    saving : array of shape (n_steps,), in money
        What it saves by itself, which is below 0 for units that only a policy's caution asks for.
    must : array of bool, shape (n_lines,)
        Lines whose first step must be ordered.
    """

    begin: IntArray
    units: FloatArray
    value: FloatArray
    saving: FloatArray
    must: BoolArray

    def __post_init__(self) -> None:
        for name in ("begin", "units", "value", "saving", "must"):
            object.__setattr__(self, name, freeze(getattr(self, name)))

    def __len__(self) -> int:
        return len(self.units)

    @property
    def line(self) -> IntArray:
        """The line of each step, shape (n_steps,)."""
        return np.repeat(np.arange(len(self.begin) - 1), np.diff(self.begin))

    def pooled(self) -> "Steps":
        """Steps put together where a later one is worth more a unit than an earlier one: the concave hull.

        What must be ordered is forgotten; take it out first (`free`).

        Examples
        --------
        A first order that costs more than it saves is worth placing for the sake of what follows:

        >>> steps = Steps(
        ...     begin=np.array([0, 3]), units=np.array([1.0, 1.0, 1.0]),
        ...     value=np.array([0.0, 3.0, 1.0]), saving=np.array([-1.0, 4.0, 1.0]), must=np.array([False]),
        ... )
        >>> hull = steps.pooled()
        >>> hull.units, hull.value
        (array([2., 1.]), array([3., 1.]))
        """
        begin = np.empty_like(self.begin)
        units, value, saving = (np.empty(len(self)) for _ in range(3))
        n = pool(self.begin, self.units, self.value, self.saving, begin, units, value, saving)
        none = np.zeros_like(self.must)
        return Steps(begin=begin, units=units[:n], value=value[:n], saving=saving[:n], must=none)

    @property
    def first(self) -> IntArray:
        """The steps that must be ordered."""
        return self.begin[:-1][self.must]

    @property
    def forced_units(self) -> FloatArray:
        """Units of each line that must be ordered, shape (n_lines,)."""
        units = np.zeros(len(self.must))
        units[self.must] = self.units[self.first]
        return units

    @property
    def free(self) -> "Steps":
        """The steps that need not be ordered."""
        kept = np.ones(len(self), dtype=bool)
        kept[self.first] = False
        begin = self.begin - np.concatenate([[0], np.cumsum(self.must)])
        chosen = {name: getattr(self, name)[kept] for name in ("units", "value", "saving")}
        return Steps(begin=begin, must=np.zeros_like(self.must), **chosen)

    def units_of(self, taken: IntArray) -> FloatArray:
        """Units of each line if so many of its steps are taken, shape (n_lines,)."""
        total = np.concatenate([[0.0], np.cumsum(self.units)])
        units: FloatArray = np.rint(total[self.begin[:-1] + taken] - total[self.begin[:-1]])
        return units

    def value_of(self, taken: IntArray) -> float:
        """What so many steps of each line save together."""
        chosen = np.arange(len(self)) < np.repeat(self.begin[:-1] + taken, np.diff(self.begin))
        return float(self.value[chosen].sum())


def worth_of_next_packs(situation: Situation, lines: OrderLines, least: FloatArray | None = None) -> Steps:
    """What each next pack of the given orders saves, from the scenarios of the situation.

    On each path a new order should bring some need, see `projected_need`. A unit within it avoids the shortage cost;
    one beyond it is held until the next order can be there. The first step is the minimum order and also pays the cost
    of placing one. Lines of one series share its need: the cheapest is asked first.

    Parameters
    ----------
    situation : Situation
    lines : OrderLines
        Their units are the most that is ordered.
    least : array of shape (n_lines,), in units, optional
        That must be ordered: the first step is at least so large.

    Returns
    -------
    steps : Steps of len(lines) lines

    References
    ----------
    Snyder and Shen, *Fundamentals of Supply Chain Theory*, 2nd ed., section 4.3: the newsvendor's marginal analysis.
    """
    least = np.zeros(len(lines)) if least is None else least
    begin, units = _whole_steps(lines.units, lines.sourcing, least)
    must = (least > 0) & (lines.units > 0)
    return _priced(situation, lines, begin, units, np.zeros(len(lines)), must)


def worth_of_more_packs(situation: Situation, lines: OrderLines, packs: int) -> Steps:
    """What single packs on top of the given orders would save, as far as suppliers accept them.

    Parameters
    ----------
    situation : Situation
    lines : OrderLines
    packs : int, >= 0
        At most so many on each line, after a first order where there is none yet.
    """
    terms = lines.sourcing
    first = np.where(lines.units > 0, 0.0, terms.feasible_units(np.ones(len(lines))))
    room = np.floor((terms.capacity_units - lines.units - first) / terms.pack_units + 1e-9)
    more = np.clip(room, 0, packs).astype(np.int64) * ((lines.units > 0) | (first > 0))
    begin = np.concatenate([[0], np.cumsum(more + (first > 0))])
    line = np.repeat(np.arange(len(lines)), np.diff(begin))
    placing = (np.arange(begin[-1]) == begin[line]) & (first[line] > 0)
    units = np.where(placing, first[line], terms.pack_units[line])
    return _priced(situation, lines, begin, units, lines.units, np.zeros(len(lines), dtype=bool))


def _priced(
    situation: Situation,
    lines: OrderLines,
    begin: IntArray,
    units: FloatArray,
    ordered: FloatArray,
    must: BoolArray,
) -> Steps:
    """What steps save on top of units ordered on each line; the first order of a line also pays for its placing."""
    costs = situation.costs
    saving, value = np.empty(len(units)), np.empty(len(units))
    price_steps(
        np.sort(np.maximum(situation.projected_need(), 0.0), axis=1),
        lines.series,
        _asked_before(lines) + ordered,
        costs.shortage_cost[lines.series],
        costs.holding_cost[lines.series] * situation.review_periods,
        np.where(ordered > 0, 0.0, lines.sourcing.order_cost),
        begin,
        units,
        saving,
        value,
    )
    return Steps(begin=begin, units=units, value=value, saving=saving, must=must)


def _whole_steps(units: FloatArray, terms: Sourcing, least: FloatArray) -> tuple[IntArray, FloatArray]:
    """A first order that the supplier accepts, then single packs, or as many as make at most `MOST_STEPS`."""
    smallest = np.maximum(terms.feasible_units(np.ones(len(units))), terms.feasible_units(least))
    first = np.minimum(units, smallest)
    packs = np.rint((units - first) / terms.pack_units).astype(np.int64)
    at_once = np.maximum(-(-packs // (MOST_STEPS - 1)), 1)
    more = -(-packs // at_once)
    begin = np.concatenate([[0], np.cumsum(np.where(units > 0, 1 + more, 0))])
    line = np.repeat(np.arange(len(units)), np.diff(begin))
    place = np.arange(begin[-1]) - begin[line]
    left = packs[line] - (place - 1) * at_once[line]
    size = np.minimum(left, at_once[line]) * terms.pack_units[line]
    return begin, np.where(place == 0, first[line], size)


def _asked_before(lines: OrderLines) -> FloatArray:
    """Units of the same series from cheaper lines, shape (n_lines,)."""
    price = np.where(np.isnan(lines.sourcing.unit_cost), np.inf, lines.sourcing.unit_cost)
    order = np.lexsort((lines.sourcing.supplier_id.astype(str), price, lines.series))
    units, series = lines.units[order], lines.series[order]
    total = np.cumsum(units) - units
    starts = np.concatenate([[True], series[1:] != series[:-1]])[: len(series)]
    before = np.empty(len(units))
    before[order] = total - np.maximum.accumulate(np.where(starts, total, 0.0))
    return before
