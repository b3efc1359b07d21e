"""The world in which an agent learns: sampled demand and deliveries of many series, with costs and terms."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from allocast.agents.worlds import episodes
from allocast.agents.worlds.actions import ActionForm
from allocast.agents.worlds.episode_state import EpisodeOutcome, Episodes
from allocast.agents.worlds.known_beforehand import known_beforehand, seen_beforehand
from allocast.agents.worlds.observation_names import observation_bounds
from allocast.agents.worlds.starts import Starts, draw_starts
from allocast.agents.worlds.training_checks import require_training_world
from allocast.agents.worlds.world import ByName, require_options
from allocast.errors import DataError
from allocast.inventory.costs import Costs
from allocast.numerics.arrays import BoolArray, FloatArray, IntArray, freeze
from allocast.simulation.dynamics import Rules
from allocast.supply.sourcing import Sourcing

if TYPE_CHECKING:
    from allocast.agents.worlds.torch_training_world import TorchTrainingWorld

__all__ = ["TrainingWorld"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingWorld:
    """Futures from which episodes are drawn, and what an agent would know at every period of them.

    Parameters
    ----------
    demand : array of shape (n_series, n_paths, n_periods), in units, >= 0
        Sampled from the demand forecast.
    lead_time : array of int, shape (n_series, n_paths, n_periods, n_suppliers), in periods, >= 0
        Of an order placed just before each period, sampled from the supplier model. With one supplier the last axis
        may be left out. The first supplier is the usual one: its lead time makes the protection interval.
    costs : Costs
        The order cost and unit cost of the only supplier too.
    sourcing : Sourcing, or tuple of n_suppliers of them
        One line a series. With several suppliers their own order costs and unit costs count; who cannot deliver a
        series has a capacity of 0 there.
    delivered_share : array of the shape of ``lead_time``, >= 0, optional
        Of what is ordered; all by default.
    review_periods : int, >= 1
        Periods from one decision to the next.
    action : ActionForm
    season : array of shape (n_periods, 2), optional
        From ``observation.season_of``; (0, 0), no season, by default.
    promised : array of int, shape (n_series, n_suppliers), in periods, optional
        The contract's lead time; the median by default.
    highest_price : float, >= 0, money per unit of money
        Shadow price of the budget: each episode draws one, up to this. Spending then costs so much more.
    under_way : float, in [0, 1]
        Share of the episodes that start with orders on their way.

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
    arrives_within : array of shape (n_series, n_suppliers, n_ages, ARRIVAL_PERIODS)
        Probability that an order that is open ``a + 1`` periods after it was placed arrives within the next
        1, 2, … periods. Not even in training may the agent know when an open order really comes.
    expected_share : array of shape (n_series, n_suppliers)
        Of an order that is delivered: so much of it the agent counts on until it arrives.
    terms : array of shape (n_series, n_suppliers, len(SUPPLIER_NAMES))
        From ``observation.supplier_terms``.
    order_cost, unit_cost, premium : arrays of shape (n_series, n_suppliers)
        Money per order; money per unit; and money per unit above the cheapest supplier's, which is what is charged:
        the shortage cost is what a unit earns beyond its cheapest cost.
    mean_demand : array of shape (n_series,), in units a period
    capacity : array of shape (n_series, n_suppliers), in units per order
    scale : array of shape (n_series, n_moments), in units
        What units are divided by to be seen: ``interval_mean``, or a little more than nothing.
    seen : array of shape (n_series, n_moments, observation_size − UNITS_SEEN)
        All that is seen but stock, orders and price, which is 0 here.
    price_per_stake : array of shape (n_series,)
        By which a price is multiplied to be seen: unit cost ÷ stake per unit.
    cost_scale : array of shape (n_series,), money per review period
        Mean demand × stake per unit; rewards are costs divided by it.

    Raises
    ------
    DataError
        Shapes disagree, a number is negative, or the paths are too short for a single decision.
    UnknownNameError
        ``action`` is none of ``ActionForm``.
    """

    demand: FloatArray
    lead_time: IntArray
    costs: Costs
    sourcing: Sourcing | tuple[Sourcing, ...]
    delivered_share: FloatArray | None = None
    review_periods: int = 1
    action: ActionForm = "level"
    season: FloatArray | None = None
    promised: IntArray | None = None
    highest_price: float = 0.0
    under_way: float = 0.5
    longest_lead_time: int = field(init=False)
    n_moments: int = field(init=False)
    interval_mean: FloatArray = field(init=False)
    interval_quantile: FloatArray = field(init=False)
    arrives_within: FloatArray = field(init=False)
    expected_share: FloatArray = field(init=False)
    terms: FloatArray = field(init=False)
    order_cost: FloatArray = field(init=False)
    unit_cost: FloatArray = field(init=False)
    premium: FloatArray = field(init=False)
    mean_demand: FloatArray = field(init=False)
    capacity: FloatArray = field(init=False)
    scale: FloatArray = field(init=False)
    seen: FloatArray = field(init=False)
    price_per_stake: FloatArray = field(init=False)
    cost_scale: FloatArray = field(init=False)

    def __post_init__(self) -> None:
        setter = partial(object.__setattr__, self)
        lines = (self.sourcing,) if isinstance(self.sourcing, Sourcing) else tuple(self.sourcing)
        setter("sourcing", lines)
        setter("demand", freeze(np.asarray(self.demand, dtype=np.float64)))
        lead_time = np.asarray(self.lead_time, dtype=np.int64)
        setter("lead_time", freeze(lead_time[..., None] if lead_time.ndim == 3 else lead_time))
        self._take_shares()
        require_training_world(self)
        setter("longest_lead_time", int(np.max(self.lead_time)))
        setter("n_moments", self.demand.shape[2] + 1 - self._usual_longest - self.review_periods)
        if self.n_moments <= self.review_periods:
            raise DataError(
                f"demand paths must have at least {self._usual_longest + 2 * self.review_periods} periods: the "
                f"longest lead time of {self._usual_longest} and two review periods of {self.review_periods}; "
                f"they have {self.demand.shape[2]}. Forecast further ahead."
            )
        for name, known in known_beforehand(self).items():
            setter(name, freeze(known))
        setter("seen", freeze(seen_beforehand(self)))

    @property
    def lines(self) -> tuple[Sourcing, ...]:
        """The suppliers' sourcing lines, each of one line a series."""
        return (self.sourcing,) if isinstance(self.sourcing, Sourcing) else self.sourcing

    @property
    def n_series(self) -> int:
        """How many series there are."""
        return len(self.demand)

    @property
    def n_paths(self) -> int:
        """How many futures each series has."""
        return int(self.demand.shape[1])

    @property
    def n_suppliers(self) -> int:
        """How many suppliers each series has."""
        return len(self.lines)

    @property
    def rules(self) -> Rules:
        """The structure of the system."""
        return Rules(suppliers=self.n_suppliers, waiting_share=float(self.costs.backorders))

    @property
    def observation_low(self) -> FloatArray:
        """Smallest value of each observation."""
        return observation_bounds(self.n_suppliers)[0]

    @property
    def observation_high(self) -> FloatArray:
        """Largest value of each observation."""
        return observation_bounds(self.n_suppliers)[1]

    @property
    def action_size(self) -> int:
        """How much to order in all, and with several suppliers a weight for each."""
        return 1 if self.n_suppliers == 1 else 1 + self.n_suppliers

    def draw_starts(self, n: int, rng: np.random.Generator) -> Starts:
        """Draw where n episodes start; see ``starts.draw_starts``."""
        return draw_starts(self, n, rng)

    def begin(self, n: int, rng: np.random.Generator, options: Mapping[str, float] | None = None) -> Episodes:
        """Episodes from drawn starts.

        Parameters
        ----------
        options : mapping, optional
            Any of series, path, period, on_hand and price; where on_hand is given, nothing is on order.
        """
        given = options or {}
        limits = {
            "series": self.n_series - 1,
            "path": self.n_paths - 1,
            "period": self.n_moments - 1 - self.review_periods,
            "on_hand": np.inf,
            "price": np.inf,
        }
        require_options(given, limits)
        kinds = {name: np.float64 if name in ("on_hand", "price") else np.int64 for name in given}
        chosen: dict[str, Any] = {name: np.full(n, value, dtype=kinds[name]) for name, value in given.items()}
        if "on_hand" in given:
            chosen["under_way"] = None
        return episodes.begin(self, replace(self.draw_starts(n, rng), **chosen))

    def restart(self, state: Episodes, over: BoolArray, rng: np.random.Generator) -> Episodes:
        """New episodes in the places of those that are over."""
        return episodes.restart(self, state, over, self.draw_starts(int(over.sum()), rng))

    def observe(self, state: Episodes) -> FloatArray:
        """What the agent sees, shape (n, len(observation_names(n_suppliers)))."""
        return episodes.observe_episodes(self, state)

    def step(self, state: Episodes, action: FloatArray) -> tuple[Episodes, EpisodeOutcome]:
        """Order, and let one review period pass."""
        return episodes.step(self, state, action)

    def is_over(self, state: Episodes) -> BoolArray:
        """Whether another review period would lead beyond what can be foreseen, shape (n,)."""
        return episodes.is_over(self, state)

    def describe(self, state: Episodes) -> ByName:
        """Series, path, period, stock on hand and price."""
        return {
            "series": state.series,
            "path": state.path,
            "period": state.period,
            "on_hand": state.stock.on_hand,
            "price": state.price,
        }

    def differentiable(self) -> "TorchTrainingWorld":
        """The same world in torch, with gradients."""
        from allocast.agents.worlds.torch_training_world import (
            TorchTrainingWorld,  # torch costs seconds to import
        )

        return TorchTrainingWorld(self)

    @property
    def _usual_longest(self) -> int:
        return int(self.lead_time[..., 0].max())

    def _take_shares(self) -> None:
        """With one supplier, shares may come without an axis for suppliers, as lead times."""
        if self.delivered_share is None:
            return
        share = np.asarray(self.delivered_share, dtype=np.float64)
        share = share[..., None] if share.ndim == 3 and self.n_suppliers == 1 else share
        object.__setattr__(self, "delivered_share", freeze(share))
