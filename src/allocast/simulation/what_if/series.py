"""A situation of some of its series."""

from dataclasses import replace

import numpy as np

from allocast.inventory.position import StockPosition
from allocast.inventory.situation import Scenarios, Situation
from allocast.numerics.arrays import IntArray

__all__ = ["series_of"]


def series_of(situation: Situation, rows: IntArray) -> Situation:
    """The situation of the chosen series, in the given order."""
    scenarios, target = situation.scenarios, situation.service_target
    share = scenarios.delivered_share
    return replace(
        situation,
        panel=situation.panel.take(rows),
        position=_position_of(situation.position, rows),
        costs=situation.costs.take(rows),
        sourcing=situation.sourcing.take(rows),
        lead_time=situation.lead_time.take(rows),
        scenarios=Scenarios(
            demand=scenarios.demand[rows],
            arrivals=scenarios.arrivals[rows],
            lead_time=scenarios.lead_time[rows],
            delivered_share=None if share is None else share[rows],
        ),
        service_target=None if target is None else target[rows],
    )


def _position_of(position: StockPosition, rows: IntArray) -> StockPosition:
    place = np.full(len(position.on_hand), -1)
    place[rows] = np.arange(len(rows))
    waiting = np.flatnonzero(place[position.open_series] >= 0)
    lives = position.on_hand_by_life
    return StockPosition(
        on_hand=position.on_hand[rows],
        backordered=position.backordered[rows],
        open_series=place[position.open_series[waiting]],
        open_units=position.open_units[waiting],
        arrival=position.arrival.take(waiting),
        on_hand_by_life=None if lives is None else lives[rows],
    )
