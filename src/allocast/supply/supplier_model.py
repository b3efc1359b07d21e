"""Lead times learned from the order book by trees on the hazard."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from allocast.errors import DataError, SettingsError
from allocast.numerics.arrays import BoolArray, FloatArray
from allocast.numerics.streams import integer_seed, stream
from allocast.supply.orders.order_features import OrderEncoder, OrderLines
from allocast.supply.orders.purchase_orders import PurchaseOrders
from allocast.supply.orders.waiting import WaitingTimes, waiting_times
from allocast.supply.suppliers.frailty import supplier_frailty
from allocast.supply.supply_model import CurveModel
from allocast.supply.survival.competing import cumulative_incidence
from allocast.supply.survival.hazard_model import HazardModel
from allocast.supply.yields import YieldModel

__all__ = ["SURVIVAL_DAYS", "SupplierModel", "SupplierModelSettings"]

SURVIVAL_DAYS = (1, 2, 4, 7, 10, 14, 21, 28, 42, 56, 84, 112, 168, 252, 364)
FEWEST_CANCELLATIONS = 40  # lines' worth of them, without which their hazard is not learned
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
    category_orders : int, >= 1
        Orders that an item, a location or another category must have to be told from the rest.
    threads : int, >= 1

    Raises
    ------
    SettingsError
        A number is out of its range.
    """

    rounds: int = 200
    learning_rate: float = 0.05
    leaves: int = 15
    keep_share: float = 0.25
    half_lives_days: tuple[float, ...] = (120.0, 720.0)
    prior_receipts: float = 5.0
    category_orders: int = 20
    threads: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "half_lives_days", tuple(self.half_lives_days))
        ranges = {
            "rounds": self.rounds >= 1,
            "learning_rate": 0 < self.learning_rate <= 1,
            "leaves": self.leaves >= 2,
            "keep_share": 0 < self.keep_share <= 1,
            "half_lives_days": bool(self.half_lives_days) and min(self.half_lives_days) > 0,
            "prior_receipts": self.prior_receipts > 0,
            "category_orders": self.category_orders >= 1,
            "threads": self.threads >= 1,
        }
        wrong = [f"{name} = {getattr(self, name)}" for name, fine in ranges.items() if not fine]
        if wrong:
            raise SettingsError(f"out of range (see SupplierModelSettings): {', '.join(wrong)}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierModel(CurveModel):
    """Lead times from trees on the hazard, with the quoted lead time as a second clock.

    Suppliers enter by their effect only, as it was known on the day of the order: one never seen is like the
    others. The effect comes from the order book brought at scoring, so it moves on without training anew.

    Cancellations compete with receipts: where the book has enough of them, an order is received with the
    cumulative incidence of receipts, which does not reach 1. With fewer, ``cancellation`` is none, and what was
    cancelled is taken as still waiting when it was.

    Parameters
    ----------
    encoder : OrderEncoder
    baseline : HazardModel
        Of the quoted lead time alone: what the receipts of a supplier are compared with.
    hazard : HazardModel
        Of receipts.
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
    baseline: HazardModel
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
        if not waited.received.any():
            raise DataError(
                f"a supply model needs received orders; of {len(known)} lines ordered by {as_of} none was "
                "received by then. Use contract lead times, or a later day."
            )
        lines = OrderLines.of_orders(known)
        encoder = OrderEncoder.fit(lines, minimum_orders=settings.category_orders)
        whole = encoder.matrix(lines)
        hidden = stream(seed, "supply", "blanked").random(whole.shape) < BLANKED
        features = np.where(hidden, np.nan, whole)
        baseline = _fitted(_estimator(settings, seed, "baseline"), features[:, :1], waited, waited.received)
        effects = _effects(baseline, settings, history=known, as_of=as_of, lines=lines)
        seen = np.hstack([features, effects])
        hazard = _fitted(_estimator(settings, seed, "hazard"), seen, waited, waited.received)
        cancellation = None
        if waited.weight[waited.cancelled].sum() >= FEWEST_CANCELLATIONS:
            estimator = _estimator(settings, seed, "cancellation")
            cancellation = _fitted(estimator, seen, waited, waited.cancelled)
        names = [*encoder.names, *_effect_names(settings)]
        example = pd.DataFrame(np.hstack([whole, effects])[:5], columns=names)
        return cls(
            encoder=encoder,
            baseline=baseline,
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
        return self._to_come(self.features(lines, history=history, as_of=as_of), days, given)

    def _to_come(self, features: FloatArray, days: FloatArray, given: FloatArray | float) -> FloatArray:
        if self.cancellation is None:
            return self.hazard.predict_survival(features, days, given=given)
        causes = (self.hazard, self.cancellation)
        edges, hazards = (
            [cause.edges_ for cause in causes],
            [cause.predict_hazard(features) for cause in causes],
        )
        to_come: FloatArray = np.maximum(1 - cumulative_incidence(edges, hazards, days, given)[0], 0.0)
        return to_come

    def features(self, lines: OrderLines, *, history: PurchaseOrders, as_of: np.datetime64) -> FloatArray:
        """What the trees see of each line, as of its own day of order, shape (n, n_features)."""
        effects = _effects(self.baseline, self.settings, history=history, as_of=as_of, lines=lines)
        return np.hstack([self.encoder.matrix(lines), effects])

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
            "feature_names": list(self.example_features.columns),
            "example_features": self.example_features.astype(object).where(seen, None).to_numpy().tolist(),
        }
        parts = {"baseline": self.baseline, "hazard": self.hazard, "cancellation": self.cancellation}
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
        return cls(
            encoder=OrderEncoder(categories=categories, numbers=tuple(rest["numbers"])),
            baseline=HazardModel.from_state(_part(state, "baseline")),
            hazard=HazardModel.from_state(_part(state, "hazard")),
            cancellation=HazardModel.from_state(cancellation) if cancellation else None,
            yields=YieldModel.from_state(state),
            settings=SupplierModelSettings(**rest["settings"]),
            example_features=pd.DataFrame(
                rest["example_features"], columns=rest["feature_names"], dtype=np.float64
            ),
        )


def _estimator(settings: SupplierModelSettings, seed: int, part: str) -> HazardModel:
    return HazardModel(
        rounds=settings.rounds,
        learning_rate=settings.learning_rate,
        leaves=settings.leaves,
        keep_share=settings.keep_share,
        clock_feature=0,  # the quoted lead time comes first
        random_state=integer_seed(seed, "supply", part),
        num_threads=settings.threads,
    )


def _fitted(model: HazardModel, features: FloatArray, waited: WaitingTimes, event: BoolArray) -> HazardModel:
    """Fitted to the rows of waiting; ``features`` has a row an order line, ``event`` one a row of waiting."""
    return model.fit(
        features[waited.line],
        waited.days,
        event,
        entry=waited.entry,
        sample_weight=waited.weight,
    )


def _effects(
    baseline: HazardModel,
    settings: SupplierModelSettings,
    *,
    history: PurchaseOrders,
    as_of: np.datetime64,
    lines: OrderLines,
) -> FloatArray:
    """Supplier effects on the day of each line, shape (n_lines, n_half_lives + 1)."""
    waited = waiting_times(history, as_of)
    quoted, place = np.unique(OrderLines.of_orders(history).quoted_days, return_inverse=True)
    return supplier_frailty(
        supplier_id=history.supplier_id[waited.line],
        ordered_on=_day_number(history.ordered_on)[waited.line],
        duration=waited.days,
        received=waited.received,
        entry=waited.entry,
        weight=waited.weight,
        edges=baseline.edges_,
        hazard=baseline.predict_hazard(quoted[:, None])[place[waited.line]],
        ask_supplier_id=lines.supplier_id,
        ask_on=_day_number(lines.ordered_on),
        half_lives=settings.half_lives_days,
        prior_receipts=settings.prior_receipts,
    )


def _effect_names(settings: SupplierModelSettings) -> list[str]:
    return [*(f"supplier_effect_{days:g}_days" for days in settings.half_lives_days), "log_supplier_receipts"]


def _day_number(days: np.ndarray) -> FloatArray:
    return days.astype("datetime64[D]").astype(np.float64)


def _part(state: Mapping[str, bytes], part: str) -> dict[str, bytes]:
    return {
        name.removeprefix(f"{part}."): data for name, data in state.items() if name.startswith(f"{part}.")
    }
