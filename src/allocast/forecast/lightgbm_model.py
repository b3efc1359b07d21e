"""The demand model: a LightGBM mean for every step, and calibrated quantiles around it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, ClassVar, Self

import lightgbm
import numpy as np
import pandas as pd

from allocast.demand.calendar import next_periods
from allocast.demand.panel import DemandPanel
from allocast.errors import DataError
from allocast.forecast.calibration import (
    SMALLEST_MEAN,
    RatioQuantiles,
    each_step,
    learn_ratios,
    running_totals,
)
from allocast.forecast.demand_forecast import DemandForecast
from allocast.forecast.demand_settings import DemandModelSettings, FeatureSettings
from allocast.forecast.explanation import Contributions, Explanation, explain, rows_of_steps
from allocast.forecast.features import Background, FeatureRows, Features
from allocast.numerics.arrays import BoolArray, DateArray, FloatArray, IntArray
from allocast.numerics.streams import integer_seed, stream
from allocast.numerics.trees import TreeEnsemble

__all__ = ["DemandModel"]

lightgbm.Sequence.register(FeatureRows)  # rows are read as they are binned


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DemandModel:
    """A trained demand model; make one with ``DemandModel.train``.

    Parameters
    ----------
    settings : DemandModelSettings
    text : str
        LightGBM's own text form of the trees.
    codes : mapping of static column to a mapping of value to code
    of_period, of_total : tuples of RatioQuantiles
        For each step, and for the running total until each step.
    """

    kind: ClassVar[str] = "demand"
    label: ClassVar[str] = "lightgbm"

    settings: DemandModelSettings
    text: str
    codes: Mapping[str, Mapping[str, int]]
    of_period: tuple[RatioQuantiles, ...]
    of_total: tuple[RatioQuantiles, ...]

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
            Cells that were not observed are neither targets nor history.
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
        first = _fit(features, settings, last=unseen, seed=seed)
        of_period, of_total = _calibrate(first, features, settings, np.arange(unseen, last))
        final = _fit(features, settings, last=last, seed=seed)
        text = final.model_to_string()
        return cls(settings=settings, text=text, codes=codes, of_period=of_period, of_total=of_total)

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
        features = Features(panel, self.settings.features, self.codes, background)
        origin = np.array([len(panel.periods) - 1])
        chosen = np.arange(panel.n_series) if rows is None else rows
        asked = np.isin(np.arange(panel.n_series), chosen)
        mean = _predict(self._trees(), features, self.settings, origin, asked[:, None])[:, 0]
        mean = mean[np.searchsorted(np.flatnonzero(asked), chosen)]
        whole = background.whole_units if background else panel.whole_units
        return replace(self._around(mean, panel, chosen), whole=whole)

    def forecasts(self, panel: DemandPanel, origins: DateArray) -> list[DemandForecast]:
        """The forecast at each of several origins, from one pass over the features and one over the trees.

        Each equals ``forecast`` of the panel until there.

        Parameters
        ----------
        panel : DemandPanel
            Reaching to the last origin or further.
        origins : array of days, shape (n_origins,)
        """
        features = Features(panel, self.settings.features, self.codes)
        known = [panel.until(origin) for origin in origins]
        places = np.array([len(past.periods) - 1 for past in known], dtype=np.int64)
        mean = _predict(self._trees(), features, self.settings, places)
        everyone = np.arange(panel.n_series)
        return [self._around(mean[:, place], past, everyone) for place, past in enumerate(known)]

    def _around(self, mean: FloatArray, panel: DemandPanel, chosen: IntArray) -> DemandForecast:
        """Corrected mean and calibrated quantiles around predicted means of the chosen series."""
        return DemandForecast(
            series=panel.series[["item_id", "location_id"]].iloc[chosen].reset_index(drop=True),
            as_of=panel.as_of,
            periods=next_periods(panel.as_of, self.settings.horizon, panel.frequency),
            levels=np.array(self.settings.levels),
            period_units=each_step(self.of_period, mean),
            total_units=running_totals(self.of_total, mean),
            mean=np.stack([q.mean(mean[:, step]) for step, q in enumerate(self.of_period)], axis=1),
            whole=panel.whole_units,
        )

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
        asked = [rows[places] for places in rows_of_steps(periods)]
        return explain(
            self._contributions(features, asked),
            series=panel.series.iloc[rows],
            periods=periods,
            period=panel.frequency.unit,
            families=features.families,
        )

    def _contributions(self, features: Features, asked: Sequence[IntArray]) -> Iterator[Contributions]:
        """Of each step, of the series that are asked for there."""
        booster = self._booster()
        origin = np.array([len(features.panel.periods) - 1])
        for step, rows in enumerate(asked):
            order = np.argsort(rows)
            chosen = np.isin(np.arange(features.panel.n_series), rows)
            x = np.empty((len(rows), len(features.names)), dtype=np.float32)
            x[order] = features.matrix(origin, step + 1, chosen[:, None])
            scale, threads = features.scale[rows, origin[0]], self.settings.threads
            values = booster.predict(x, pred_contrib=True, num_threads=threads)
            mean = np.maximum(booster.predict(x, num_threads=threads) * scale, SMALLEST_MEAN)
            expected = self.of_period[step].mean(mean)
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
            "of_period": [_ratios_to_lists(q) for q in self.of_period],
            "of_total": [_ratios_to_lists(q) for q in self.of_total],
        }
        return {"trees.txt": self.text.encode(), "demand_model.json": json.dumps(document).encode()}

    @classmethod
    def from_state(cls, files: Mapping[str, bytes]) -> Self:
        """The model that ``state`` wrote."""
        document = json.loads(files["demand_model.json"])
        settings = document["settings"]
        features = _with_tuples(settings.pop("features"))
        settings = _with_tuples(settings)
        return cls(
            settings=DemandModelSettings(**settings, features=FeatureSettings(**features)),
            text=files["trees.txt"].decode(),
            codes=document["codes"],
            of_period=tuple(_ratios_from_lists(q) for q in document["of_period"]),
            of_total=tuple(_ratios_from_lists(q) for q in document["of_total"]),
        )

    def _booster(self) -> Any:
        return lightgbm.Booster(model_str=self.text)

    def _trees(self) -> TreeEnsemble:
        return TreeEnsemble.from_text(self.text)


def _fit(features: Features, settings: DemandModelSettings, *, last: int, seed: int) -> Any:
    """A Tweedie mean, trained on targets up to the period at place ``last``."""
    rows, target, weight = _rows(features, settings, last, stream(seed, "demand", "rows"))
    if not target.any():
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
        "num_threads": settings.threads,
        "seed": integer_seed(seed, "demand", "trees"),
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
    }
    data = lightgbm.Dataset(rows, target, weight=weight, feature_name=features.names, params=parameters)
    return lightgbm.train(parameters, data, num_boost_round=settings.rounds)


def _rows(
    features: Features, settings: DemandModelSettings, last: int, rng: np.random.Generator
) -> tuple[FeatureRows, FloatArray, FloatArray]:
    """The rows to learn from, with target and weight of each."""
    origins = np.arange(settings.first_origin - 1, last)
    rows = FeatureRows.drawn(features, origins, settings.horizon, last, settings.largest_rows, rng)
    scale = rows.scale
    age = (last - rows.origins) / settings.half_life_periods
    return rows, rows.target / scale, scale**settings.scale_power * 0.5**age


def _predict(
    trees: TreeEnsemble,
    features: Features,
    settings: DemandModelSettings,
    origins: IntArray,
    rows: BoolArray | None = None,
) -> FloatArray:
    """Expected units, shape (n_series, n_origins, horizon); of whole series only, if ``rows`` names some."""
    scale = features.scale[:, origins]
    scale = scale if rows is None else scale[rows[:, 0]]
    steps = [
        trees.predict(features.matrix(origins, step, rows), threads=settings.threads).reshape(scale.shape)
        for step in range(1, settings.horizon + 1)
    ]
    return np.maximum(np.stack(steps, axis=2) * scale[:, :, None], SMALLEST_MEAN)


def _calibrate(
    booster: Any, features: Features, settings: DemandModelSettings, origins: IntArray
) -> tuple[tuple[RatioQuantiles, ...], tuple[RatioQuantiles, ...]]:
    """Quantiles of each step and each running total, from origins the booster has not seen."""
    trees = TreeEnsemble.from_text(booster.model_to_string())
    mean = _predict(trees, features, settings, origins)
    actual = np.stack([features.target(origins, step + 1) for step in range(settings.horizon)], axis=2)
    return learn_ratios(
        mean.reshape(-1, settings.horizon), actual.reshape(-1, settings.horizon), settings.levels
    )


def _with_tuples(document: Mapping[str, Any]) -> dict[str, Any]:
    """JSON has lists where settings have tuples."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in document.items()}


def _codes(values: pd.Series) -> dict[str, int]:
    return {value: code for code, value in enumerate(sorted(values.astype(str).unique()))}


def _ratios_to_lists(ratios: RatioQuantiles) -> dict[str, list[Any]]:
    return {name.name: getattr(ratios, name.name).tolist() for name in fields(ratios)}


def _ratios_from_lists(document: Mapping[str, list[Any]]) -> RatioQuantiles:
    return RatioQuantiles(**{name: np.array(values) for name, values in document.items()})
