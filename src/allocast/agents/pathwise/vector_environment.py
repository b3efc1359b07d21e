"""A differentiable world as a Stable-Baselines3 vector environment, so that any algorithm of theirs can learn in it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from gymnasium.spaces import Box
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv

from allocast.agents.differentiable import Differentiable
from allocast.numerics.arrays import BoolArray

__all__ = ["DifferentiableVecEnv", "spaces_of"]

Indices = int | Sequence[int] | None


def spaces_of(world: Differentiable[Any]) -> tuple[Box, Box]:
    """The observation and the action space of a world."""
    observations = Box(-np.inf, np.inf, (world.observation_size,), np.float32)
    return observations, Box(-1.0, 1.0, (world.action_size,), np.float32)


class DifferentiableVecEnv(VecEnv):  # type: ignore[misc]  # SB3 is not followed by mypy
    """``n_envs`` paths through a world, stepped together in this process; they never end.

    Parameters
    ----------
    world : Differentiable
    n_envs : int, >= 1
    """

    render_mode: str | None = None

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
        """Begin all paths; a seed given before takes effect now."""
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

    def _observation(self) -> NDArray[np.float32]:
        with torch.no_grad():
            observation: NDArray[np.float32] = self.world.observe(self._state).numpy()
        return observation
