"""One episode of a world as a Gymnasium environment."""

from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from allocast.agents.worlds.world import ByName, Outcome, World

__all__ = ["InventoryEnv", "Observation", "action_space", "observation_space"]

Observation = NDArray[np.float32]


def observation_space(world: World[Any]) -> gym.spaces.Box[Any]:
    """The box that the observations of a world lie in."""
    low, high = world.observation_low, world.observation_high
    return gym.spaces.Box(low.astype(np.float32), high.astype(np.float32), dtype=np.float32)


def action_space(world: World[Any]) -> gym.spaces.Box[Any]:
    """A number from -1 to 1 for each part of an action of a world."""
    return gym.spaces.Box(-1.0, 1.0, shape=(world.action_size,), dtype=np.float32)


class InventoryEnv(gym.Env[Observation, Observation]):
    """One episode of a world: a thin shell, whose only state is the world's state of one episode.

    Action Space
    ------------
    ``Box(-1, 1, (world.action_size,))``: what it means is said by the world.

    Observation Space
    -----------------
    ``Box`` from ``world.observation_low`` to ``world.observation_high``, all free of scale.

    Starting State
    --------------
    Drawn by ``world.begin``; ``reset(options={...})`` sets what the world lets one set, such as ``period`` and
    ``on_hand``. ``info`` says where the episode stands.

    Order of Events
    ---------------
    That of ``simulation.dynamics``: the order of a step is placed before its period begins; then what is due arrives,
    demand is met, costs are charged. With lead time 0 the order serves in the same step's period.

    Reward
    ------
    −cost until the next decision, in units of the world's ``cost_scale``. ``info`` holds the ledger of it.

    Episode End
    -----------
    Never terminated: stock has a value beyond the end. Truncated where the world's futures end.

    Parameters
    ----------
    world : World
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012 - the name and kind that gymnasium asks for

    def __init__(self, world: World[Any]) -> None:
        self.world = world
        self.observation_space = observation_space(world)
        self.action_space = action_space(world)
        self._state: Any = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Start an episode.

        Raises
        ------
        UnknownNameError
            The world has no option of this name.
        DataError
            An option lies outside the world.
        """
        super().reset(seed=seed)
        self._state = self.world.begin(1, self.np_random, options)
        return self._observation(), _first(self.world.describe(self._state))

    def step(self, action: Observation) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Order, and let time pass until the next decision; ``info`` holds the ledger."""
        if self._state is None:
            raise gym.error.ResetNeeded("call reset() before step()")
        acted = np.asarray(action, dtype=np.float64).reshape(1, -1)
        self._state, outcome = self.world.step(self._state, acted)
        truncated = bool(self.world.is_over(self._state)[0])
        return self._observation(), float(outcome.reward[0]), False, truncated, self._info(outcome)

    def _observation(self) -> Observation:
        observation: Observation = self.world.observe(self._state)[0].astype(np.float32)
        return observation

    def _info(self, outcome: Outcome) -> dict[str, Any]:
        return _first(self.world.describe(self._state)) | _first(outcome.ledger())


def _first(arrays: ByName) -> dict[str, Any]:
    """The first episode's values: numbers, or lists where there are several."""
    return {name: array[0].tolist() for name, array in arrays.items()}
