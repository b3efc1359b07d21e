"""Many episodes at once as a Gymnasium vector environment, one array operation a step."""

from collections.abc import Sequence
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from allocast.agents.environments.environment import Observation, action_space, observation_space
from allocast.agents.worlds.world import World
from allocast.errors import DataError
from allocast.numerics.arrays import BoolArray

__all__ = ["InventoryVectorEnv"]

Rewards = NDArray[np.float64]
Seeds = int | Sequence[int | None] | None


class InventoryVectorEnv(gym.vector.VectorEnv[Observation, Observation, Any]):
    """``num_envs`` independent ``InventoryEnv`` episodes, for libraries that take Gymnasium's own vector form.

    An episode that is over is followed at once by a new one (``AutoresetMode.SAME_STEP``); its last observation is in
    ``infos["final_obs"]``, in the rows where ``infos["_final_obs"]``.

    Parameters
    ----------
    world : World
    num_envs : int, >= 1
    """

    metadata: dict[str, Any] = {  # noqa: RUF012 - the name and kind that gymnasium asks for
        "render_modes": [],
        "autoreset_mode": gym.vector.AutoresetMode.SAME_STEP,
    }

    def __init__(self, world: World[Any], num_envs: int) -> None:
        self.world, self.num_envs = world, num_envs
        self.single_observation_space, self.single_action_space = (
            observation_space(world),
            action_space(world),
        )
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._state: Any = None

    def reset(
        self, *, seed: Seeds = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Start all episodes, with the options of the world.

        Parameters
        ----------
        seed : int, or a sequence of num_envs of them, optional
            Episodes share one generator, which all numbers of a sequence seed; None among them is drawn.

        Raises
        ------
        DataError
            A sequence of seeds is not one an episode.
        """
        super().reset(seed=self._one_seed(seed))
        self._state = self.world.begin(self.num_envs, self.np_random, options)
        return self._observation(), dict(self.world.describe(self._state))

    def step(self, actions: Observation) -> tuple[Observation, Rewards, BoolArray, BoolArray, dict[str, Any]]:
        """Order in every episode, and let time pass; ``infos`` holds the ledger, arrays of a row an episode."""
        if self._state is None:
            raise gym.error.ResetNeeded("call reset() before step()")
        self._state, outcome = self.world.step(self._state, np.asarray(actions, dtype=np.float64))
        over = self.world.is_over(self._state)
        observation, infos = self._observation(), dict(outcome.ledger())
        if over.any():
            infos |= {"final_obs": observation, "_final_obs": over}
            self._state = self.world.restart(self._state, over, self.np_random)
            observation = self._observation()
        return observation, outcome.reward.astype(np.float64), np.zeros_like(over), over, infos

    def _one_seed(self, seed: Seeds) -> int | None:
        """A seed for all episodes."""
        if seed is None or isinstance(seed, int | np.integer):
            return None if seed is None else int(seed)
        if len(seed) != self.num_envs:
            raise DataError(
                f"there must be one seed for each of {self.num_envs} episodes; there are {len(seed)}."
            )
        if all(each is None for each in seed):
            return None
        drawn = np.random.default_rng()
        each = [int(drawn.integers(2**32)) if own is None else int(own) for own in seed]
        return int(np.random.SeedSequence(each).generate_state(1)[0])

    def _observation(self) -> Observation:
        observation: Observation = self.world.observe(self._state).astype(np.float32)
        return observation
