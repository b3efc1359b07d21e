"""A differentiable world as a Stable-Baselines3 vector environment, so that any algorithm of theirs can learn in it."""

from typing import Any

import numpy as np
import torch
from gymnasium.spaces import Box
from numpy.typing import NDArray

from allocast.agents.differentiable import Differentiable
from allocast.agents.environments.one_object import OneObjectVecEnv
from allocast.errors import UnknownNameError
from allocast.numerics.arrays import BoolArray

__all__ = ["DifferentiableVecEnv", "spaces_of"]


def spaces_of(world: Differentiable[Any]) -> tuple[Box, Box]:
    """The observation and the action space of a world."""
    observations = Box(-np.inf, np.inf, (world.observation_size,), np.float32)
    return observations, Box(-1.0, 1.0, (world.action_size,), np.float32)


class DifferentiableVecEnv(OneObjectVecEnv):
    """``n_envs`` paths through a world, stepped together in this process; they never end.

    That is what ``PathwiseGradient`` asks for: it cuts paths into updates itself. SB3's own algorithms learn here too,
    with an infinite horizon, for a rollout ends with the value of what follows. No episode is ever done, so what waits
    for its end does not come: ``ep_rew_mean``, ``EvalCallback``, ``evaluate_policy``. Judge in ``InventoryVecEnv``.

    Parameters
    ----------
    world : Differentiable
    n_envs : int, >= 1
    """

    def __init__(self, world: Differentiable[Any], n_envs: int) -> None:
        self.world = world
        self._generator = torch.Generator()
        self._never = np.zeros(n_envs, dtype=bool)
        self._infos: list[dict[str, Any]] = [{} for _ in range(n_envs)]
        super().__init__(n_envs, *spaces_of(world))

    def differentiable(self) -> Differentiable[Any]:
        """The world itself."""
        return self.world

    def reset(self) -> NDArray[np.float32]:
        """Begin all paths; a seed given before takes effect now.

        Raises
        ------
        UnknownNameError
            Options were set: there are none.
        """
        for name in self.common_options():
            raise UnknownNameError("reset option", name, ())
        if self._seeds[0] is not None:
            self._generator.manual_seed(self._seeds[0])
        self._reset_seeds()
        self._reset_options()
        self._state = self.world.begin(self.num_envs, self._generator)
        return self._observation()

    def step_async(self, actions: NDArray[np.float32]) -> None:
        """Keep the actions for ``step_wait``."""
        self._actions = torch.as_tensor(actions)

    @torch.no_grad()
    def step_wait(self) -> tuple[NDArray[np.float32], NDArray[np.float32], BoolArray, list[dict[str, Any]]]:
        """Observations, rewards (minus costs), that no path is over, and empty infos."""
        future = self.world.futures(self.num_envs, 1, self._generator)[0]
        self._state, cost = self.world.step(self._state, self._actions, future)
        return self._observation(), -cost.numpy(), self._never.copy(), self._infos

    def _observation(self) -> NDArray[np.float32]:
        with torch.no_grad():
            observation: NDArray[np.float32] = self.world.observe(self._state).numpy()
        return observation
