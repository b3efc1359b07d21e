"""Lead times of a peer of the peers' environment, as a model that the rolling evaluation can ask."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from allocast.numerics.arrays import FloatArray
from allocast.supply.evaluation import Trainer
from allocast.supply.orders.order_features import OrderEncoder, OrderLines
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.supply_model import CurveModel
from training.peer_environment import run_peer

__all__ = ["PeerLeadTimes", "peer_trainers"]

FEWEST_ORDERS = 20  # that a category must have to be told from the rest
LONGEST_DAYS = 730  # how far curves are asked for; they stay where they are beyond


@dataclass(frozen=True, slots=True, kw_only=True)
class PeersAsOf:
    """Peers that learn together from the order book of one day; each set of lines is asked about once.

    Features are what is known of a line on the day of its order: those of our encoder, its categories and its supplier
    one column a value, what is missing at the median. Open orders are censored, as for ours.
    """

    known: PurchaseOrders
    as_of: np.datetime64
    models: Sequence[str]
    seed: int
    encoder: OrderEncoder
    suppliers: Sequence[str]
    answers: dict[bytes, dict[str, FloatArray]] = field(default_factory=dict)

    def curves(self, lines: OrderLines, model: str) -> FloatArray:
        """P(not received after 0, 1, … days), shape (n_lines, LONGEST_DAYS + 1)."""
        own = self._matrix(OrderLines.of_orders(self.known))
        middle = np.nan_to_num(np.nanmedian(np.where(np.isnan(own).all(axis=0), 0.0, own), axis=0))
        train, ask = (np.where(np.isnan(x), middle, x) for x in (own, self._matrix(lines)))
        key = ask.tobytes()
        if key not in self.answers:
            durations = self.known.durations(self.as_of)
            arrays = {
                "X": train,
                "duration": np.maximum(durations.days, 0.5),
                "event": durations.received,
                "ask": ask,
                "times": np.arange(LONGEST_DAYS + 1, dtype=np.float64),
            }
            self.answers[key] = run_peer("survival_curves", arrays, models=list(self.models), seed=self.seed)
        return self.answers[key][f"{model}.survival"]

    def _matrix(self, lines: OrderLines) -> FloatArray:
        whole = pd.DataFrame(self.encoder.matrix(lines), columns=list(self.encoder.names))
        columns = [whole.drop(columns=list(self.encoder.categories)).to_numpy()]
        columns += [
            (whole[[name]].to_numpy() == np.arange(len(known))).astype(np.float64)
            for name, known in self.encoder.categories.items()
        ]
        columns.append(
            (lines.supplier_id[:, None] == np.array(self.suppliers, dtype=object)).astype(np.float64)
        )
        return np.hstack(columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerLeadTimes(CurveModel):
    """One of the peers of a day."""

    peers: PeersAsOf
    model: str

    def survival(
        self,
        lines: OrderLines,
        *,
        days: FloatArray,
        given: FloatArray,
        history: PurchaseOrders,  # noqa: ARG002 - it has learned from it already
        as_of: np.datetime64,  # noqa: ARG002
    ) -> FloatArray:
        """See `CurveModel.survival`. Who waited longer than a curve reaches is expected at once."""
        curves = self.peers.curves(lines, self.model)
        place, age = (np.clip(x, 0, LONGEST_DAYS).astype(np.int64) for x in (days, given[:, None]))
        later, then = (np.take_along_axis(curves, each, axis=1) for each in (place, age))
        left: FloatArray = np.divide(later, then, out=np.zeros(later.shape), where=then > 0)
        return np.where(days <= given[:, None], 1.0, np.minimum(left, 1.0))


def peer_trainers(models: Sequence[str], seed: int) -> dict[str, Trainer]:
    """A trainer for each peer; those of one order book learn in one go."""
    days: dict[np.datetime64, PeersAsOf] = {}

    def trainer(model: str) -> Trainer:
        def train(orders: PurchaseOrders, as_of: np.datetime64) -> PeerLeadTimes:
            if as_of not in days:
                days[as_of] = _peers_as_of(orders.known_at(as_of), as_of, models, seed)
            return PeerLeadTimes(peers=days[as_of], model=model)

        return train

    return {model: trainer(model) for model in models}


def _peers_as_of(known: PurchaseOrders, as_of: np.datetime64, models: Sequence[str], seed: int) -> PeersAsOf:
    lines = OrderLines.of_orders(known)
    counts = pd.Series(known.supplier_id).value_counts()
    return PeersAsOf(
        known=known,
        as_of=as_of,
        models=models,
        seed=seed,
        encoder=OrderEncoder.fit(lines, minimum_orders=FEWEST_ORDERS),
        suppliers=sorted(counts.index[counts >= FEWEST_ORDERS]),
    )
