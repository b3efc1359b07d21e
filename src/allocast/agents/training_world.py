"""The world in which an agent learns: sampled demand and lead times of many series, with costs and terms."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from allocast.agents import episodes
from allocast.agents.episodes import EpisodeOutcome, Episodes, Starts
from allocast.agents.observation import (
    ARRIVAL_PERIODS,
    OBSERVATION_HIGH,
    OBSERVATION_LOW,
    interval_quantiles,
    stake_per_unit,
    supply_terms,
)
from allocast.agents.world import ByName, require_options
from allocast.errors import DataError
from allocast.inventory.costs import Costs
from allocast.inventory.lead_time_demand import lead_time_demand
from allocast.inventory.situation import Situation
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray, freeze
from allocast.numerics.checks import require_at_least, require_same_length, require_shape
from allocast.supply.sourcing import Sourcing

__all__ = ["TrainingWorld"]

_STARTING_COVER = 2.0  # a series starts with up to so many times its demand over the protection interval
_LEAST_DEMAND = 0.1  # units per period: a series that never sells has no scale of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingWorld:
    """Futures from which episodes are drawn, and what an agent would know at every period of them.

    Parameters
    ----------
    demand : array of shape (n_series, n_paths, n_periods), in units, >= 0
        Sampled from the demand forecast.
    lead_time : array of int, shape (n_series, n_paths, n_periods), in periods, >= 0
        Of an order placed just before each period, sampled from the supplier model.
    costs : Costs
    sourcing : Sourcing
        One line a series.
    review_periods : int, >= 1
        Periods from one decision to the next.

    Attributes
    ----------
    longest_lead_time : int, in periods
    n_moments : int
        Decisions can be looked at before periods 0, 1, …, n_moments − 1; later ones would have to look
        further than the paths reach.
    interval_mean : array of shape (n_series, n_moments), in units
        Expected demand over the protection interval that begins with each period.
    interval_quantile : array of shape (n_series, n_moments, n_levels), in units
        Its quantiles, from the paths themselves, for the paths come from the forecast.
    arrives_within : array of shape (n_series, n_ages, ARRIVAL_PERIODS)
        Probability that an order that is open ``a + 1`` periods after it was placed arrives within the next
        1, 2, … periods. Not even in training may the agent know when an open order really comes.
    terms : array of shape (n_series, 5)
        From ``observation.supply_terms``.
    cost_scale : array of shape (n_series,), money per review period
        Mean demand × stake per unit; rewards are costs divided by it.

    Raises
    ------
    DataError
        Shapes disagree, a number is negative, or the paths are too short for a single decision.
    """

    demand: FloatArray
    lead_time: IntArray
    costs: Costs
    sourcing: Sourcing
    review_periods: int = 1
    longest_lead_time: int = field(init=False)
    n_moments: int = field(init=False)
    interval_mean: FloatArray = field(init=False)
    interval_quantile: FloatArray = field(init=False)
    arrives_within: FloatArray = field(init=False)
    terms: FloatArray = field(init=False)
    cost_scale: FloatArray = field(init=False)

    def __post_init__(self) -> None:
        setter = partial(object.__setattr__, self)
        setter("demand", freeze(np.asarray(self.demand, dtype=np.float64)))
        setter("lead_time", freeze(np.asarray(self.lead_time, dtype=np.int64)))
        self._check()
        setter("longest_lead_time", int(np.max(self.lead_time)))
        setter("n_moments", self.demand.shape[2] + 1 - self.longest_lead_time - self.review_periods)
        if self.n_moments <= self.review_periods:
            raise DataError(
                f"demand paths must have at least {self.longest_lead_time + 2 * self.review_periods} periods: the "
                f"longest lead time of {self.longest_lead_time} and two review periods of {self.review_periods}; "
                f"they have {self.demand.shape[2]}. Forecast further ahead."
            )
        mean, quantile = self._interval_demand()
        setter("interval_mean", freeze(mean))
        setter("interval_quantile", freeze(quantile))
        setter("arrives_within", freeze(_arrival_given_age(self.lead_time)))
        setter("terms", freeze(self._terms()))
        per_review = np.maximum(self.demand.mean(axis=(1, 2)), _LEAST_DEMAND) * self.review_periods
        setter("cost_scale", freeze(per_review * stake_per_unit(self.costs)))

    @classmethod
    def from_situation(cls, situation: Situation, rng: np.random.Generator) -> "TrainingWorld":
        """The futures of a situation's scenarios, with a lead time drawn for every period of them."""
        demand = situation.scenarios.demand
        n_series, n_paths, n_periods = demand.shape
        lead_time = situation.lead_time.periods.sample(n_paths * n_periods, rng)
        return cls(
            demand=demand,
            lead_time=lead_time.reshape(n_series, n_paths, n_periods),
            costs=situation.costs,
            sourcing=situation.sourcing,
            review_periods=situation.review_periods,
        )

    @property
    def n_series(self) -> int:
        """How many series there are."""
        return len(self.demand)

    @property
    def n_paths(self) -> int:
        """How many futures each series has."""
        return int(self.demand.shape[1])

    def draw_starts(self, n: int, rng: np.random.Generator) -> Starts:
        """Draw where n episodes start.

        Series are drawn in proportion to what is at stake, so that the mean reward is total money. Starting
        periods lie in the first half of what can be decided, stock between none and twice the demand over the
        protection interval: the agent must meet shortage and plenty alike.
        """
        share = np.cumsum(self.cost_scale) / self.cost_scale.sum()
        series = np.minimum(np.searchsorted(share, rng.random(n), side="right"), self.n_series - 1)
        path = rng.integers(self.n_paths, size=n)
        period = rng.integers((self.n_moments - self.review_periods + 1) // 2, size=n)
        cover = rng.uniform(0.0, _STARTING_COVER, size=n)
        on_hand = np.rint(cover * self.interval_mean[series, period])
        return Starts(series=series, path=path, period=period, on_hand=on_hand)

    @property
    def observation_low(self) -> FloatArray:
        """Smallest value of each observation."""
        return OBSERVATION_LOW

    @property
    def observation_high(self) -> FloatArray:
        """Largest value of each observation."""
        return OBSERVATION_HIGH

    @property
    def action_size(self) -> int:
        """One number: a fractile of demand over the protection interval."""
        return 1

    def begin(self, n: int, rng: np.random.Generator, options: Mapping[str, float] | None = None) -> Episodes:
        """Episodes from drawn starts, with nothing on order.

        Parameters
        ----------
        options : mapping, optional
            Any of series, path, period and on_hand.
        """
        given = options or {}
        limits = {
            "series": self.n_series - 1,
            "path": self.n_paths - 1,
            "period": self.n_moments - 1 - self.review_periods,
            "on_hand": np.inf,
        }
        require_options(given, limits)
        kinds = {name: np.float64 if name == "on_hand" else np.int64 for name in given}
        chosen: ByName = {name: np.full(n, value, dtype=kinds[name]) for name, value in given.items()}
        return episodes.begin(self, replace(self.draw_starts(n, rng), **chosen))

    def restart(self, state: Episodes, over: BoolArray, rng: np.random.Generator) -> Episodes:
        """New episodes in the places of those that are over."""
        return episodes.restart(self, state, over, self.begin(int(over.sum()), rng))

    def observe(self, state: Episodes) -> FloatArray:
        """What the agent sees, shape (n, len(OBSERVATION_NAMES))."""
        return episodes.observe_episodes(self, state)

    def step(self, state: Episodes, action: FloatArray) -> tuple[Episodes, EpisodeOutcome]:
        """Order, and let one review period pass."""
        return episodes.step(self, state, action)

    def is_over(self, state: Episodes) -> BoolArray:
        """Whether another review period would lead beyond what can be foreseen, shape (n,)."""
        return episodes.is_over(self, state)

    def describe(self, state: Episodes) -> ByName:
        """Series, path, period and stock on hand."""
        return {
            "series": state.series,
            "path": state.path,
            "period": state.period,
            "on_hand": state.stock.on_hand,
        }

    def _check(self) -> None:
        if self.demand.ndim != 3 or self.demand.size == 0:
            raise DataError(
                f"demand must have shape (n_series, n_paths, n_periods), none of them 0; it has {self.demand.shape}."
            )
        if self.review_periods < 1:
            raise DataError(f"review_periods must be >= 1; it is {self.review_periods}.")
        require_shape("lead_time", self.lead_time, self.demand.shape)
        require_at_least("demand", self.demand)
        require_at_least("lead_time", self.lead_time)
        require_same_length(
            demand=self.demand, holding_cost=self.costs.holding_cost, sourcing=self.sourcing.item_id
        )

    def _interval_demand(self) -> tuple[FloatArray, FloatArray]:
        """Mean and quantiles of demand over the protection interval, before each period."""
        intervals = [
            lead_time_demand(
                self.demand[:, :, t:], self.lead_time[:, :, t], review_periods=self.review_periods
            )
            for t in range(self.n_moments)
        ]
        means = np.stack([interval.mean for interval in intervals], axis=1)
        return means, np.stack([interval_quantiles(interval.units) for interval in intervals], axis=1)

    def _terms(self) -> FloatArray:
        lead_time = self.lead_time.reshape(self.n_series, -1)
        return supply_terms(
            self.costs,
            self.sourcing,
            lead_time_mean=lead_time.mean(axis=1),
            lead_time_p90=np.quantile(lead_time, 0.9, axis=1, method="inverted_cdf"),
            review_periods=self.review_periods,
        )


def _arrival_given_age(lead_time: IntArray) -> FloatArray:
    """P(lead time < age + k | lead time >= age) for ages 1, 2, … and k = 1, 2, …; 1 where no order gets so old."""
    sampled = lead_time.reshape(len(lead_time), -1)
    age = np.arange(1, max(int(sampled.max()), 1) + 1)
    open_still = np.stack([(sampled >= a).mean(axis=1) for a in range(age[-1] + ARRIVAL_PERIODS + 1)], axis=1)
    chance = np.stack([open_still[:, age + k] for k in range(1, ARRIVAL_PERIODS + 1)], axis=2)
    waiting = open_still[:, age, None]
    late: FloatArray = np.divide(chance, waiting, out=np.zeros_like(chance), where=waiting > 0)
    return 1.0 - late
