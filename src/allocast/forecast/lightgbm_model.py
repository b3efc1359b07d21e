"""The demand model: a LightGBM mean for every step, and calibrated quantiles around it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, ClassVar, Self

import lightgbm
import numpy as np
import pandas as pd

from allocast.demand.calendar import Frequency, next_periods
from allocast.demand.panel import DemandPanel
from allocast.errors import DataError
from allocast.forecast.calibration.demand_quantiles import DemandQuantiles
from allocast.forecast.calibration.graded_reliability import GradedReliability
from allocast.forecast.contributions import contributions
from allocast.forecast.demand_forecast import DemandForecast, mean_within
from allocast.forecast.demand_settings import DemandModelSettings, FeatureSettings
from allocast.forecast.explanation import Explanation, explain, rows_of_steps
from allocast.forecast.features import Background, Features, labels
from allocast.forecast.fitting.demand_fit import DemandFit
from allocast.forecast.fitting.mean_trees import Bins, predict_means
from allocast.numerics.arrays import DateArray, FloatArray, IntArray
from allocast.numerics.checks import require_increasing
from allocast.numerics.trees import TreeEnsemble

__all__ = ["DemandModel"]

SMALLEST_SALE = 0.01  # units, of a typical sale
LATELY = 20_000  # rows, evenly spread over series, by which forecasts since the training are judged


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
    reliability : GradedReliability
        Grades in which forecasts since the training are judged, and no outcome yet.
    trained_until : day
    frequency : Frequency
        How long a period is: only panels of such periods are forecast.
    """

    kind: ClassVar[str] = "demand"
    label: ClassVar[str] = "lightgbm"

    settings: DemandModelSettings
    text: str
    codes: Mapping[str, Mapping[str, int]]
    quantiles: DemandQuantiles
    reliability: GradedReliability
    trained_until: np.datetime64
    frequency: Frequency
    trees: TreeEnsemble = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "trees", TreeEnsemble.from_text(self.text))

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
            The history is too short, nothing was ever sold in it, or sales are tiny parts of a unit.
        """
        return cls._trained(panel, settings, seed=seed)[0]

    @classmethod
    def train_each(
        cls, panel: DemandPanel, origins: DateArray, settings: DemandModelSettings, *, seed: int
    ) -> Iterator[Self]:
        """Train a model at each of several origins, on what the panel knew there.

        The bins of the first serve the later ones, and know nothing of what came after it. Where a feature that was
        constant until then no longer is, bins are found anew, and serve from there on.

        Parameters
        ----------
        panel : DemandPanel
        origins : array of days, rising
            The last period that each model knows.
        settings : DemandModelSettings
        seed : int

        Raises
        ------
        DataError
            Origins do not rise, or a model cannot be trained.
        """
        require_increasing("origins", origins)
        bins = None
        for origin in origins:
            model, bins = cls._trained(panel.until(origin), settings, seed=seed, earlier=bins)
            yield model

    @classmethod
    def _trained(
        cls, panel: DemandPanel, settings: DemandModelSettings, *, seed: int, earlier: Bins | None = None
    ) -> tuple[Self, Bins]:
        """A model, and the bins that features were put into."""
        _require_fine_units(panel)
        settings = settings.fitted_to(len(panel.periods))
        codes = {name: _codes(panel.series[name]) for name in settings.features.statics}
        fit = DemandFit.of(Features(panel, settings.features, codes), settings, seed=seed, earlier=earlier)
        model = cls(
            settings=settings,
            text=fit.text,
            codes=codes,
            quantiles=fit.quantiles,
            reliability=fit.reliability,
            trained_until=panel.as_of,
            frequency=panel.frequency,
        )
        return model, fit.bins

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

        Raises
        ------
        DataError
            A covariate known ahead is missing in a period that is forecast: for all series, or for one that had it
            in any of the last 13 periods.
        """
        if background and self.settings.follows_outcomes:
            raise DataError(
                "a model that follows outcomes forecasts all series together; the panel has some of them. "
                "Bring all, or train with follows_outcomes: false."
            )
        features = self._features(panel, background)
        origin = np.array([len(panel.periods) - 1])
        chosen = np.arange(panel.n_series) if rows is None else rows
        features.ahead.require_own(chosen, self.settings.horizon)
        found = self._forecasts(features, [panel], origin, chosen)[0]
        return replace(found, whole=background.whole_units) if background else found

    def forecasts(self, panel: DemandPanel, origins: DateArray) -> list[DemandForecast]:
        """The forecast at each of several origins, from one pass over the features and one over the trees.

        Each equals ``forecast`` of the panel until there. What single series lack of a covariate known ahead stays
        missing here: those that ended, and gaps, are part of every past.

        Parameters
        ----------
        panel : DemandPanel
            Reaching to the last origin or further.
        origins : array of days, shape (n_origins,)

        Raises
        ------
        DataError
            No series has a covariate known ahead in a period of the panel that is forecast.
        """
        known = [panel.until(origin) for origin in origins]
        places = np.array([len(past.periods) - 1 for past in known], dtype=np.int64)
        if not len(places):
            return []
        features = self._features(panel)
        features.ahead.require_over(places, self.settings.horizon)
        return self._forecasts(features, known, places, np.arange(panel.n_series))

    def _features(self, panel: DemandPanel, background: Background | None = None) -> Features:
        """The features of a panel whose periods are as long as those trained on."""
        if panel.frequency is not self.frequency:
            raise DataError(
                f"the model was trained on {self.frequency} demand; the panel is {panel.frequency}. "
                "Bring periods of the same length, or train a model for these."
            )
        return Features(panel, self.settings.features, self.codes, background)

    def _forecasts(
        self, features: Features, known: Sequence[DemandPanel], places: IntArray, chosen: IntArray
    ) -> list[DemandForecast]:
        """Forecasts of the chosen series at some places of the panel, and what was known there."""
        asked = np.isin(np.arange(features.panel.n_series), chosen)
        order = np.searchsorted(np.flatnonzero(asked), chosen)
        rows = np.repeat(asked[:, None], len(places), axis=1)
        mean = predict_means(self.trees, features, self.settings, places, rows)
        units = self.quantiles.units(mean, features, places, rows, threads=self.settings.threads)
        lately = self._lately(features, places)
        return [
            self._corrected(
                mean[at :: len(places)][order], units[at :: len(places)][order], past, chosen, own
            )
            for at, (past, own) in enumerate(zip(known, lately, strict=True))
        ]

    def _corrected(
        self,
        mean: FloatArray,
        given: FloatArray,
        panel: DemandPanel,
        chosen: IntArray,
        lately: GradedReliability,
    ) -> DemandForecast:
        """Mean and quantiles of the chosen series, corrected by how far the last ones could be relied on."""
        horizon, levels = self.settings.horizon, np.array(self.settings.levels)
        units = lately.corrected(given, mean, levels)
        totals = np.maximum.accumulate(units[:, :, horizon:], axis=2)
        return DemandForecast(
            series=panel.series[["item_id", "location_id"]].iloc[chosen].reset_index(drop=True),
            as_of=panel.as_of,
            periods=next_periods(panel.as_of, horizon, panel.frequency),
            levels=levels,
            period_units=units[:, :, :horizon],
            total_units=totals,
            mean=mean_within(mean * lately.level_change()[:horizon], totals, levels),
            whole=panel.whole_units,
        )

    def _lately(self, features: Features, places: IntArray) -> list[GradedReliability]:
        """How far this model's own forecasts could be relied on since the training, as known at some places."""
        panel, horizon, window = features.panel, self.settings.horizon, self.settings.recent_periods
        trained = panel.frequency.periods_between(panel.periods[0], self.trained_until)
        first = max(trained, int(places.min()) - window - horizon) - horizon + 1
        origins = np.arange(max(first, 0), int(places.max()))
        followed = self.settings.follows_outcomes and window > 0 and places.max() > trained
        if not followed or not len(origins):
            return [self.reliability] * len(places)
        rows = np.zeros((panel.n_series, len(origins)), dtype=bool)
        rows[:: max(-(-panel.n_series * (window + horizon) // LATELY), 1)] = True
        mean = predict_means(self.trees, features, self.settings, origins, rows)
        fresh = self.quantiles.reliability(
            mean, features, origins, rows, threads=self.settings.threads, like=self.reliability
        )
        until = origins[:, None] + np.tile(np.arange(1, horizon + 1), 2)
        kept = [(until > trained) & (until <= place) for place in places]
        return [fresh.where(own).recent(window) for own in kept]

    def past_means(self, panel: DemandPanel) -> FloatArray:
        """What the trees expect of each period, one period ahead, shape (n_series, n_periods), in units.

        The first period, which no origin lies before, is taken to be like the second.
        """
        features = self._features(panel)
        first_step = replace(self.settings, horizon=1, anchors=(1,))
        origins = np.arange(len(panel.periods) - 1)
        everywhere = np.ones((panel.n_series, len(origins)), dtype=bool)
        mean = predict_means(self.trees, features, first_step, origins, everywhere).reshape(everywhere.shape)
        return np.hstack([mean[:, :1], mean])

    def predict_table(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Expected demand from a table of features, in the series' own scale: column ``mean``."""
        x = frame[list(self.trees.feature_names)].to_numpy(np.float64, na_value=np.nan)
        return pd.DataFrame({"mean": self.trees.predict(x)})

    def importance(self) -> pd.Series:
        """Share of the total gain that each feature brought, largest first."""
        booster = lightgbm.Booster(model_str=self.text)
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
        features = self._features(panel)
        origin = np.array([len(panel.periods) - 1])
        expected = self._forecasts(features, [panel], origin, rows)[0].mean
        asked = [(rows[places], expected[places, step]) for step, places in enumerate(rows_of_steps(periods))]
        return explain(
            contributions(self.text, features, asked, threads=self.settings.threads),
            series=panel.series.iloc[rows],
            periods=periods,
            period=panel.frequency.unit,
            families=features.families,
        )

    def state(self) -> dict[str, bytes]:
        """The model as files of text: trees, settings, codes and quantiles."""
        document = {
            "settings": asdict(self.settings),
            "codes": self.codes,
            "reliability": self.reliability.to_lists(),
            "trained_until": str(self.trained_until),
            "frequency": str(self.frequency),
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
            reliability=GradedReliability.from_lists(document["reliability"], len(model.levels)),
            trained_until=np.datetime64(document["trained_until"]),
            frequency=Frequency(document["frequency"]),
        )


def _with_tuples(document: Mapping[str, Any]) -> dict[str, Any]:
    """JSON has lists where settings have tuples."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in document.items()}


def _require_fine_units(panel: DemandPanel) -> None:
    """Means and scales have floors that are small only beside what is sold at a time."""
    sold = panel.units[panel.units > 0]
    typical = float(np.median(sold)) if len(sold) else 1.0
    if typical < SMALLEST_SALE:
        raise DataError(
            f"a typical sale must be {SMALLEST_SALE:g} units or more; half of the {len(sold)} sales are below "
            f"{typical:.2g}. Bring demand in smaller units, such as kilograms for tonnes."
        )


def _codes(values: pd.Series) -> dict[str, int]:
    return {value: code for code, value in enumerate(sorted(labels(values).dropna().unique()))}
