"""Many series at once as a Stable-Baselines3 vector environment, one array operation a step."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv

from allocast.agents.environment import ACTION_SPACE, OBSERVATION_SPACE, Observation
from allocast.agents.episodes import begin, is_over, observe_episodes, restart, step
from allocast.agents.training_world import TrainingWorld
from allocast.numerics.arrays import BoolArray, FloatArray

__all__ = ["InventoryVecEnv"]

Indices = int | Sequence[int] | None


class InventoryVecEnv(VecEnv):  # type: ignore[misc]  # SB3 is not followed by mypy
    """``n_envs`` independent ``InventoryEnv`` episodes, stepped together in this process.

    An episode that is over is followed at once by a new one; its last observation is in its info as
    ``terminal_observation``, with ``TimeLimit.truncated``. Without ``seed`` the draws are not repeatable.

    Parameters
    ----------
    world : TrainingWorld
    n_envs : int, >= 1
    """

    render_mode: str | None = None

    def __init__(self, world: TrainingWorld, n_envs: int) -> None:
        self.world = world
        self._rng = np.random.default_rng()
        super().__init__(n_envs, OBSERVATION_SPACE, ACTION_SPACE)

    def reset(self) -> Observation:
        """Start all episodes; a seed given before takes effect now."""
        if self._seeds[0] is not None:
            self._rng = np.random.default_rng(self._seeds[0])
        self._reset_seeds()
        self._reset_options()
        self.episodes = begin(self.world, self.world.draw_starts(self.num_envs, self._rng))
        return observe_episodes(self.world, self.episodes).astype(np.float32)

    def step_async(self, actions: FloatArray) -> None:
        """Keep the actions for ``step_wait``."""
        self._actions = np.asarray(actions, dtype=np.float64)[:, 0]

    def step_wait(self) -> tuple[Observation, NDArray[np.float32], BoolArray, list[dict[str, Any]]]:
        """Observations, rewards, which episodes are over, and infos, empty but for those."""
        self.episodes, outcome = step(self.world, self.episodes, self._actions)
        over = is_over(self.world, self.episodes)
        observation = observe_episodes(self.world, self.episodes).astype(np.float32)
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        if over.any():
            for row in np.flatnonzero(over):
                infos[row] = {"terminal_observation": observation[row], "TimeLimit.truncated": True}
            self.episodes = restart(self.world, self.episodes, over, self._rng)
            observation = observe_episodes(self.world, self.episodes).astype(np.float32)
        return observation, outcome.reward.astype(np.float32), over, infos

    def close(self) -> None:
        """Nothing is held open."""

    def get_attr(self, attr_name: str, indices: Indices = None) -> list[Any]:
        """The shared attribute, once per environment asked for."""
        return [getattr(self, attr_name) for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Indices = None) -> None:  # noqa: ARG002 - SB3's signature
        """Set the shared attribute; no environment has one of its own."""
        setattr(self, attr_name, value)

    def env_method(self, method_name: str, *args: Any, indices: Indices = None, **kwargs: Any) -> list[Any]:
        """Call the shared method once per environment asked for."""
        return [getattr(self, method_name)(*args, **kwargs) for _ in self._get_indices(indices)]

    def env_is_wrapped(self, wrapper_class: type, indices: Indices = None) -> list[bool]:  # noqa: ARG002 - as above
        """None is: there are no separate environments."""
        return [False for _ in self._get_indices(indices)]
