"""The situation once transfers are decided: givers lose the stock, receivers count on it from its day."""

from dataclasses import replace

import numpy as np

from allocast.errors import DataError
from allocast.inventory.position import StockPosition
from allocast.inventory.rebalancing.transfers import Transfers
from allocast.inventory.situation import Situation
from allocast.numerics.discrete import DiscreteDistribution

__all__ = ["after_transfers", "transfer_notes"]


def after_transfers(situation: Situation, transfers: Transfers) -> Situation:
    """The same situation with the transfers on their way.

    What a place gives is off its shelf at once; what it gets is on order, and arrives for certain in its period. Units
    by life that is left are given in the same proportion of each life.

    Raises
    ------
    DataError
        A series is to give more than it has on hand.
    """
    position, n = situation.position, len(situation.position.on_hand)
    left = position.on_hand - transfers.taken(n)
    if (left < -1e-9).any():
        row = int(np.argmin(left))
        raise DataError(
            f"a series can give what it has on hand; series {row} has {position.on_hand[row]:g} and is to give "
            f"{transfers.taken(n)[row]:g}."
        )
    left = np.maximum(left, 0.0)
    by_life = position.on_hand_by_life
    if by_life is not None:
        share = np.divide(left, position.on_hand, out=np.zeros_like(left), where=position.on_hand > 0)
        by_life = by_life * share[:, None]
    arrivals = situation.scenarios.arrivals.copy()
    for receiver, delay, units in zip(transfers.receiver, transfers.delay, transfers.units, strict=True):
        arrivals[receiver, :, delay] += units
    return replace(
        situation,
        position=StockPosition(
            on_hand=left,
            backordered=position.backordered,
            open_series=np.append(position.open_series, transfers.receiver).astype(np.int64),
            open_units=np.append(position.open_units, transfers.units),
            arrival=DiscreteDistribution.stack(
                [position.arrival, DiscreteDistribution.certain(transfers.delay)]
            ),
            on_hand_by_life=by_life,
        ),
        scenarios=replace(situation.scenarios, arrivals=arrivals),
    )


def transfer_notes(situation: Situation, transfers: Transfers) -> tuple[str, ...]:
    """A sentence for each series that gives or gets, such as ``12 units come from L2, 1 from L4.``; else empty."""
    where = situation.panel.series["location_id"].astype(str).to_list()
    come, go = ([list[str]() for _ in where] for _ in range(2))
    for giver, receiver, units in zip(transfers.giver, transfers.receiver, transfers.units, strict=True):
        come[receiver].append(f"{units} from {where[giver]}")
        go[giver].append(f"{units} to {where[receiver]}")
    return tuple(
        " ".join(filter(None, [_said(incoming, "come"), _said(outgoing, "go")]))
        for incoming, outgoing in zip(come, go, strict=True)
    )


def _said(parts: list[str], verb: str) -> str:
    if not parts:
        return ""
    units, rest = parts[0].split(" ", 1)
    first = (
        f"1 unit {verb}{'es' if verb == 'go' else 's'} {rest}"
        if units == "1"
        else f"{units} units {verb} {rest}"
    )
    return ", ".join([first, *parts[1:]]) + "."
