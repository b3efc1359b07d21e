"""What is asked of a survival estimator, from the hazards of its rows: in the manners of scikit-learn."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

from allocast.errors import DataError
from allocast.numerics.arrays import FloatArray
from allocast.supply.survival.durations import Durations, feature_matrix
from allocast.supply.survival.piecewise import PiecewiseExponential

__all__ = ["SurvivalEstimator"]

BLOCK_CURVES = 4_000  # curves asked at once: bounds memory


class SurvivalEstimator(BaseEstimator, ABC):  # type: ignore[misc]  # scikit-learn ships no types
    """An estimator that knows, once fitted, the hazard of each row in each period between its edges.

    Attributes
    ----------
    edges_ : array of shape (n_periods + 1,), in days, rising from 0
    n_features_in_ : int
    """

    edges_: FloatArray
    n_features_in_: int

    @abstractmethod
    def _rates(self, x: FloatArray, given: FloatArray | None) -> FloatArray:
        """Events per day at risk, shape (n, n_periods); those of periods before ``given`` are not looked at."""

    def predict_survival(self, X: ArrayLike, times: ArrayLike, given: ArrayLike | None = None) -> FloatArray:
        """P(duration > time), or the same among those still waiting at ``given``.

        Parameters
        ----------
        X : array or DataFrame of shape (n, n_features)
        times : array of shape (n_times,) or (n, n_times), in days
        given : number or array of shape (n,), in days, >= 0, optional
            What has already been waited.

        Returns
        -------
        probability : array of shape (n, n_times)
            Exactly 1 up to ``given``; equal to S(time) ÷ S(given) beyond.
        """
        return self._ask(X, given, lambda curves, at, age: curves.survival(at, age), times)

    def predict_cumulative_hazard(
        self, X: ArrayLike, times: ArrayLike, given: ArrayLike | None = None
    ) -> FloatArray:
        """Expected events from ``given`` to each time of one who stays at risk: −log of the survival.

        Parameters and shape are those of `predict_survival`.
        """
        return self._ask(X, given, lambda curves, at, age: curves.cumulative(at, age), times)

    def predict_quantile(self, X: ArrayLike, level: ArrayLike, given: ArrayLike | None = None) -> FloatArray:
        """Days within which a share is done, counted from 0, among those still waiting at ``given``.

        Parameters
        ----------
        X : array or DataFrame of shape (n, n_features)
        level : number or array of shape (n_levels,), in [0, 1)
        given : number or array of shape (n,), in days, >= 0, optional

        Returns
        -------
        days : array of shape (n,) for one level, else (n, n_levels), >= ``given``
        """
        return self._ask(X, given, lambda curves, _, age: curves.quantile(np.asarray(level), age))

    def predict_mean(self, X: ArrayLike, horizon: ArrayLike, given: ArrayLike | None = None) -> FloatArray:
        """Mean days, whatever takes longer than a horizon counted as the horizon, shape (n,).

        Parameters
        ----------
        X : array or DataFrame of shape (n, n_features)
        horizon : number or array of shape (n,), in days, >= 0
        given : number or array of shape (n,), in days, >= 0, optional
        """
        n = np.shape(X)[0]
        until = np.broadcast_to(_number_a_row("horizon", horizon, n), n)
        return self._ask(X, given, lambda curves, at, age: curves.mean(at[:, 0], age), until[:, None])

    def predict(self, X: ArrayLike) -> FloatArray:
        """Median days, shape (n,): so that the last step of a pipeline can be asked something."""
        return self.predict_quantile(X, 0.5)

    def predict_hazard(self, X: ArrayLike) -> FloatArray:
        """Events per day at risk in each period between ``edges_``, shape (n, n_periods), > 0."""
        return self._ask(X, None, lambda curves, _, __: curves.rates)

    def sample(
        self, X: ArrayLike, n: int, rng: np.random.Generator, given: ArrayLike | None = None
    ) -> FloatArray:
        """Durations drawn for each row, counted from 0, of those still waiting at ``given``.

        Parameters
        ----------
        X : array or DataFrame of shape (n_rows, n_features)
        n : int, >= 1
        rng : Generator
        given : number or array of shape (n_rows,), in days, >= 0, optional

        Returns
        -------
        days : array of shape (n_rows, n), >= ``given``
        """
        return self._ask(X, given, lambda curves, _, age: curves.sample(n, rng, age))

    def score(
        self,
        X: ArrayLike,
        duration: ArrayLike,
        event: ArrayLike,
        entry: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> float:
        """Mean log-likelihood a row; larger is better. Parameters are those of `fit`."""
        rows = Durations.of(self._features(X), duration, event, entry, sample_weight)

        def log_likelihood(curves: PiecewiseExponential, at: FloatArray, age: FloatArray) -> FloatArray:
            with np.errstate(divide="ignore"):
                log_hazard = np.log(curves.hazard(at[:, :1]))
            return np.where(at[:, 1:] > 0, log_hazard, 0.0) - curves.cumulative(at[:, :1], age)

        asked = np.column_stack([rows.duration, rows.event])
        each = self._ask(X, rows.entry, log_likelihood, asked)
        return float(np.average(each[:, 0], weights=rows.weight))

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.input_tags.allow_nan = True
        return tags

    def _ask(
        self,
        X: ArrayLike,
        given: ArrayLike | None,
        question: Callable[[PiecewiseExponential, Any, Any], FloatArray],
        times: ArrayLike = (),
    ) -> FloatArray:
        """Answers of the curves of each row, block by block; what is given a row goes with its block."""
        x = self._features(X)
        asked = np.asarray(times, dtype=np.float64)
        if asked.ndim > 2 or (asked.ndim == 2 and len(asked) not in (1, len(x))):
            raise DataError(
                f"times must have shape (n_times,) or ({len(x)}, n_times); they have {asked.shape}."
            )
        age = None if given is None else _number_a_row("given", given, len(x))
        answers = []
        for start in range(0, max(len(x), 1), BLOCK_CURVES):
            part = slice(start, start + BLOCK_CURVES)
            own = age if age is None or age.ndim == 0 else age[part]
            curves = PiecewiseExponential(edges=self.edges_, rates=self._rates(x[part], own))
            answers.append(
                question(curves, asked[part] if asked.ndim == 2 and len(asked) > 1 else asked, own)
            )
        return np.concatenate(answers)

    def _features(self, X: ArrayLike) -> FloatArray:
        check_is_fitted(self)
        x = feature_matrix(X, self.n_features_in_)
        validate_data(self, X, reset=False, skip_check_array=True)  # refuses other names
        return x


def _number_a_row(name: str, days: ArrayLike, n: int) -> FloatArray:
    numbers = np.asarray(days, dtype=np.float64)
    if numbers.shape not in ((), (n,)):
        raise DataError(f"{name} must be a number or one a row, shape ({n},); it has {numbers.shape}.")
    return numbers
