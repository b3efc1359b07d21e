"""Boosting a Tweedie mean on demand of which part was cut short by stock-outs."""

from typing import Any

import lightgbm
import numpy as np

from allocast.forecast.censored.demand_spread import DemandSpread
from allocast.forecast.censored.outcomes import Outcomes
from allocast.numerics.arrays import FloatArray

__all__ = ["CompletedTweedie", "boost"]

WARM_UP = 20  # rounds in which only what was seen counts: before, there is no mean to complete sales by
COMPLETED_EVERY, SPREAD_EVERY = 5, 30  # rounds
GROWTH = 2.0  # of the mean since the warm-up, at most: a leaf in which nothing was seen whole knows no end


class CompletedTweedie:
    """LightGBM's Tweedie objective, with demand completed by what the model expects as it stands.

    The score of a sale that was cut short is the mean score of the demand that may be behind it (Fisher's
    identity), so boosting on E[demand | what was sold] climbs the likelihood of what was seen: expectation
    maximisation, its second half one tree at a time. Where everything was seen it is LightGBM's own objective.

    Parameters
    ----------
    outcomes : Outcomes
    scale : array of shape (n,), in units, > 0
        Trees see demand divided by it.
    weight : array of shape (n,)
    n_series : int
    power : float, in [1, 2)
        The variance power; 1 is Poisson.

    References
    ----------
    Dempster, Laird and Rubin, *Maximum likelihood from incomplete data via the EM algorithm*, JRSS B 39 (1977).
    """

    def __init__(
        self, outcomes: Outcomes, scale: FloatArray, weight: FloatArray, *, n_series: int, power: float
    ) -> None:
        self._outcomes, self._scale, self._power, self._n_series = outcomes, scale, power, n_series
        self._weight = weight.astype(np.float32).astype(np.float64)  # as LightGBM keeps it
        self._target = (outcomes.units / scale).astype(np.float32).astype(np.float64)
        self._cut = np.flatnonzero(~outcomes.complete)
        self._round = 0
        self._spread: DemandSpread | None = None
        self._most: FloatArray = np.empty(0)

    @property
    def start(self) -> float:
        """Log of the mean of what was seen, where the trees begin."""
        seen = self._outcomes.complete
        return float(np.log(np.average(self._target[seen], weights=self._weight[seen])))

    def __call__(self, score: FloatArray, _: Any) -> tuple[FloatArray, FloatArray]:
        """Gradient and second derivative of the deviance in the log mean, arrays of shape (n,)."""
        if len(self._cut):
            self._complete(score)
        self._round += 1
        lower, upper = (np.exp((k - self._power) * score) for k in (1, 2))
        pull = self._target * lower
        gradient: FloatArray = self._weight * (upper - pull)
        curvature: FloatArray = self._weight * ((2 - self._power) * upper + (self._power - 1) * pull)
        return gradient, curvature

    def _complete(self, score: FloatArray) -> None:
        since = self._round - WARM_UP
        cut = self._cut
        if since < 0:
            self._target[cut] = np.exp(score[cut])
            return
        if since == 0:
            self._most = GROWTH * np.exp(score[cut])
        if since % SPREAD_EVERY == 0:
            mean = np.exp(score) * self._scale
            self._spread = DemandSpread.learn(self._outcomes, mean, n_series=self._n_series)
        if since % COMPLETED_EVERY == 0 and self._spread is not None:
            mean = np.minimum(np.exp(score[cut]), self._most) * self._scale[cut]
            self._target[cut] = self._spread.expected(self._outcomes[cut], mean) / self._scale[cut]


def boost(
    parameters: dict[str, Any],
    data: lightgbm.Dataset,
    objective: CompletedTweedie,
    *,
    rounds: int,
) -> lightgbm.Booster:
    """A Tweedie model like LightGBM's own, trained with an objective of ours.

    Parameters
    ----------
    parameters : dict
        LightGBM's; ``objective`` in them is what the model calls itself.
    data : lightgbm.Dataset
    objective : CompletedTweedie
    rounds : int
    """
    data.set_init_score(np.full(data.construct().num_data(), objective.start))
    booster = lightgbm.train(parameters | {"objective": objective}, data, num_boost_round=rounds)
    for leaf in range(int(booster.dump_model(num_iteration=1)["tree_info"][0]["num_leaves"])):
        booster.set_leaf_output(0, leaf, booster.get_leaf_output(0, leaf) + objective.start)
    named = f"objective={parameters['objective']}\nfeature_names="
    return lightgbm.Booster(model_str=booster.model_to_string().replace("feature_names=", named, 1))
