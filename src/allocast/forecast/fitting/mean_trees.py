"""The trees of the mean: a Tweedie likelihood, completed where demand was cut short by a stock-out."""

from collections.abc import Sequence
from typing import TypeAlias

import lightgbm
import numpy as np

from allocast.errors import DataError
from allocast.forecast.calibration.ratio_quantiles import SMALLEST_MEAN
from allocast.forecast.censored.completed_tweedie import CompletedTweedie, boost
from allocast.forecast.demand_settings import DemandModelSettings
from allocast.forecast.features import FeatureRows, Features
from allocast.forecast.fitting.training_rows import TrainingRows
from allocast.forecast.fitting.young import Young
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray
from allocast.numerics.streams import integer_seed
from allocast.numerics.trees import TreeEnsemble

__all__ = ["Bins", "fit_mean_trees", "predict_means"]

lightgbm.Sequence.register(FeatureRows)  # rows are read as they are binned

Bins: TypeAlias = lightgbm.Dataset
BINNED_BY = 100_000  # rows that say where bins lie, read one by one; of fewer LightGBM warns


def fit_mean_trees(
    features: Features,
    young: Sequence[Young],
    settings: DemandModelSettings,
    *,
    last: int,
    seed: int,
    among: BoolArray | None = None,
    bins: Bins | None = None,
    earlier: Bins | None = None,
) -> tuple[str, Bins]:
    """A Tweedie mean, trained on targets up to the period at place ``last``, of all series or those ``among``.

    Gives the trees as LightGBM's own text, and the bins that the features were put into, which another fit may take
    as they are: finding them is a fifth of the work. Bins of an ``earlier`` history are taken unless a feature would be
    lost by them.
    """
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
    if bins is None and earlier is not None and _lose_nothing(earlier, rows.parts):
        bins = earlier
    data = lightgbm.Dataset(
        [*rows.parts],
        told.units / scale,
        reference=bins,
        weight=weight,
        feature_name=features.names,
        params=parameters,
    )
    if told.complete.all():
        booster = lightgbm.train(parameters, data, num_boost_round=settings.rounds)
    else:
        objective = CompletedTweedie(
            told, scale, weight, n_series=features.panel.n_series, power=settings.tweedie_power
        )
        booster = boost(parameters, data, objective, rounds=settings.rounds)
    return booster.model_to_string(), data if bins is None else bins  # a chain of them would keep all rows


def predict_means(
    trees: TreeEnsemble, features: Features, settings: DemandModelSettings, origins: IntArray, rows: BoolArray
) -> FloatArray:
    """Expected units of some rows, shape (n_rows, horizon).

    Parameters
    ----------
    trees : TreeEnsemble
    features : Features
    settings : DemandModelSettings
    origins : array of int, shape (n_origins,)
    rows : array of bool, shape (n_series, n_origins)
    """
    series, places = np.nonzero(rows)
    asked = origins[places]
    mean = np.empty((len(series), settings.horizon))
    for part in features.blocks(series, asked):
        for step in range(1, settings.horizon + 1):
            x = features.rows(series[part], asked[part], np.full(len(asked[part]), step))
            mean[part, step - 1] = trees.predict(x, threads=settings.threads)
    mean *= features.scale[series, asked][:, None]
    return np.maximum(mean, SMALLEST_MEAN)


def _lose_nothing(bins: Bins, rows: Sequence[FeatureRows]) -> bool:
    """Whether each feature that has no bins is the same in all rows, so that trees could not look at it anyway.

    LightGBM gives none to a feature by which it could not divide the rows that it found bins on, and a feature without
    bins is left out of whatever is put into them.
    """
    without = [place for place in range(bins.num_feature()) if bins.feature_num_bin(place) == 0]
    first = rows[0][0:1][:, without]
    return not without or all(
        np.array_equal(found, np.broadcast_to(first, found.shape), equal_nan=True)
        for part in rows
        for start in range(0, len(part), part.batch_size)
        for found in [part[start : start + part.batch_size][:, without]]
    )
