"""A survival estimator that knows no suppliers: boosted trees on the hazard of each period."""

import json
from typing import Self

import lightgbm as lgb
import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted, validate_data

from allocast.errors import DataError, SettingsError
from allocast.numerics.arrays import FloatArray
from allocast.numerics.checks import require_same_length
from allocast.supply.survival.booster_settings import (
    feature_share,
    leaf_events,
    learning_rate,
    leaves,
    members,
)
from allocast.supply.survival.clocks import Clocks
from allocast.supply.survival.durations import Durations, feature_matrix
from allocast.supply.survival.hazard_level import level_of_members
from allocast.supply.survival.interval_trees import IntervalTrees
from allocast.supply.survival.leaf_intervals import MOST_LEAVES
from allocast.supply.survival.mean_booster import mean_booster
from allocast.supply.survival.members import Learned, learn_members, left_out_of
from allocast.supply.survival.person_periods import count_person_periods, person_periods
from allocast.supply.survival.survival_estimator import SurvivalEstimator

__all__ = ["HazardModel"]

FEWEST_CHOICES = 3  # features that a split may choose from
FEWEST_ROWS = 100_000  # below this many person-periods nothing is gained by leaving some out
ENOUGH_QUIET = 400_000  # person-periods without an event; or one for each event, if that is more


class HazardModel(SurvivalEstimator):
    """How likely what has not happened yet is to happen next, as a function of features and of time waited.

    Time is cut into periods at quantiles of the event times. Within a period the hazard of a row is
    constant (piecewise exponential), so the cumulative hazard is linear in time and every survival curve
    starts at 1 and never rises; beyond the last edge the hazard of the last period continues. The hazards
    are fitted by LightGBM to person-periods: one row for each period that somebody was at risk in, with
    the period's end as a feature, ``event / exposure`` as label and ``exposure`` as weight under a Poisson
    objective. Censored durations contribute the periods they were seen in; none is dropped.

    Features that change with time are given as several rows of one subject, each watched in its own part of
    the time: (entry, duration], the event in the last one only. A curve along such a path is a product:
    what survives a row is asked with ``given`` the end of the row before (see the second example).

    Parameters
    ----------
    rounds : int, >= 1
        Trees, shared out among the members; the most of them under early stopping.
    members : int, >= 1, optional
        Boosters whose log hazards are averaged. Each learns without its part of the rows, and what it expects of
        that part sets the level of all. One alone learns from all rows; so it is where events are too few, and by
        default from 50,000 events on; 4 below.
    learning_rate : float, in (0, 1], optional
        By default it grows with the number of events: more of them bear more steps.
    leaves : int, from 2 to 64, optional
        Leaves per tree; by default a fifth of the root of the number of events, at least 6 and at most 15.
    leaf_events : float, > 0, optional
        Expected events a leaf must hold, about; by default a twentieth of all, at least 10 and at most 40.
    feature_share : float, in (0, 1], optional
        Share of the features, drawn anew at each split, that a split may choose from, three at least; by default a
        half, from 50,000 events on all.
    n_periods : int, >= 1
        Periods that time is cut into.
    keep_share : float, in (0, 1]
        Share of the person-periods without an event that is kept, reweighted by its inverse; all are kept
        while there are few, and fewer where there would be over 400,000 and more than one for each event.
        Those with an event are always kept.
    clock_feature : int, optional
        Column of ``X`` with a duration that was announced: log(period end ÷ announced) becomes a feature,
        a second clock.
    early_stopping_rounds : int, >= 1, optional
        Choose the number of trees on the last rows: stop when their likelihood has not risen for this many
        rounds, then learn from all rows with the number that was best. Bring the rows in order of time, so that
        the last are the latest.
    validation_fraction : float, in (0, 1)
        Share of the rows, at the end, that early stopping looks at.
    random_state : int
    num_threads : int
        Threads; the result does not depend on it.

    Attributes
    ----------
    edges_ : array of shape (n_periods + 1,), in days
        May be fewer periods than asked for, where event times are tied.
    booster_ : lightgbm.Booster
    n_rounds_ : int
        Trees.
    trees_ : IntervalTrees
        The same trees, which score all periods of a row at once.
    n_features_in_ : int
    feature_names_in_ : array of str
        Only where ``X`` had names.

    References
    ----------
    Friedman, M. (1982), Piecewise exponential models for survival data with covariates, Ann. Statist. 10:101.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> slow = np.repeat([0.0, 1.0], 500)
    >>> days = np.where(slow, 20.0, 10.0) * rng.exponential(size=1000)
    >>> model = HazardModel(rounds=50).fit(slow[:, None], days, np.ones(1000, dtype=bool))
    >>> model.predict_survival([[0.0], [1.0]], [0.0, 10.0]).round(1)
    array([[1. , 0.4],
           [1. , 0.6]])

    What was fast for 10 days and is slow from then on:

    >>> fast_part = model.predict_survival([[0.0]], [10.0])
    >>> slow_part = model.predict_survival([[1.0]], [20.0], given=10.0)
    >>> (fast_part * slow_part).round(1)
    array([[0.2]])
    """

    def __init__(
        self,
        *,
        rounds: int = 240,
        members: int | None = None,
        learning_rate: float | None = None,
        leaves: int | None = None,
        leaf_events: float | None = None,
        feature_share: float | None = None,
        n_periods: int = 80,
        keep_share: float = 0.25,
        clock_feature: int | None = None,
        early_stopping_rounds: int | None = None,
        validation_fraction: float = 0.1,
        random_state: int = 0,
        num_threads: int = 1,
    ) -> None:
        self.rounds = rounds
        self.members = members
        self.learning_rate = learning_rate
        self.leaves = leaves
        self.leaf_events = leaf_events
        self.feature_share = feature_share
        self.n_periods = n_periods
        self.keep_share = keep_share
        self.clock_feature = clock_feature
        self.early_stopping_rounds = early_stopping_rounds
        self.validation_fraction = validation_fraction
        self.random_state = random_state
        self.num_threads = num_threads

    def fit(
        self,
        X: ArrayLike,
        duration: ArrayLike,
        event: ArrayLike,
        entry: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        groups: ArrayLike | None = None,
    ) -> Self:
        """Learn the hazards.

        Parameters
        ----------
        X : array or DataFrame of shape (n, n_features)
            NaN where a feature is missing. Read as float32, here and when asked for predictions.
        duration : array of shape (n,), in days, >= 0
            To the event, or to the end of watching. An event must come later than its entry.
        event : array of bool, shape (n,)
        entry : array of shape (n,), in days, optional
            When each began to be watched; 0 where not given.
        sample_weight : array of shape (n,), >= 0, optional
        groups : array of shape (n,), optional
            Rows of the same group share their luck: they are left out of the same member together.

        Raises
        ------
        DataError
            Lengths differ, a number is out of its range, or no event was seen.
        SettingsError
            A parameter of the constructor is out of its range.
        """
        self._require_settings()
        x = feature_matrix(X)
        rows = Durations.of(x, duration, event, entry, sample_weight)
        rows.require_event()
        validate_data(self, X, skip_check_array=True)  # remembers the names and the number of the features
        self.edges_ = self._make_edges(rows)
        rng = np.random.default_rng(self.random_state)
        group = None if groups is None else np.asarray(groups)
        if group is not None:
            require_same_length(X=x, groups=group)
        n_members = min(self.members or members(rows.n_events), self.rounds)
        left_out = left_out_of(rows.event, n_members, rng, group)
        rounds = self.rounds // (left_out.max() + 1)
        if self.early_stopping_rounds is not None:
            rounds = self._best_rounds(rows, rounds)
        settings = self._booster_settings(rows, rounds)
        learned = learn_members(self._learned(rows), left_out, settings, rounds=rounds, rng=rng)
        self.booster_ = learned[0]
        if len(learned) > 1:
            level = level_of_members(learned, rows, left_out, self._clocks(), rng)
            self.booster_ = mean_booster(learned, shift=level)
        self.n_rounds_ = self.booster_.num_trees()
        self.trees_ = IntervalTrees.from_text(self.booster_.model_to_string(), self._clocks())
        return self

    def state(self) -> dict[str, bytes]:
        """Everything needed to predict again, as named text: the trees and a JSON of the rest."""
        check_is_fitted(self)
        rest = {
            "settings": self.get_params(),
            "edges": self.edges_.tolist(),
            "n_features": self.n_features_in_,
            "feature_names": list(getattr(self, "feature_names_in_", [])),
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
        if names := rest.get("feature_names"):
            model.feature_names_in_ = np.array(names, dtype=object)
        model.booster_ = lgb.Booster(model_str=state["trees.txt"].decode())
        model.n_rounds_ = model.booster_.num_trees()
        model.trees_ = IntervalTrees.from_text(model.booster_.model_to_string(), model._clocks())
        return model

    def _require_settings(self) -> None:
        stopping = self.early_stopping_rounds
        ranges = {
            "rounds": self.rounds >= 1,
            "members": self.members is None or self.members >= 1,
            "learning_rate": self.learning_rate is None or 0 < self.learning_rate <= 1,
            "leaves": self.leaves is None or 2 <= self.leaves <= MOST_LEAVES,
            "leaf_events": self.leaf_events is None or self.leaf_events > 0,
            "feature_share": self.feature_share is None or 0 < self.feature_share <= 1,
            "n_periods": self.n_periods >= 1,
            "keep_share": 0 < self.keep_share <= 1,
            "early_stopping_rounds": stopping is None or stopping >= 1,
            "validation_fraction": 0 < self.validation_fraction < 1,
        }
        wrong = [f"{name} = {getattr(self, name)}" for name, fine in ranges.items() if not fine]
        if wrong:
            raise SettingsError(f"out of range (see HazardModel): {', '.join(wrong)}.")

    def _rates(self, x: FloatArray, given: FloatArray | None) -> FloatArray:
        """Hazards from the period of the age on; what is asked of those still waiting needs no earlier ones."""
        age = np.broadcast_to(0.0 if given is None else given, len(x))
        log_rates = self.trees_.log_rates(x, np.searchsorted(self.edges_[1:-1], age, side="left"))
        return np.exp(log_rates, out=log_rates)

    def _clocks(self) -> Clocks:
        return Clocks(edges=self.edges_, announced=self.clock_feature)

    def _make_edges(self, rows: Durations) -> FloatArray:
        """0 and quantiles of the event times; a row of weight 2 counts like two rows."""
        shares = np.linspace(0, 1, self.n_periods + 1)[1:]
        counted = rows.event & (rows.weight > 0)
        ends = np.quantile(
            rows.duration[counted], shares, method="inverted_cdf", weights=rows.weight[counted]
        )
        # The trees see float32: edges that it cannot tell apart would be one period for them. Rounded up, so that
        # an event stays in the period that it ends.
        near = ends.astype(np.float32)
        near = np.where(near < ends, np.nextafter(near, np.float32(np.inf)), near)
        edges: FloatArray = np.unique(np.append(np.float32(0), near)).astype(np.float64)
        return edges

    def _learned(self, rows: Durations) -> Learned:
        """Person-periods as boosters learn from them."""
        times = rows.duration, rows.event, rows.entry, self.edges_
        cut = person_periods(
            *times,
            share=self._share(*count_person_periods(*times)),
            rng=np.random.default_rng(self.random_state),
        )
        return Learned(
            features=self._clocks().beside(rows.x, cut.row, cut.period),
            label=cut.happened / cut.exposure,
            weight=rows.weight[cut.row] * cut.exposure * cut.stands_for,
            row=cut.row,
        )

    def _share(self, n_quiet: int, n_events: int) -> float:
        """Share of the person-periods without an event that is kept.

        Where there are very many, one for each event is enough: what more would tell is little beside what the
        events themselves leave uncertain.
        """
        most = max(ENOUGH_QUIET, n_events) / max(n_quiet, 1)
        fewest = FEWEST_ROWS / (n_quiet + n_events)
        return min(max(min(self.keep_share, most), fewest), 1.0)

    def _best_rounds(self, rows: Durations, most: int) -> int:
        """How many rounds a member needs to predict the last rows best from the first."""
        cut = len(rows) - int(np.ceil(self.validation_fraction * len(rows)))
        earlier, later = rows.part(slice(cut)), rows.part(slice(cut, None))
        if not (earlier.event.any() and later.event.any()):
            raise DataError(
                "early stopping needs an event among the first rows and one among the last; with "
                f"validation_fraction {self.validation_fraction:g}, of {len(rows)} rows, the first {cut} have "
                f"{int(earlier.event.sum())} and the others {int(later.event.sum())}. Choose another fraction."
            )
        settings = self._booster_settings(earlier, most) | {"metric": "poisson"}
        train = self._learned(earlier).dataset(settings)
        stopped = lgb.train(
            settings,
            train,
            num_boost_round=most,
            valid_sets=[self._learned(later).dataset(settings, reference=train)],
            callbacks=[lgb.early_stopping(self.early_stopping_rounds, verbose=False)],
        )
        return int(stopped.best_iteration)

    def _booster_settings(self, rows: Durations, rounds: int) -> dict[str, object]:
        n_events = rows.n_events
        share = self.feature_share or feature_share(n_events)
        n_columns = rows.x.shape[1] + len(self._clocks().names())
        return {
            "objective": "poisson",
            "learning_rate": self.learning_rate or learning_rate(n_events, rounds),
            "num_leaves": self.leaves or leaves(n_events),
            "feature_fraction_bynode": max(share, min(FEWEST_CHOICES / n_columns, 1.0)),
            # The hessian of a row is its expected events times exp(poisson_max_delta_step); at LightGBM's
            # own 0.7 each step would be half as long as the learning rate says.
            "poisson_max_delta_step": 0.1,
            "min_sum_hessian_in_leaf": self.leaf_events or leaf_events(n_events),
            "min_data_in_leaf": 1,
            "seed": self.random_state,
            "num_threads": self.num_threads,
            "deterministic": True,
            "force_row_wise": True,
            "verbosity": -1,
        }
