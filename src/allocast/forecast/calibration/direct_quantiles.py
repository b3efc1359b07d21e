"""Quantiles of running totals forecast directly: a few small boosters for each anchor and level, averaged."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import lightgbm
import numpy as np

from allocast.forecast.demand_settings import DemandModelSettings
from allocast.forecast.features import Features, Kind
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray
from allocast.numerics.streams import integer_seed, stream
from allocast.numerics.trees import TreeEnsemble

__all__ = ["DirectQuantiles", "through_anchors"]

Key = tuple[int, int, int]  # anchor, view, place of the level
N_VIEWS = 3

FIRST_STEP = ("week", "weekday", "day_of_month", "month")  # of a span's first period; else the mean over it
DERIVED = (Kind.DEVIATION, Kind.LARGEST, Kind.EXPONENTIAL, Kind.LEVEL, Kind.ZEROS, Kind.OBSERVED)
OF_MANY = ("season", "group")
OWN_SEASON = "season_ago"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DirectQuantiles:
    """Boosters of the quantiles of demand over the first periods together.

    Each quantile is the mean of three boosters': one sees all features, two only the series' own recent demand, the
    calendar, covariates and statics. Their mistakes differ, so that the mean is better than the best of them. They
    learn from totals of periods that were all in stock, each counting alike: where stock-outs cut much demand short,
    they say too little.

    Parameters
    ----------
    anchors : tuple of int
        Over how many periods.
    texts : mapping of (anchor, view, place of the level) to str
        LightGBM's own text form.
    """

    anchors: tuple[int, ...]
    texts: Mapping[Key, str]
    trees: Mapping[Key, TreeEnsemble] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        trees = {key: TreeEnsemble.from_text(text) for key, text in self.texts.items()}
        object.__setattr__(self, "trees", trees)

    @classmethod
    def train(
        cls, features: Features, settings: DemandModelSettings, *, last: int, seed: int
    ) -> "DirectQuantiles":
        """Train on totals whose last period lies at place ``last`` or before.

        Levels of one anchor share their Dataset: it is binned once.
        """
        texts: dict[Key, str] = {}
        for anchor in settings.anchors:
            texts |= _fit(features, settings, anchor, last, seed)
        return cls(anchors=settings.anchors, texts=texts)

    def units(self, features: Features, origins: IntArray, rows: BoolArray, *, threads: int) -> FloatArray:
        """Quantiles of totals, shape (n_rows, n_levels, n_anchors), in units.

        Parameters
        ----------
        features : Features
        origins : array of int, shape (n_origins,)
        rows : array of bool, shape (n_series, n_origins)
        threads : int
        """
        series, places = np.nonzero(rows)
        asked = origins[places]
        n_levels, views = max(place for _, _, place in self.texts) + 1, _views(features)
        units = np.zeros((len(series), n_levels, len(self.anchors)))
        for part in features.blocks(series, asked):
            for number, anchor in enumerate(self.anchors):
                x = span_matrix(features, series[part], asked[part], anchor)
                for view, kept in enumerate(views):
                    seen = x[:, kept]
                    for place in range(n_levels):
                        trees = self.trees[anchor, view, place]
                        units[part, place, number] += trees.predict(seen, threads=threads) / N_VIEWS
        units = np.maximum(np.sort(units, axis=1), 0.0) * self.anchors
        units *= features.scale[series, asked][:, None, None]
        return np.maximum.accumulate(units, axis=2)

    def to_files(self) -> dict[str, bytes]:
        """One file of text a booster."""
        return {_file(key): text.encode() for key, text in self.texts.items()}

    @classmethod
    def from_files(cls, files: Mapping[str, bytes], settings: DemandModelSettings) -> "DirectQuantiles":
        """What ``to_files`` wrote."""
        keys = product(settings.anchors, range(N_VIEWS), range(len(settings.levels)))
        return cls(anchors=settings.anchors, texts={key: files[_file(key)].decode() for key in keys})


def through_anchors(
    total_units: FloatArray, mean_total: FloatArray, anchors: tuple[int, ...], direct: FloatArray
) -> FloatArray:
    """Quantiles of running totals that at the anchors are those forecast directly.

    Between anchors the difference to the given quantiles, in shares of the mean, is interpolated; before the first
    and after the last it stays.

    Parameters
    ----------
    total_units : array of shape (n_series, n_levels, horizon), not falling along levels and horizon
    mean_total : array of shape (n_series, horizon), > 0
    anchors : tuple of int, rising
    direct : array of shape (n_series, n_levels, n_anchors), not falling along levels and anchors

    Returns
    -------
    total_units : array of shape (n_series, n_levels, horizon), not falling along levels and horizon

    Examples
    --------
    >>> given = np.array([[[2.0, 4.0, 6.0]]])
    >>> through_anchors(given, np.array([[2.0, 4.0, 6.0]]), (2,), np.array([[[5.0]]]))
    array([[[2.5, 5. , 7.5]]])
    """
    at = np.array(anchors) - 1
    mean = mean_total[:, None, :]
    gap = direct / mean[:, :, at] - total_units[:, :, at] / mean[:, :, at]
    steps = np.arange(total_units.shape[2])
    right = np.minimum(np.searchsorted(at, steps), len(at) - 1)
    left = np.where(steps < at[right], np.maximum(right - 1, 0), right)
    width = np.maximum(at[right] - at[left], 1)
    share = np.clip((steps - at[left]) / width, 0.0, 1.0)
    between = gap[:, :, left] * (1 - share) + gap[:, :, right] * share
    moved = np.sort(np.maximum(total_units + between * mean, 0.0), axis=1)
    moved = np.where(steps > at[0], np.maximum(moved, direct[:, :, left]), moved)
    moved = np.where(steps <= at[-1], np.minimum(moved, direct[:, :, right]), moved)
    moved[:, :, at] = direct
    rising: FloatArray = np.maximum.accumulate(moved, axis=2)
    return rising


def span_matrix(features: Features, series: IntArray, origins: IntArray, span: int) -> FloatArray:
    """Features of some rows for the total of the first ``span`` periods, shape (n_rows, n_features)."""
    first = features.rows(series, origins, np.full(len(series), 1))
    total, known = np.nan_to_num(first), (~np.isnan(first)).astype(np.float32)
    for step in range(2, span + 1):
        other = features.rows(series, origins, np.full(len(series), step))
        total += np.nan_to_num(other)
        known += ~np.isnan(other)
    mean = np.divide(total, known, out=np.full(total.shape, np.nan, dtype=np.float32), where=known > 0)
    calendar = [place for place, name in enumerate(features.names) if name in FIRST_STEP]
    mean[:, calendar] = first[:, calendar]
    return mean


def _fit(
    features: Features, settings: DemandModelSettings, anchor: int, last: int, seed: int
) -> dict[Key, str]:
    """The boosters of one anchor; those that see the same features share their bins."""
    origins = np.arange(settings.first_origin - 1, last - anchor + 1)
    total = features.target(origins, 1)
    for step in range(2, anchor + 1):
        total += features.target(origins, step)
    known = ~np.isnan(total)
    share = min(1.0, settings.largest_rows / settings.horizon / max(int(known.sum()), 1))
    rows = known & (stream(seed, "demand", "total rows").random(known.shape) < share)
    target = (total / anchor / features.scale[:, origins])[rows]
    series, places = np.nonzero(rows)
    x = span_matrix(features, series, origins[places], anchor)
    texts: dict[Key, str] = {}
    binned: list[int] = []
    for view, kept in enumerate(_views(features)):
        parameters = _parameters(settings, integer_seed(seed, "demand", "total trees", str(view)))
        if kept != binned:
            data, binned = lightgbm.Dataset(x[:, kept], target, params=parameters), kept
        for place, level in enumerate(settings.levels):
            booster = lightgbm.train(parameters | {"alpha": level}, data, settings.quantile_rounds)
            texts[anchor, view, place] = booster.model_to_string()
    return texts


def _views(features: Features) -> tuple[list[int], ...]:
    """Places of the features that each booster sees; none its age, nearly a date: they would learn weeks by heart."""
    families = features.families
    derived = {statistic.name for statistic in features.statistics if statistic.kind in DERIVED}
    everything = [place for place, family in enumerate(families.values()) if family != "age"]
    own = [
        place
        for place, (name, family) in enumerate(families.items())
        if place in everything and (name == OWN_SEASON or (family not in OF_MANY and name not in derived))
    ]
    return everything, own, own


def _file(key: Key) -> str:
    return "total_{}_{}_{}.txt".format(*key)


def _parameters(settings: DemandModelSettings, seed: int) -> dict[str, Any]:
    return {
        "objective": "quantile",
        "num_leaves": settings.quantile_leaves,
        "min_data_in_leaf": settings.smallest_leaf,
        "learning_rate": settings.quantile_learning_rate,
        "feature_fraction": settings.feature_share,
        "bagging_fraction": settings.row_share,
        "bagging_freq": 1,
        "max_bin": 63,
        "feature_pre_filter": False,
        "num_threads": settings.threads,
        "seed": seed,
        "data_random_seed": 1,  # of rows to find bins by; LightGBM takes no other for a Dataset that is binned
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
    }
