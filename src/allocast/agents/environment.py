"""One series as a Gymnasium environment."""

from dataclasses import asdict, replace
from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from allocast.agents.episodes import Episodes, Outcome, begin, is_over, observe_episodes, step
from allocast.agents.observation import OBSERVATION_HIGH, OBSERVATION_LOW
from allocast.agents.training_world import TrainingWorld
from allocast.errors import DataError, UnknownNameError

__all__ = ["ACTION_SPACE", "OBSERVATION_SPACE", "InventoryEnv"]

Observation = NDArray[np.float32]

ACTION_SPACE = gym.spaces.Box(-1.0, 1.0, shape=(1,), dtype=np.float32)
OBSERVATION_SPACE = gym.spaces.Box(
    OBSERVATION_LOW.astype(np.float32), OBSERVATION_HIGH.astype(np.float32), dtype=np.float32
)


class InventoryEnv(gym.Env[Observation, Observation]):
    """Order one series on one sampled future: a thin shell around ``episodes``.

    Action Space
    ------------
    ``Box(-1, 1, (1,))``: a fractile of demand over the protection interval, which becomes an order-up-to
    level (see ``observation.order_up_to_level``). What the position lacks to the level is ordered, raised to
    the minimum order and whole packs. −1 orders nothing.

    Observation Space
    -----------------
    ``Box`` of ``len(OBSERVATION_NAMES)`` numbers, one a name: stock and what is on order by expected arrival,
    quantiles of demand over the protection interval, smallest order and order cost, all divided by expected
    demand over that interval; the lead time's mean and 90 % quantile; the critical ratio.

    Starting State
    --------------
    Series (in proportion to what is at stake), path, first period and stock on hand are drawn; nothing is on
    order. ``reset(options={"series": 0, "path": 0, "period": 0, "on_hand": 5})`` sets any of them.

    Reward
    ------
    −(holding + shortage + order cost) of the periods until the next decision, divided by mean demand ×
    √(holding cost × shortage cost), so that all series pay in the same coin.

    Episode End
    -----------
    Never terminated: stock has a value beyond the end. Truncated when the paths are used up.

    Parameters
    ----------
    world : TrainingWorld
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012 - the name and kind that gymnasium asks for
    observation_space = OBSERVATION_SPACE
    action_space = ACTION_SPACE

    def __init__(self, world: TrainingWorld) -> None:
        self.world = world
        self._episodes: Episodes | None = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Start an episode.

        Raises
        ------
        UnknownNameError
            An option is none of series, path, period and on_hand.
        DataError
            An option lies outside the world.
        """
        super().reset(seed=seed)
        chosen = _chosen(self.world, options or {})
        starts = replace(self.world.draw_starts(1, self.np_random), **chosen)
        self._episodes = begin(self.world, starts)
        return self._observation(self._episodes), {k: v.item() for k, v in asdict(starts).items()}

    def step(self, action: Observation) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Order, and let one review period pass; ``info`` holds the ledger."""
        if self._episodes is None:
            raise gym.error.ResetNeeded("call reset() before step()")
        self._episodes, outcome = step(self.world, self._episodes, np.asarray(action, dtype=np.float64))
        truncated = bool(is_over(self.world, self._episodes)[0])
        return (
            self._observation(self._episodes),
            float(outcome.reward[0]),
            False,
            truncated,
            _info(self._episodes, outcome),
        )

    def _observation(self, episodes: Episodes) -> Observation:
        observation: Observation = observe_episodes(self.world, episodes)[0].astype(np.float32)
        return observation


def _chosen(world: TrainingWorld, options: dict[str, Any]) -> dict[str, Any]:
    """The options as arrays of one, none of them outside the world."""
    limits = {
        "series": world.n_series - 1,
        "path": world.n_paths - 1,
        "period": world.n_moments - 1 - world.review_periods,
        "on_hand": np.inf,
    }
    for name, value in options.items():
        if name not in limits:
            raise UnknownNameError("reset option", name, limits)
        if not 0 <= value <= limits[name]:
            raise DataError(f"reset option {name} must lie within 0 and {limits[name]}; it is {value}.")
    kinds = {name: np.float64 if name == "on_hand" else np.int64 for name in options}
    return {name: np.array([value], dtype=kinds[name]) for name, value in options.items()}


def _info(episodes: Episodes, outcome: Outcome) -> dict[str, Any]:
    return {
        "period": int(episodes.period[0]),
        "order_units": outcome.order_units.item(),
        "order_cost": outcome.order_cost.item(),
        **{name: value.item() for name, value in asdict(outcome.ledger).items()},
    }
