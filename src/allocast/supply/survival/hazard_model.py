"""A survival estimator that knows no suppliers: boosted trees on the hazard of each period."""

import json
from typing import Self

import lightgbm as lgb
import numpy as np
from sklearn.base import BaseEstimator

from allocast.errors import DataError
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray
from allocast.numerics.checks import require_at_least, require_same_length

__all__ = ["HazardModel"]

FEWEST_ROWS = 100_000  # below this many person-periods nothing is gained by leaving some out
BLOCK_CURVES = 10_000  # curves predicted at once: bounds memory


class HazardModel(BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """How likely what has not happened yet is to happen next, as a function of features and of time waited.

    Time is cut into periods at quantiles of the event times. Within a period the hazard of a row is
    constant (piecewise exponential), so the cumulative hazard is linear in time and every survival curve
    starts at 1 and never rises; beyond the last edge the hazard of the last period continues. The hazards
    are fitted by LightGBM to person-periods: one row for each period that somebody was at risk in, with
    the period's end as a feature, ``event / exposure`` as label and ``exposure`` as weight under a Poisson
    objective. Censored durations contribute the periods they were seen in; none is dropped.

    Parameters
    ----------
    rounds : int, >= 1
        Trees.
    learning_rate : float, in (0, 1]
    leaves : int, >= 2
        Leaves per tree.
    leaf_events : float, > 0
        Expected events a leaf must hold, about.
    n_periods : int, >= 1
        Periods that time is cut into.
    keep_share : float, in (0, 1]
        Share of the person-periods without an event that is kept, reweighted by its inverse; all are kept
        while there are few. Those with an event are always kept.
    clock_feature : int, optional
        Column of ``X`` with a duration that was announced: log(period end ÷ announced) becomes a feature,
        a second clock.
    random_state : int
    num_threads : int
        Threads; the result does not depend on it.

    References
    ----------
    Friedman, M. (1982), Piecewise exponential models for survival data with covariates, Ann. Statist. 10:101.
    """

    def __init__(
        self,
        *,
        rounds: int = 200,
        learning_rate: float = 0.05,
        leaves: int = 15,
        leaf_events: float = 40.0,
        n_periods: int = 40,
        keep_share: float = 0.25,
        clock_feature: int | None = None,
        random_state: int = 0,
        num_threads: int = 1,
    ) -> None:
        self.rounds = rounds
        self.learning_rate = learning_rate
        self.leaves = leaves
        self.leaf_events = leaf_events
        self.n_periods = n_periods
        self.keep_share = keep_share
        self.clock_feature = clock_feature
        self.random_state = random_state
        self.num_threads = num_threads

    def fit(
        self,
        X: FloatArray,
        duration: FloatArray,
        event: BoolArray,
        *,
        entry: FloatArray | None = None,
        sample_weight: FloatArray | None = None,
    ) -> Self:
        """Learn the hazards.

        Parameters
        ----------
        X : array of shape (n, n_features)
            NaN where a feature is missing.
        duration : array of shape (n,), in days, >= 0
            To the event, or to the end of watching. An event must come later than its entry.
        event : array of bool, shape (n,)
        entry : array of shape (n,), in days, optional
            When each began to be watched; 0 where not given.
        sample_weight : array of shape (n,), >= 0, optional

        Raises
        ------
        DataError
            Lengths differ, a number is out of its range, or no event was seen.
        """
        X, duration = np.asarray(X, dtype=np.float64), np.asarray(duration, dtype=np.float64)
        entry = np.zeros(len(X)) if entry is None else np.asarray(entry, dtype=np.float64)
        weight = np.ones(len(X)) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        _require_durations(X, duration, event, entry, weight)
        self.n_features_in_ = X.shape[1]
        shares = np.linspace(0, 1, self.n_periods + 1)[1:]
        self.edges_ = np.unique(np.append(0.0, np.quantile(duration[event], shares, method="inverted_cdf")))
        row, period, exposure, happened = self._person_periods(duration, event, entry)
        kept, raised = self._keep(happened)
        row, period, exposure, happened = row[kept], period[kept], exposure[kept], happened[kept]
        data = lgb.Dataset(
            self._with_clocks(X[row], period),
            label=happened / exposure,
            weight=weight[row] * exposure * raised,
        )
        self.booster_ = lgb.train(self._booster_settings(), data, num_boost_round=self.rounds)
        return self

    def predict_survival(
        self, X: FloatArray, times: FloatArray, given: FloatArray | float | None = None
    ) -> FloatArray:
        """P(duration > time), or the same among those still waiting at ``given``.

        Parameters
        ----------
        X : array of shape (n, n_features)
        times : array of shape (n_times,) or (n, n_times), in days, >= 0
        given : number or array of shape (n,), in days, >= 0, optional
            What has already been waited.

        Returns
        -------
        probability : array of shape (n, n_times)
            Exactly 1 up to ``given``; equal to S(time) ÷ S(given) beyond.
        """
        times = np.asarray(times, dtype=np.float64)
        times = np.broadcast_to(times, (len(X), times.shape[-1]))
        waited = np.broadcast_to(np.asarray(0.0 if given is None else given, dtype=np.float64), len(X))[
            :, None
        ]
        rates = self.predict_hazard(X)
        more = self._cumulative(rates, np.maximum(times, waited)) - self._cumulative(rates, waited)
        survival: FloatArray = np.exp(-more)
        return survival

    def predict_quantile(
        self, X: FloatArray, level: float, given: FloatArray | float | None = None
    ) -> FloatArray:
        """Days within which this share is done, counted from 0, among those still waiting at ``given``.

        Parameters
        ----------
        X : array of shape (n, n_features)
        level : float, in [0, 1)
        given : number or array of shape (n,), in days, >= 0, optional

        Returns
        -------
        days : array of shape (n,), >= ``given``
        """
        waited = np.broadcast_to(np.asarray(0.0 if given is None else given, dtype=np.float64), len(X))[
            :, None
        ]
        rates = self.predict_hazard(X)
        wanted = self._cumulative(rates, waited) - np.log1p(-level)
        at_edges = self._at_edges(rates)
        period = (at_edges[:, 1:-1] <= wanted).sum(axis=1, keepdims=True)
        rest = wanted - np.take_along_axis(at_edges, period, axis=1)
        days: FloatArray = self.edges_[period] + rest / np.take_along_axis(rates, period, axis=1)
        return days[:, 0]

    def predict_hazard(self, X: FloatArray) -> FloatArray:
        """Events per day at risk in each period between ``edges_``, shape (n, n_periods), > 0."""
        X = np.asarray(X, dtype=np.float64)
        if X.ndim != 2 or X.shape[1] != self.n_features_in_:
            raise DataError(f"X must have shape (n, {self.n_features_in_}); it has {X.shape}.")
        n_periods = len(self.edges_) - 1
        rates = np.empty((len(X), n_periods))
        for start in range(0, len(X), BLOCK_CURVES):
            block = X[start : start + BLOCK_CURVES]
            rows = np.repeat(block, n_periods, axis=0)
            clocked = self._with_clocks(rows, np.tile(np.arange(n_periods), len(block)))
            predicted = self.booster_.predict(clocked, num_threads=self.num_threads)
            rates[start : start + BLOCK_CURVES] = predicted.reshape(len(block), n_periods)
        return rates

    def state(self) -> dict[str, bytes]:
        """Everything needed to predict again, as named text: the trees and a JSON of the rest."""
        rest = {
            "settings": self.get_params(),
            "edges": self.edges_.tolist(),
            "n_features": self.n_features_in_,
        }
        return {
            "hazard.json": json.dumps(rest).encode(),
            "trees.txt": self.booster_.model_to_string().encode(),
        }

    @classmethod
    def from_state(cls, state: dict[str, bytes]) -> Self:
        """The model whose ``state()`` this was; it predicts the same to the last bit."""
        rest = json.loads(state["hazard.json"])
        model = cls(**rest["settings"])
        model.edges_ = np.array(rest["edges"])
        model.n_features_in_ = rest["n_features"]
        model.booster_ = lgb.Booster(model_str=state["trees.txt"].decode())
        return model

    def _person_periods(
        self, duration: FloatArray, event: BoolArray, entry: FloatArray
    ) -> tuple[IntArray, IntArray, FloatArray, BoolArray]:
        """Row, period, days at risk and whether it happened, one a period that a row was at risk in."""
        ends = np.append(self.edges_[1:-1], np.inf)  # the last period goes on for ever
        first = np.searchsorted(ends, entry, side="right")  # a period holds its end, not its start
        last = np.searchsorted(ends, duration, side="left")
        count = np.where(duration > entry, last - first + 1, 0)
        row = np.repeat(np.arange(len(duration)), count)
        period = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + first[row]
        exposure = np.minimum(ends[period], duration[row]) - np.maximum(self.edges_[period], entry[row])
        return row, period, exposure, event[row] & (period == last[row])

    def _keep(self, happened: BoolArray) -> tuple[BoolArray, FloatArray]:
        """Which person-periods are kept, and by how much each one kept is raised."""
        share = min(max(self.keep_share, FEWEST_ROWS / len(happened)), 1.0)
        draws = np.random.default_rng(self.random_state).random(len(happened))
        kept = happened | (draws < share)
        return kept, np.where(happened[kept], 1.0, 1.0 / share)

    def _with_clocks(self, X: FloatArray, period: IntArray) -> FloatArray:
        end = self.edges_[period + 1]
        clocks = [end]
        if self.clock_feature is not None:
            # An announced duration of 0 days would make the ratio infinite; half a day is as good as 0.
            clocks.append(np.log(end / np.maximum(X[:, self.clock_feature], 0.5)))
        return np.column_stack([X, *clocks])

    def _at_edges(self, rates: FloatArray) -> FloatArray:
        start = np.zeros((len(rates), 1))
        return np.hstack([start, np.cumsum(rates * np.diff(self.edges_), axis=1)])

    def _cumulative(self, rates: FloatArray, times: FloatArray) -> FloatArray:
        """Cumulative hazard at times of shape (n, n_times): linear within a period."""
        period = np.searchsorted(self.edges_[1:-1], times, side="left")
        begun = np.take_along_axis(self._at_edges(rates), period, axis=1)
        rate = np.take_along_axis(rates, period, axis=1)
        waited: FloatArray = times - self.edges_[period]
        return begun + rate * waited

    def _booster_settings(self) -> dict[str, object]:
        return {
            "objective": "poisson",
            "learning_rate": self.learning_rate,
            "num_leaves": self.leaves,
            # The hessian of a row is its expected events times exp(poisson_max_delta_step); at LightGBM's
            # own 0.7 each step would be half as long as the learning rate says.
            "poisson_max_delta_step": 0.1,
            "min_sum_hessian_in_leaf": self.leaf_events,
            "min_data_in_leaf": 1,
            "seed": self.random_state,
            "num_threads": self.num_threads,
            "deterministic": True,
            "force_row_wise": True,
            "verbosity": -1,
        }


def _require_durations(
    X: FloatArray, duration: FloatArray, event: BoolArray, entry: FloatArray, weight: FloatArray
) -> None:
    if X.ndim != 2:
        raise DataError(f"X must have shape (n, n_features); it has {X.shape}.")
    require_same_length(X=X, duration=duration, event=event, entry=entry, sample_weight=weight)
    for name, values in (("duration", duration), ("entry", entry), ("sample_weight", weight)):
        require_at_least(name, values)
    if not event.any():
        raise DataError(f"a hazard needs at least one event; all {len(X)} durations are censored.")
    early = event & (duration <= entry)
    if early.any():
        row = int(np.argmax(early))
        raise DataError(
            f"an event must come later than its entry; row {row} has duration {duration[row]:g} and entry "
            f"{entry[row]:g} ({int(early.sum())} of {len(X)} rows affected). Count a same-day event as half a day."
        )
