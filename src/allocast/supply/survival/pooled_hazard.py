"""The hazard of all rows together, as one tree on time: what boosting begins with."""

import lightgbm as lgb
import numpy as np

from allocast.numerics.arrays import FloatArray
from allocast.supply.survival.leaf_intervals import MOST_LEAVES

__all__ = ["pooled_hazard"]


def pooled_hazard(
    data: lgb.Dataset,
    settings: dict[str, object],
    *,
    time: FloatArray,
    column: int,
    label: FloatArray,
    weight: FloatArray,
) -> lgb.Booster:
    """One tree whose leaves are stretches of time, at the logarithm of events ÷ days at risk in each.

    Boosting that begins here has the shape of the hazard in time from the first tree on, however few the trees, and
    spends them on what tells rows apart.

    Parameters
    ----------
    data : Dataset
        Person-periods, without initial scores.
    settings : dict
        Of LightGBM: what a leaf must hold.
    time : array of shape (n,)
        The column of ``data`` that holds the end of each person-period.
    column : int
        Which it is.
    label : array of shape (n,), in events a day
    weight : array of shape (n,), in days
    """
    n_columns = data.construct().num_feature()
    on_time_alone = {
        "feature_contri": [float(place == column) for place in range(n_columns)],
        "feature_fraction_bynode": 1.0,
        "num_leaves": MOST_LEAVES,
    }
    tree = lgb.train(settings | on_time_alone, data, num_boost_round=1)
    ends, place = np.unique(time, return_inverse=True)
    rows = np.zeros((len(ends), n_columns), dtype=np.float32)
    rows[:, column] = ends
    leaf = tree.predict(rows, pred_leaf=True).reshape(len(ends))[place]
    events, days = np.bincount(leaf, weight * label), np.bincount(leaf, weight)
    overall = events.sum() / days.sum()
    for each in np.unique(leaf):  # half an event more keeps the logarithm finite
        tree.set_leaf_output(0, int(each), float(np.log((events[each] + 0.5) / (days[each] + 0.5 / overall))))
    return tree
