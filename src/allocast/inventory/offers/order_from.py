"""From what is wanted of each series to order lines, each of which says why it goes to its supplier."""

from dataclasses import replace

import numpy as np

from allocast.inventory.offers.early_units import ExtraUnits, rest_beyond_capacity
from allocast.inventory.offers.offers import Offers, SourcingRules
from allocast.inventory.offers.shared_risk import share_risk
from allocast.inventory.order_lines import OrderLines, binding_terms
from allocast.inventory.position import StockPosition
from allocast.inventory.situation import OrderDecision, Scenarios, Situation
from allocast.numerics.arrays import FloatArray, IntArray, TextArray
from allocast.numerics.discrete import DiscreteDistribution

__all__ = ["order_from", "with_early"]


def with_early(situation: Situation, offers: Offers, early: ExtraUnits) -> Situation:
    """The situation as a policy is to see it that decides what the main lines bring: early units are on order."""
    if not len(early):
        return situation
    position, scenarios = situation.position, situation.scenarios
    series, units = offers.series[early.rows], early.units * offers.delivered_share[early.rows]
    arrivals = scenarios.arrivals.copy()
    order, path = np.nonzero(early.periods < arrivals.shape[2])
    np.add.at(arrivals, (series[order], path, early.periods[order, path]), units[order])
    coming = [position.arrival, offers.lead_time.periods.take(early.rows)]
    return replace(
        situation,
        position=StockPosition(
            on_hand=position.on_hand,
            backordered=position.backordered,
            open_series=np.concatenate([position.open_series, series]),
            open_units=np.concatenate([position.open_units, units]),
            arrival=DiscreteDistribution.stack(coming),
            on_hand_by_life=position.on_hand_by_life,
        ),
        scenarios=Scenarios(
            demand=scenarios.demand,
            arrivals=arrivals,
            lead_time=scenarios.lead_time,
            delivered_share=scenarios.delivered_share,
        ),
    )


def order_from(
    situation: Situation,
    decision: OrderDecision,
    offers: Offers,
    *,
    early: ExtraUnits,
    cost: FloatArray,
    rules: SourcingRules,
    seed: int,
) -> OrderLines:
    """Order lines: what is wanted from the main line, what comes early, and what is above the main line's capacity.

    Parameters
    ----------
    situation : Situation
        Its sourcing is the main line of each series; early units are not in it.
    decision : OrderDecision
        What is wanted from the main lines, early units being on order.
    offers : Offers
    early : ExtraUnits
    cost : array of shape (n_lines,)
        As `line_costs` has it.
    rules : SourcingRules
    seed : int, >= 0
    """
    main = offers.rows_of(situation.sourcing)
    extra = ExtraUnits.none(situation.scenarios.demand.shape[1])
    if rules.split:
        extra = rest_beyond_capacity(situation, offers, decision.wanted_units, known=early, seed=seed)
    rows = np.concatenate([main, early.rows, extra.rows])
    ordered = situation.sourcing.feasible_units(decision.wanted_units)
    nothing, n = np.full(len(main), np.nan), len(early) + len(extra)
    wanted = np.concatenate([decision.wanted_units, early.units, extra.units])
    units = np.concatenate([ordered, early.units, extra.units])
    notes = [
        *_main_notes(situation, offers, main, cost),
        *_early_notes(situation, offers, main, early),
        *_capacity_notes(offers, main, extra),
    ]
    lines = _lines(offers, rows, wanted, units, np.array(notes, dtype=object))
    saved = np.concatenate([nothing, early.shortage_saved, extra.shortage_saved])
    order = np.argsort(offers.series[rows], kind="stable")
    lines = replace(lines, shortage_saved=saved[order]) if n else lines
    if not rules.split or rules.largest_share == 1:
        return lines
    return share_risk(lines, offers, main, cost, rules.largest_share)


def _lines(
    offers: Offers, rows: IntArray, wanted: FloatArray, units: FloatArray, notes: TextArray
) -> OrderLines:
    order = np.argsort(offers.series[rows], kind="stable")
    rows, wanted, units = rows[order], wanted[order], units[order]
    sourcing = offers.sourcing.take(rows)
    return OrderLines(
        series=offers.series[rows],
        sourcing=sourcing,
        lead_time=offers.lead_time.take(rows),
        wanted_units=wanted,
        units=units,
        binding=binding_terms(sourcing, wanted, units),
        note=notes[order],
    )


def _main_notes(situation: Situation, offers: Offers, main: IntArray, cost: FloatArray) -> list[str]:
    """Which lines were left out, and why the main line is not the cheapest, where it is not."""
    notes, price = list(offers.notes) or [""] * len(main), offers.price
    order = np.lexsort((price, offers.series))
    cheapest = order[np.unique(offers.series[order], return_index=True)[1]]
    name, unit = offers.sourcing.supplier_id, situation.panel.frequency.unit
    for series in np.flatnonzero(price[main] > price[cheapest]):
        ours, other = main[series], cheapest[series]
        why = (
            f"costs {cost[ours]:.2f} a {unit} with stock and shortage, {name[other]} {cost[other]:.2f}"
            if np.isfinite(cost[other])
            else f"can deliver, {name[other]} accepts no order within its capacity"
        )
        told = f"From {name[ours]}, {dearer(price[ours], price[other])} than {name[other]}: it {why}."
        notes[series] = f"{told} {notes[series]}".rstrip()
    return notes


def _early_notes(situation: Situation, offers: Offers, main: IntArray, early: ExtraUnits) -> list[str]:
    name, unit, price = offers.sourcing.supplier_id, situation.panel.frequency.unit, offers.price
    mean = offers.lead_time.mean
    notes = []
    for row, units, saved in zip(early.rows, early.units, early.shortage_saved, strict=True):
        ours = main[offers.series[row]]
        ahead = mean[ours] - mean[row]
        sooner = f"{ahead:.1f} {unit}s earlier" if ahead >= 0.05 else "there when the other is late"
        notes.append(
            f"{units:.0f} from {name[row]} instead of {name[ours]}: {dearer(price[row], price[ours])}, but {sooner}; "
            f"saves {saved:.2f} of expected shortage."
        )
    return notes


def _capacity_notes(offers: Offers, main: IntArray, extra: ExtraUnits) -> list[str]:
    name, most, price = offers.sourcing.supplier_id, offers.sourcing.capacity_units, offers.price
    return [
        f"{units:.0f} from {name[row]}, as {name[ours]} delivers no more than {most[ours]:.0f} an order: "
        f"{dearer(price[row], price[ours])}; saves {saved:.2f} of expected shortage."
        for row, ours, units, saved in zip(
            extra.rows, main[offers.series[extra.rows]], extra.units, extra.shortage_saved, strict=True
        )
    ]


def dearer(price: float, theirs: float) -> str:
    """How one price compares with another, in words.

    Examples
    --------
    >>> dearer(11.0, 10.0), dearer(9.0, 10.0), dearer(2.0, 0.0), dearer(1.0, 1.0)
    ('10 % dearer', '10 % cheaper', '2.00 a unit dearer', 'equally dear')
    """
    if price == theirs:
        return "equally dear"
    if theirs <= 0:
        return f"{price - theirs:.2f} a unit dearer"
    change = 100 * (price / theirs - 1)
    return f"{abs(change):.0f} % {'dearer' if change > 0 else 'cheaper'}"
