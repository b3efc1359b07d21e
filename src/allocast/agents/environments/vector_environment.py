"""Many episodes at once as a Stable-Baselines3 vector environment, one array operation a step."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocast.agents.environments.environment import Observation, action_space, observation_space
from allocast.agents.environments.one_object import OneObjectVecEnv
from allocast.agents.worlds.world import World
from allocast.errors import DataError
from allocast.numerics.arrays import BoolArray, FloatArray

__all__ = ["InventoryVecEnv"]


class InventoryVecEnv(OneObjectVecEnv):
    """``n_envs`` independent ``InventoryEnv`` episodes, stepped together in this process.

    An episode that is over is followed at once by a new one; its last observation is in its info as
    ``terminal_observation``, with ``TimeLimit.truncated``. Without ``seed`` the draws are not repeatable.

    Parameters
    ----------
    world : World
    n_envs : int, >= 1
    """

    def __init__(self, world: World[Any], n_envs: int) -> None:
        self.world = world
        self._rng = np.random.default_rng()
        self._nothing: list[dict[str, Any]] = [{}] * n_envs
        super().__init__(n_envs, observation_space(world), action_space(world))

    def reset(self) -> Observation:
        """Start all episodes; a seed and options given before take effect now.

        Raises
        ------
        UnknownNameError
            The world has no option of this name.
        DataError
            An option lies outside the world, or is not the same for all episodes.
        """
        options = self.common_options()
        if self._seeds[0] is not None:
            self._rng = np.random.default_rng(self._seeds[0])
        self._reset_seeds()
        self._reset_options()
        self.state = self.world.begin(self.num_envs, self._rng, options)
        return self._observation()

    def step_async(self, actions: FloatArray) -> None:
        """Keep the actions for ``step_wait``."""
        self._actions = np.asarray(actions, dtype=np.float64)

    def step_wait(self) -> tuple[Observation, NDArray[np.float32], BoolArray, list[dict[str, Any]]]:
        """Observations, rewards, which episodes are over, and infos: those of running episodes are one empty dict."""
        self.state, outcome = self.world.step(self.state, self._actions)
        over = self.world.is_over(self.state)
        observation, infos = self._observation(), self._nothing.copy()
        if over.any():
            for row in np.flatnonzero(over):
                infos[row] = {"terminal_observation": observation[row], "TimeLimit.truncated": True}
            self.state = self.world.restart(self.state, over, self._rng)
            observation = self._observation()
        return observation, outcome.reward.astype(np.float32), over, infos

    def _observation(self) -> Observation:
        observation: Observation = self.world.observe(self.state).astype(np.float32)
        return observation

    def differentiable(self) -> Any:
        """The world in torch, for trainers that follow gradients; see ``differentiable.Differentiable``.

        Raises
        ------
        DataError
            The world has no such form.
        """
        if not hasattr(self.world, "differentiable"):
            raise DataError(
                f"a {type(self.world).__name__} has no form in torch; train with PPO, or in a TrainingWorld."
            )
        return self.world.differentiable()
