"""Lead times learned from the order book by trees on the hazard."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import ClassVar, NamedTuple

import numpy as np
import pandas as pd

from allocast.errors import DataError, SettingsError
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray
from allocast.numerics.streams import integer_seed, stream
from allocast.supply.orders.order_features import OrderEncoder, OrderLines
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.orders.waiting import End, WaitingTimes, waiting_times
from allocast.supply.suppliers.effects import Asked, SupplierEffects, day_number
from allocast.supply.suppliers.usual_days import UsualDays
from allocast.supply.supply_model import CurveModel
from allocast.supply.survival.competing import cumulative_incidence
from allocast.supply.survival.hazard_model import HazardModel
from allocast.supply.yields import YieldModel

__all__ = ["SURVIVAL_DAYS", "SupplierModel", "SupplierModelSettings"]

SURVIVAL_DAYS = (1, 2, 4, 7, 10, 14, 21, 28, 42, 56, 84, 112, 168, 252, 364)
LARGEST_HOUR = 0.999  # of a day: so that nothing ends when it began to be watched
FEWEST_CANCELLATIONS = 40  # lines' worth of them, without which their hazard is not learned
BLOCK_LINES = 10_000  # lines asked at once: bounds memory
# Days between which receipts have one hazard a day where they compete with cancellations.
_DAY_GRID = np.unique(np.concatenate([np.arange(61.0), np.ceil(np.geomspace(60, 3650, 60))]))
EVER_DAYS = _DAY_GRID[-1]  # what has not come by then does not come any more
BLANKED = 0.05  # share of the order features hidden in training: so the trees learn what missing means


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierModelSettings:
    """How a `SupplierModel` is trained.

    Parameters
    ----------
    rounds, learning_rate, leaves, keep_share
        Of `HazardModel`.
    half_lives_days : tuple of numbers, in days, > 0
        How fast what a supplier did is forgotten: one supplier effect each, the trees choose.
    prior_receipts : float, > 0
        Receipts that "a supplier like the others" is worth: more shrinks small suppliers harder.
    early_stopping_rounds : int, >= 1, optional
        Choose the number of trees on the tenth of the rows whose orders are the latest: stop when their likelihood
        has not risen for so many rounds. With none, all trees are learned, which was 10 % worse in generated worlds
        and the same on early years of SCMS.
    category_orders : int, >= 1
        Orders that an item, a location or another category must have to be told from the rest.
    threads : int, >= 1

    Raises
    ------
    SettingsError
        A number is out of its range.
    """

    rounds: int = 240
    learning_rate: float | None = None
    leaves: int | None = None
    keep_share: float = 0.25
    half_lives_days: tuple[float, ...] = (45.0, 120.0, 3650.0)
    prior_receipts: float = 5.0
    early_stopping_rounds: int | None = 20
    category_orders: int = 20
    threads: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "half_lives_days", tuple(self.half_lives_days))
        ranges = {
            "rounds": self.rounds >= 1,
            "learning_rate": self.learning_rate is None or 0 < self.learning_rate <= 1,
            "leaves": self.leaves is None or self.leaves >= 2,
            "keep_share": 0 < self.keep_share <= 1,
            "half_lives_days": bool(self.half_lives_days) and min(self.half_lives_days) > 0,
            "prior_receipts": self.prior_receipts > 0,
            "early_stopping_rounds": self.early_stopping_rounds is None or self.early_stopping_rounds >= 1,
            "category_orders": self.category_orders >= 1,
            "threads": self.threads >= 1,
        }
        wrong = [f"{name} = {getattr(self, name)}" for name, fine in ranges.items() if not fine]
        if wrong:
            raise SettingsError(f"out of range (see SupplierModelSettings): {', '.join(wrong)}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierModel(CurveModel):
    """Lead times from trees on the hazard, in multiples of the days an order of its supplier is expected to take.

    Suppliers enter by their pace only, as it was known on the day of the order: one never seen is like the
    others. The pace comes from the order book brought at scoring, so it moves on without training anew. It
    stretches the clock of the trees: what was learned from orders of 20 days holds for those of 30, and the trees
    are left to say how a curve differs from the usual one. The quoted lead time is a second clock.

    Cancellations compete with receipts: where the book has enough of them, an order is received with the
    cumulative incidence of receipts, which does not reach 1. With fewer, ``cancellation`` is none, and what was
    cancelled is taken as still waiting when it was.

    Parameters
    ----------
    encoder : OrderEncoder
    suppliers : SupplierEffects
        What is usual for an order, and how its supplier differs from it.
    hazard : HazardModel
        Of receipts; a day is one of the days expected.
    cancellation : HazardModel, optional
        Of cancellations, from the same features.
    yields : YieldModel
        The share of an order that comes, once it comes.
    settings : SupplierModelSettings
    example_features : DataFrame of doubles
        A few rows of what ``hazard`` was trained on, columns named.
    """

    kind: ClassVar[str] = "supply"

    encoder: OrderEncoder
    suppliers: SupplierEffects
    hazard: HazardModel
    cancellation: HazardModel | None = None
    yields: YieldModel
    settings: SupplierModelSettings
    example_features: pd.DataFrame

    @classmethod
    def train(
        cls, orders: PurchaseOrders, *, as_of: np.datetime64, settings: SupplierModelSettings, seed: int
    ) -> "SupplierModel":
        """Learn from what was known of the order book at the end of a day; open orders are censored.

        Raises
        ------
        DataError
            Nothing had been received yet.
        """
        known = orders.known_at(as_of)
        waited = waiting_times(known, as_of)
        if settings.early_stopping_rounds is not None:
            waited = waited.in_order_of(known.ordered_on)
        if not waited.received.any():
            raise DataError(
                f"a supply model needs received orders; of {len(known)} lines ordered by {as_of} none was "
                "received by then. Use contract lead times, or a later day."
            )
        lines = OrderLines.of_orders(known)
        encoder = OrderEncoder.fit(lines, minimum_orders=settings.category_orders)
        whole = encoder.matrix(lines)
        hidden = stream(seed, "supply", "blanked").random(whole.shape) < BLANKED
        suppliers = SupplierEffects.fit(
            whole,
            waited,
            orders=known,
            n_numbers=len(encoder.numbers),
            half_lives_days=settings.half_lives_days,
            prior_receipts=settings.prior_receipts,
        )
        asked = Asked(supplier_id=lines.supplier_id, on=day_number(lines.ordered_on), matrix=whole)
        effects = suppliers.features(asked, history=known, history_matrix=whole, as_of=as_of)
        shown = np.hstack([np.where(hidden, np.nan, whole), effects])
        seen = _on_the_clock(shown, len(encoder.names))
        rows = _expected_clock(waited, effects[:, 0], stream(seed, "supply", "hour of receipt"))
        shipment = pd.factorize(known.shipment_id)[0]
        hazard = _fitted(_estimator(settings, seed, "hazard"), seen, rows, waited.received, shipment)
        cancellation = None
        if waited.weight[waited.cancelled].sum() >= FEWEST_CANCELLATIONS:
            # Orders are cancelled after so many days, however long they would have taken: on the plain clock.
            plain = _expected_clock(waited, np.ones(len(whole)), stream(seed, "supply", "hour of receipt"))
            estimator = _estimator(settings, seed, "cancellation")
            cancellation = _fitted(estimator, shown, plain, waited.cancelled, shipment)
        names = [*encoder.names, *suppliers.names]
        example = pd.DataFrame(np.hstack([whole, effects])[:5], columns=names)
        return cls(
            encoder=encoder,
            suppliers=suppliers,
            hazard=hazard,
            cancellation=cancellation,
            yields=YieldModel.train(known, as_of=as_of),
            settings=settings,
            example_features=example,
        )

    def survival(
        self,
        lines: OrderLines,
        *,
        days: FloatArray,
        given: FloatArray,
        history: PurchaseOrders,
        as_of: np.datetime64,
    ) -> FloatArray:
        """P(not received by then, still open or never to come); see `CurveModel.survival`."""
        # What is known of the supplier by now, when the line has waited: not only what was when it was placed.
        on = day_number(lines.ordered_on) + given
        features = self._features(lines, on, history=history, as_of=as_of)
        return self._to_come(features, days, given)

    def never(
        self, lines: OrderLines, *, given: FloatArray, history: PurchaseOrders, as_of: np.datetime64
    ) -> FloatArray:
        """P(cancelled before it is received, given that it was open after so many days), shape (n,)."""
        if self.cancellation is None:
            return np.zeros(len(lines))
        days = given[:, None] + EVER_DAYS
        return self.survival(lines, days=days, given=given, history=history, as_of=as_of)[:, 0]

    def _to_come(self, features: FloatArray, days: FloatArray, given: FloatArray | float) -> FloatArray:
        n_lines, place = len(features), len(self.encoder.names)
        expected = features[:, place]
        seen = _on_the_clock(features, place)
        times = np.broadcast_to(days, (n_lines, np.shape(days)[-1])) / expected[:, None]
        age = np.broadcast_to(given, n_lines) / expected
        if self.cancellation is None:
            return self.hazard.predict_survival(seen, times, given=age)
        came = [
            self._incidence(
                features[block], seen[block], np.broadcast_to(days, times.shape)[block], age[block]
            )
            for block in _blocks(n_lines)
        ]
        to_come: FloatArray = np.maximum(1 - np.concatenate(came), 0.0)
        return to_come

    def _incidence(
        self, features: FloatArray, seen: FloatArray, days: FloatArray, age: FloatArray
    ) -> FloatArray:
        """P(received by then, and not cancelled before): receipts on their clock, cancellations in days."""
        if self.cancellation is None:
            raise DataError("there is no model of cancellations.")
        expected = features[:, len(self.encoder.names)]
        reached = self.hazard.predict_cumulative_hazard(seen, _DAY_GRID / expected[:, None])
        receipts = np.diff(reached, axis=1) / np.diff(_DAY_GRID)
        edges = [_DAY_GRID, self.cancellation.edges_]
        hazards = [receipts, self.cancellation.predict_hazard(features)]
        came: FloatArray = cumulative_incidence(edges, hazards, days, age * expected)[0]
        return came

    def features(self, lines: OrderLines, *, history: PurchaseOrders, as_of: np.datetime64) -> FloatArray:
        """What is known of each line and its supplier on its own day of order, shape (n, n_features)."""
        return self._features(lines, day_number(lines.ordered_on), history=history, as_of=as_of)

    def _features(
        self, lines: OrderLines, on: FloatArray, *, history: PurchaseOrders, as_of: np.datetime64
    ) -> FloatArray:
        matrix = self.encoder.matrix(lines)
        asked = Asked(supplier_id=lines.supplier_id, on=on, matrix=matrix)
        book = self.encoder.matrix(OrderLines.of_orders(history))
        effects = self.suppliers.features(asked, history=history, history_matrix=book, as_of=as_of)
        return np.hstack([matrix, effects])

    def predict_table(self, features: pd.DataFrame) -> pd.DataFrame:
        """P(not received within days) from features by name, one column for each of ``SURVIVAL_DAYS``.

        Raises
        ------
        DataError
            A feature is not among the columns.
        """
        names = list(self.example_features.columns)
        missing = [name for name in names if name not in features]
        if missing:
            raise DataError(f"columns {', '.join(missing)} are missing; the features are {', '.join(names)}.")
        matrix = features[names].to_numpy(dtype=np.float64)
        survival = self._to_come(matrix, np.array(SURVIVAL_DAYS, dtype=np.float64), 0.0)
        columns = [f"survival_{days}_days" for days in SURVIVAL_DAYS]
        return pd.DataFrame(survival, columns=columns, index=features.index)

    def state(self) -> dict[str, bytes]:
        """Everything needed to score again, as named text files: JSON and LightGBM's own format."""
        seen = self.example_features.notna()  # JSON has no NaN
        rest = {
            "kind": self.kind,
            "settings": asdict(self.settings),
            "categories": self.encoder.categories,
            "numbers": self.encoder.numbers,
            "usual_days": self.suppliers.usual.state(),
            "feature_names": list(self.example_features.columns),
            "example_features": self.example_features.astype(object).where(seen, None).to_numpy().tolist(),
        }
        parts = {"hazard": self.hazard, "cancellation": self.cancellation}
        trees = {
            f"{part}.{name}": data
            for part, model in parts.items()
            if model is not None
            for name, data in model.state().items()
        }
        return {"supply.json": json.dumps(rest).encode(), **self.yields.state(), **trees}

    @classmethod
    def from_state(cls, state: Mapping[str, bytes]) -> "SupplierModel":
        """The model whose ``state()`` this was; it predicts the same to the last bit."""
        rest = json.loads(state["supply.json"])
        categories = {name: tuple(known) for name, known in rest["categories"].items()}
        cancellation = _part(state, "cancellation")
        settings = SupplierModelSettings(**rest["settings"])
        return cls(
            encoder=OrderEncoder(categories=categories, numbers=tuple(rest["numbers"])),
            suppliers=SupplierEffects(
                usual=UsualDays.from_state(rest["usual_days"]),
                half_lives_days=settings.half_lives_days,
                prior_receipts=settings.prior_receipts,
            ),
            hazard=HazardModel.from_state(_part(state, "hazard")),
            cancellation=HazardModel.from_state(cancellation) if cancellation else None,
            yields=YieldModel.from_state(state),
            settings=settings,
            example_features=pd.DataFrame(
                rest["example_features"], columns=rest["feature_names"], dtype=np.float64
            ),
        )


def _blocks(n: int) -> list[slice]:
    return [slice(start, start + BLOCK_LINES) for start in range(0, max(n, 1), BLOCK_LINES)]


def _estimator(settings: SupplierModelSettings, seed: int, part: str) -> HazardModel:
    return HazardModel(
        rounds=settings.rounds,
        learning_rate=settings.learning_rate,
        leaves=settings.leaves,
        feature_share=1.0,  # a split that may not choose the clock would take what goes with the calendar for it
        keep_share=settings.keep_share,
        early_stopping_rounds=settings.early_stopping_rounds,
        clock_feature=0,  # the quoted lead time comes first, in multiples of the expected one
        random_state=integer_seed(seed, "supply", part),
        num_threads=settings.threads,
    )


def _fitted(
    model: HazardModel, features: FloatArray, rows: "_Rows", event: BoolArray, shipment: IntArray
) -> HazardModel:
    """Fitted to the rows of waiting; ``features`` and ``shipment`` have a row an order line, ``event`` one a row."""
    last = len(event) - int(np.ceil(model.validation_fraction * len(event)))
    if not (event[:last].any() and event[last:].any()):
        model.set_params(early_stopping_rounds=None)  # of the latest nothing is known yet to stop by
    return model.fit(
        features[rows.line],
        rows.days,
        event,
        entry=rows.entry,
        sample_weight=rows.weight,
        groups=shipment[rows.line],
    )


class _Rows(NamedTuple):
    """Rows of waiting on the clock of their orders: in multiples of the days expected."""

    line: IntArray
    days: FloatArray
    entry: FloatArray
    weight: FloatArray


def _expected_clock(waited: WaitingTimes, expected: FloatArray, rng: np.random.Generator) -> _Rows:
    """The rows of waiting in multiples of what their lines are expected to take.

    What ended on a day ended at some hour of it, which is drawn: left at the end of the day, every hazard would be
    too low, for then whoever leaves during a period is at risk for all of it.
    """
    ended = waited.end != End.OPEN
    hours = LARGEST_HOUR * rng.random(len(waited)) * np.minimum(waited.days, 1.0)
    days = np.where(ended, waited.days - hours, waited.days)
    unit = expected[waited.line]
    return _Rows(line=waited.line, days=days / unit, entry=waited.entry / unit, weight=waited.weight)


def _on_the_clock(features: FloatArray, place: int) -> FloatArray:
    """What the trees see: the quoted days, first, and one day, at ``place``, in multiples of the days expected.

    The days expected themselves are at ``place``; their inverse tells the trees as much, and as a clock it counts days.
    """
    seen = np.array(features)
    seen[:, 0] = features[:, 0] / features[:, place]
    seen[:, place] = 1.0 / features[:, place]
    return seen


def _part(state: Mapping[str, bytes], part: str) -> dict[str, bytes]:
    return {
        name.removeprefix(f"{part}."): data for name, data in state.items() if name.startswith(f"{part}.")
    }
