"""The demand model: a LightGBM mean for every step, and calibrated quantiles around it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar, Self

import lightgbm
import numpy as np
import pandas as pd

from allocast.demand.calendar import next_periods
from allocast.demand.panel import DemandPanel
from allocast.errors import DataError
from allocast.forecast.calibration.demand_quantiles import DemandQuantiles
from allocast.forecast.calibration.direct_quantiles import DirectQuantiles
from allocast.forecast.calibration.ratio_quantiles import SMALLEST_MEAN
from allocast.forecast.calibration.reliability import Reliability
from allocast.forecast.censored.completed_tweedie import CompletedTweedie, boost
from allocast.forecast.demand_forecast import DemandForecast
from allocast.forecast.demand_settings import DemandModelSettings, FeatureSettings
from allocast.forecast.explanation import Contributions, Explanation, explain, rows_of_steps
from allocast.forecast.features import Background, FeatureRows, Features
from allocast.forecast.fitting.held_out import HeldOut, predict_means, what_came
from allocast.forecast.fitting.training_rows import TrainingRows
from allocast.forecast.fitting.young import Young
from allocast.numerics.arrays import BoolArray, DateArray, FloatArray, IntArray
from allocast.numerics.streams import integer_seed
from allocast.numerics.trees import TreeEnsemble

__all__ = ["DemandModel"]

lightgbm.Sequence.register(FeatureRows)  # rows are read as they are binned

LATELY = 4000  # rows, evenly spread over series, by which forecasts since the training are judged
SMALLEST_ROWS = 1000
BINNED_BY = 100_000  # rows that say where bins lie, read one by one; of fewer LightGBM warns


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DemandModel:
    """A trained demand model; make one with ``DemandModel.train``.

    Parameters
    ----------
    settings : DemandModelSettings
    text : str
        LightGBM's own text form of the trees.
    codes : mapping of static column to a mapping of value to code
    quantiles : DemandQuantiles
    reliability : Reliability
        Of forecasts at the last origins before ``trained_until``, by models that had not seen what came of them.
    trained_until : day
    """

    kind: ClassVar[str] = "demand"
    label: ClassVar[str] = "lightgbm"

    settings: DemandModelSettings
    text: str
    codes: Mapping[str, Mapping[str, int]]
    quantiles: DemandQuantiles
    reliability: Reliability
    trained_until: np.datetime64

    @property
    def name(self) -> str:
        """Name for tables."""
        return self.label

    @classmethod
    def train(cls, panel: DemandPanel, settings: DemandModelSettings, *, seed: int) -> Self:
        """Train on everything the panel knows.

        Parameters
        ----------
        panel : DemandPanel
            Cells that were not observed are no history. As targets they count with the demand that may lie behind
            what was sold.
        settings : DemandModelSettings
        seed : int

        Raises
        ------
        DataError
            The history is too short, or nothing was ever sold in it.
        """
        settings = settings.fitted_to(len(panel.periods))
        last = len(panel.periods) - 1
        unseen = last - settings.calibration_periods
        codes = {name: _codes(panel.series[name]) for name in settings.features.statics}
        features = Features(panel, settings.features, codes)
        young = Young.drawn(features, settings, last=last, seed=seed)
        held_out = _held_out(features, young, settings, last=last, unseen=unseen, seed=seed)
        known = [own.known_to_the_boosters() for own in held_out]
        early = _quantiles(features, settings, held_out, known, unseen, seed)
        late = held_out[0].after()
        return cls(
            settings=settings,
            text=_fit(features, young, settings, last=last, seed=seed),
            codes=codes,
            quantiles=_quantiles(features, settings, held_out, [own.actual for own in held_out], last, seed),
            reliability=_reliability(early, features, settings, late.origins, late.rows, late.mean),
            trained_until=panel.as_of,
        )

    def forecast(
        self, panel: DemandPanel, rows: IntArray | None = None, *, background: Background | None = None
    ) -> DemandForecast:
        """Distributions of the periods after the panel's last.

        Parameters
        ----------
        panel : DemandPanel
            History as it is known now; it may reach further than what the model was trained on.
        rows : array of int, optional
            Only these series are forecast, in the given order; all of the panel's history is still looked at,
            for group means.
        background : Background, optional
            What is known of all series, where the panel has only some of them: each gets the forecast that it gets
            from the panel of all, to the last bit.
        """
        origin = np.array([len(panel.periods) - 1])
        chosen = np.arange(panel.n_series) if rows is None else rows
        found = self._forecasts(panel, [panel], origin, chosen, background)[0]
        return replace(found, whole=background.whole_units) if background else found

    def forecasts(self, panel: DemandPanel, origins: DateArray) -> list[DemandForecast]:
        """The forecast at each of several origins, from one pass over the features and one over the trees.

        Each equals ``forecast`` of the panel until there.

        Parameters
        ----------
        panel : DemandPanel
            Reaching to the last origin or further.
        origins : array of days, shape (n_origins,)
        """
        known = [panel.until(origin) for origin in origins]
        places = np.array([len(past.periods) - 1 for past in known], dtype=np.int64)
        return self._forecasts(panel, known, places, np.arange(panel.n_series))

    def _forecasts(
        self,
        panel: DemandPanel,
        known: Sequence[DemandPanel],
        places: IntArray,
        chosen: IntArray,
        background: Background | None = None,
    ) -> list[DemandForecast]:
        """Forecasts of the chosen series at some places of the panel, and what was known there."""
        if background and self.settings.follows_outcomes:
            raise DataError(
                "a model that follows outcomes forecasts all series together; the panel has some of them. "
                "Bring all, or train with follows_outcomes: false."
            )
        if not len(places):
            return []
        features = Features(panel, self.settings.features, self.codes, background)
        asked = np.isin(np.arange(panel.n_series), chosen)
        order = np.searchsorted(np.flatnonzero(asked), chosen)
        rows = np.repeat(asked[:, None], len(places), axis=1)
        mean = predict_means(self._trees(), features, self.settings, places, rows)
        units = self.quantiles.units(mean, features, places, rows, threads=self.settings.threads)
        lately = self._lately(features, places)
        return [
            self._corrected(
                mean[at :: len(places)][order], units[at :: len(places)][order], past, chosen, own
            )
            for at, (past, own) in enumerate(zip(known, lately, strict=True))
        ]

    def _corrected(
        self, mean: FloatArray, given: FloatArray, panel: DemandPanel, chosen: IntArray, lately: Reliability
    ) -> DemandForecast:
        """Mean and quantiles of the chosen series, corrected by how far the last ones could be relied on."""
        horizon, levels = self.settings.horizon, np.array(self.settings.levels)
        units = lately.corrected(given, levels) if self.settings.recent_periods else given
        of_period = units[:, :, :horizon]
        change = lately.level_change(of_period, given[:, :, :horizon], levels)
        return DemandForecast(
            series=panel.series[["item_id", "location_id"]].iloc[chosen].reset_index(drop=True),
            as_of=panel.as_of,
            periods=next_periods(panel.as_of, horizon, panel.frequency),
            levels=levels,
            period_units=of_period,
            total_units=np.maximum.accumulate(units[:, :, horizon:], axis=2),
            mean=mean * change,
            whole=panel.whole_units,
        )

    def _lately(self, features: Features, places: IntArray) -> list[Reliability]:
        """How far recent forecasts could be relied on, as known at some places: those of the training, and later."""
        panel, horizon, window = features.panel, self.settings.horizon, self.settings.recent_periods
        trained = panel.frequency.periods_between(panel.periods[0], self.trained_until)
        first = max(trained, int(places.min()) - window - horizon) - horizon + 1
        origins = np.arange(max(first, 0), int(places.max()))
        followed = self.settings.follows_outcomes and window > 0 and places.max() > trained
        if not followed or not len(origins):
            return [self.reliability.recent(window)] * len(places)
        rows = np.zeros((panel.n_series, len(origins)), dtype=bool)
        rows[:: max(-(-panel.n_series * (window + horizon) // LATELY), 1)] = True
        mean = predict_means(self._trees(), features, self.settings, origins, rows)
        fresh = _reliability(self.quantiles, features, self.settings, origins, rows, mean)
        until = origins[:, None] + np.tile(np.arange(1, horizon + 1), 2)
        kept = [(until > trained) & (until <= place) for place in places]
        return [self.reliability.followed_by(fresh.where(own)).recent(window) for own in kept]

    def past_means(self, panel: DemandPanel) -> FloatArray:
        """What the trees expect of each period, one period ahead, shape (n_series, n_periods), in units.

        The first period, which no origin lies before, is taken to be like the second.
        """
        features = Features(panel, self.settings.features, self.codes)
        first_step = replace(self.settings, horizon=1, anchors=(1,))
        origins = np.arange(len(panel.periods) - 1)
        everywhere = np.ones((panel.n_series, len(origins)), dtype=bool)
        mean = predict_means(self._trees(), features, first_step, origins, everywhere).reshape(
            everywhere.shape
        )
        return np.hstack([mean[:, :1], mean])

    def predict_table(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Expected demand from a table of features, in the series' own scale: column ``mean``."""
        trees = self._trees()
        x = frame[list(trees.feature_names)].to_numpy(np.float64, na_value=np.nan)
        return pd.DataFrame({"mean": trees.predict(x)})

    def importance(self) -> pd.Series:
        """Share of the total gain that each feature brought, largest first."""
        booster = self._booster()
        gain = pd.Series(booster.feature_importance("gain"), index=booster.feature_name())
        return (gain / gain.sum()).sort_values(ascending=False)

    def explain(self, panel: DemandPanel, rows: IntArray, periods: IntArray) -> Explanation:
        """Why the forecasts of some series are what they are, over their next periods.

        Exact TreeSHAP values of the trees, turned into units. Of 200 trees with 31 leaves a core makes a few hundred
        series × periods a second, some 200 times less than forecasts: ask for few.

        Parameters
        ----------
        panel : DemandPanel
            As for ``forecast``.
        rows : array of int, shape (n_rows,)
            Each series once.
        periods : array of int, shape (n_rows,), in 1 … horizon
            Over how many coming periods each is explained.
        """
        if len(rows) and periods.max() > self.settings.horizon:
            raise DataError(
                f"a forecast is explained within its horizon of {self.settings.horizon} periods; "
                f"asked are {periods.max()}."
            )
        features = Features(panel, self.settings.features, self.codes)
        expected = self.forecast(panel, rows).mean
        asked = [(rows[places], expected[places, step]) for step, places in enumerate(rows_of_steps(periods))]
        return explain(
            self._contributions(features, asked),
            series=panel.series.iloc[rows],
            periods=periods,
            period=panel.frequency.unit,
            families=features.families,
        )

    def _contributions(
        self, features: Features, asked: Sequence[tuple[IntArray, FloatArray]]
    ) -> Iterator[Contributions]:
        """Of each step, of the series that are asked for there and their expected units."""
        booster = self._booster()
        origin = np.array([len(features.panel.periods) - 1])
        for step, (rows, expected) in enumerate(asked):
            order = np.argsort(rows)
            chosen = np.isin(np.arange(features.panel.n_series), rows)
            x = np.empty((len(rows), len(features.names)), dtype=np.float32)
            x[order] = features.matrix(origin, step + 1, chosen[:, None])
            scale, threads = features.scale[rows, origin[0]], self.settings.threads
            values = booster.predict(x, pred_contrib=True, num_threads=threads)
            mean = np.maximum(booster.predict(x, num_threads=threads) * scale, SMALLEST_MEAN)
            yield Contributions(
                names=tuple(features.names),
                values=values[:, :-1],
                usual=scale * np.exp(values[:, -1]) * expected / mean,
                expected=expected,
            )

    def state(self) -> dict[str, bytes]:
        """The model as files of text: trees, settings, codes and quantiles."""
        document = {
            "settings": asdict(self.settings),
            "codes": self.codes,
            "reliability": self.reliability.to_lists(),
            "trained_until": str(self.trained_until),
            **self.quantiles.to_lists(),
        }
        files = {"trees.txt": self.text.encode(), "demand_model.json": json.dumps(document).encode()}
        return files if self.quantiles.direct is None else files | self.quantiles.direct.to_files()

    @classmethod
    def from_state(cls, files: Mapping[str, bytes]) -> Self:
        """The model that ``state`` wrote."""
        document = json.loads(files["demand_model.json"])
        settings = document["settings"]
        features = _with_tuples(settings.pop("features"))
        model = DemandModelSettings(**_with_tuples(settings), features=FeatureSettings(**features))
        return cls(
            settings=model,
            text=files["trees.txt"].decode(),
            codes=document["codes"],
            quantiles=DemandQuantiles.from_lists(document, files, model),
            reliability=Reliability.from_lists(document["reliability"]),
            trained_until=np.datetime64(document["trained_until"]),
        )

    def _booster(self) -> Any:
        return lightgbm.Booster(model_str=self.text)

    def _trees(self) -> TreeEnsemble:
        return TreeEnsemble.from_text(self.text)


def _fit(
    features: Features,
    young: Sequence[Young],
    settings: DemandModelSettings,
    *,
    last: int,
    seed: int,
    among: BoolArray | None = None,
) -> str:
    """A Tweedie mean, trained on targets up to the period at place ``last``, of all series or those ``among``."""
    rows = TrainingRows.drawn(features, young, settings, last=last, seed=seed, among=among)
    told, scale, weight = rows.outcomes, rows.scale, rows.weight
    if not told.units[told.complete].any():
        raise DataError(
            "a demand model needs demand; in what is observed of this history nothing was ever sold."
        )
    parameters = {
        "objective": "tweedie",
        "tweedie_variance_power": settings.tweedie_power,
        "num_leaves": settings.leaves,
        "min_data_in_leaf": settings.smallest_leaf,
        "learning_rate": settings.learning_rate,
        "feature_fraction": settings.feature_share,
        "bagging_fraction": settings.row_share,
        "bagging_freq": 1,
        "max_bin": 63,
        "bin_construct_sample_cnt": BINNED_BY,
        "num_threads": settings.threads,
        "seed": integer_seed(seed, "demand", "trees"),
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
    }
    data = lightgbm.Dataset(
        [*rows.parts], told.units / scale, weight=weight, feature_name=features.names, params=parameters
    )
    if told.complete.all():
        booster = lightgbm.train(parameters, data, num_boost_round=settings.rounds)
    else:
        objective = CompletedTweedie(
            told, scale, weight, n_series=features.panel.n_series, power=settings.tweedie_power
        )
        booster = boost(parameters, data, objective, rounds=settings.rounds)
    text: str = booster.model_to_string()
    return text


def _held_out(
    features: Features,
    young: Sequence[Young],
    settings: DemandModelSettings,
    *,
    last: int,
    unseen: int,
    seed: int,
) -> tuple[HeldOut, ...]:
    """Means and outcomes of series and periods that were not trained on."""
    fewer = replace(settings, largest_rows=max(settings.largest_rows // 2, SMALLEST_ROWS))

    def fit(among: BoolArray) -> TreeEnsemble:
        return TreeEnsemble.from_text(_fit(features, young, fewer, last=unseen, seed=seed, among=among))

    return HeldOut.predict(fit, features, young, settings, last=last, unseen=unseen, seed=seed)


def _quantiles(
    features: Features,
    settings: DemandModelSettings,
    held_out: Sequence[HeldOut],
    actual: Sequence[FloatArray],
    last: int,
    seed: int,
) -> DemandQuantiles:
    """Quantiles learned from what was known at the place ``last``."""
    boosted = settings.quantiles == "boosted"
    direct = DirectQuantiles.train(features, settings, last=last, seed=seed) if boosted else None
    return DemandQuantiles.learn(
        np.concatenate([own.mean for own in held_out]),
        np.concatenate(actual),
        np.concatenate([own.bounded for own in held_out]),
        np.concatenate([own.seen for own in held_out]),
        settings.levels,
        direct,
    )


def _reliability(
    quantiles: DemandQuantiles,
    features: Features,
    settings: DemandModelSettings,
    origins: IntArray,
    rows: BoolArray,
    mean: FloatArray,
) -> Reliability:
    """How often outcomes of some rows lay within their quantiles."""
    actual, bounded = what_came(features.panel, settings.horizon, origins, rows)
    return Reliability.count(
        features.panel.periods[origins],
        np.nonzero(rows)[1],
        np.concatenate([actual, np.cumsum(actual, axis=1)], axis=1),
        np.concatenate([bounded, np.logical_or.accumulate(bounded, axis=1)], axis=1),
        quantiles.units(mean, features, origins, rows, threads=settings.threads),
        np.array(settings.levels),
        whole=features.panel.whole_units,
    )


def _with_tuples(document: Mapping[str, Any]) -> dict[str, Any]:
    """JSON has lists where settings have tuples."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in document.items()}


def _codes(values: pd.Series) -> dict[str, int]:
    return {value: code for code, value in enumerate(sorted(values.astype(str).unique()))}
