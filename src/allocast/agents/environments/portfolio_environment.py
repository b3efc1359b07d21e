"""Many series with one budget as a single Gymnasium environment."""

from math import inf
from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from allocast.agents.worlds import episodes
from allocast.agents.worlds.episode_state import EpisodeOutcome, Episodes
from allocast.agents.worlds.starts import Starts
from allocast.agents.worlds.training_world import TrainingWorld
from allocast.agents.worlds.world import require_options
from allocast.errors import DataError

__all__ = ["PortfolioEnv"]

Numbers = NDArray[np.float32]


class PortfolioEnv(gym.Env[Numbers, Numbers]):
    """All series of a world at once, on one joint future, out of one purse and in one store.

    Action and Observation Space
    ----------------------------
    ``Box``: those of ``InventoryEnv``, series by series, flat. The orders that the actions mean are cut to what the
    budget of a review can pay, see ``budget.within_budget``, and to what there is room for, see ``dynamics.ration``.

    Reward
    ------
    −cost of all series, divided by the sum of their ``cost_scale``. ``info`` holds the ledger, lists of a value a
    series, and ``spent``.

    Parameters
    ----------
    world : TrainingWorld
        Path ``p`` of every series belongs to one joint future.
    budget : float, money per review, >= 0
        No limit by default.
    room : float, in units, >= 0
        For what is on hand and on order of all series; no limit by default.

    Raises
    ------
    DataError
        A limit is below 0.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012 - the name and kind that gymnasium asks for

    def __init__(self, world: TrainingWorld, *, budget: float = inf, room: float = inf) -> None:
        for name, limit in {"budget": budget, "room": room}.items():
            if not limit >= 0:
                raise DataError(f"{name} must be >= 0; it is {limit}.")
        self.world, self.budget, self.room, n = world, budget, room, world.n_series
        low, high = (np.tile(bound, n) for bound in (world.observation_low, world.observation_high))
        self.observation_space = gym.spaces.Box(
            low.astype(np.float32), high.astype(np.float32), dtype=np.float32
        )
        self.action_space = gym.spaces.Box(-1.0, 1.0, shape=(n * world.action_size,), dtype=np.float32)
        self._state: Episodes | None = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Numbers, dict[str, Any]]:
        """Start an episode; options are path and period."""
        super().reset(seed=seed)
        given, world = options or {}, self.world
        latest = world.n_moments - 1 - world.review_periods
        require_options(given, {"path": world.n_paths - 1, "period": latest})
        n = world.n_series
        path = given.get("path", self.np_random.integers(world.n_paths))
        period = given.get("period", self.np_random.integers((latest + 2) // 2))
        cover = self.np_random.uniform(0.0, 2.0, size=n)
        starts = Starts(
            series=np.arange(n),
            path=np.full(n, int(path)),
            period=np.full(n, int(period)),
            on_hand=np.rint(cover * world.interval_mean[:, int(period)]),
            price=np.zeros(n),
        )
        self._state = episodes.begin(world, starts)
        return self._observation(self._state), {"path": int(path), "period": int(period)}

    def step(self, action: Numbers) -> tuple[Numbers, float, bool, bool, dict[str, Any]]:
        """Order for all series, and let one review period pass."""
        if self._state is None:
            raise gym.error.ResetNeeded("call reset() before step()")
        acted = np.asarray(action, dtype=np.float64).reshape(self.world.n_series, -1)
        self._state, outcome = episodes.step(
            self.world, self._state, acted, budget=self.budget, room=self.room
        )
        reward = float(outcome.reward @ self.world.cost_scale / self.world.cost_scale.sum())
        truncated = bool(self.world.is_over(self._state)[0])
        return self._observation(self._state), reward, False, truncated, self._info(self._state, outcome)

    def _observation(self, state: Episodes) -> Numbers:
        observation: Numbers = self.world.observe(state).astype(np.float32).ravel()
        return observation

    def _info(self, state: Episodes, outcome: EpisodeOutcome) -> dict[str, Any]:
        ordered = outcome.placed.ordered.reshape(self.world.unit_cost.shape)
        ledger = {name: values.tolist() for name, values in outcome.ledger().items()}
        return ledger | {
            "period": int(state.period[0]),
            "spent": float((ordered * self.world.unit_cost).sum()),
        }
