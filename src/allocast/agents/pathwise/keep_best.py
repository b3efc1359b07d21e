"""Keeps the network whose whole orders cost least on fixed scenarios."""

from typing import Any

import torch
from stable_baselines3.common.callbacks import BaseCallback
from torch import Tensor

from allocast.agents.pathwise.network import decide

__all__ = ["KeepBest", "simulated_cost"]


class KeepBest(BaseCallback):  # type: ignore[misc]  # SB3 is not followed by mypy
    """Judges the network now and then in the second half of a training, and puts the best one back at its end.

    All are judged on the same simulated demand, with whole orders, as they will be used: which way a rounding falls
    can matter more than what is still learned late in a training.

    Parameters
    ----------
    world : one of the textbook worlds, or of one warehouse
    every : int, >= 1
        Updates between two judgements.
    seed, n_paths : int
        Of the scenarios.
    """

    def __init__(self, world: Any, *, every: int, seed: int, n_paths: int = 2048) -> None:
        super().__init__()
        self.judged = world.in_whole_units()
        self.every, self.scenarios, self.n_judged_paths = every, seed, n_paths
        self.least = float("inf")
        self.best: dict[str, Tensor] = {}

    def _on_step(self) -> bool:
        return True

    def _on_rollout_end(self) -> None:
        late = 2 * self.num_timesteps >= self.model._total_timesteps
        if late and self.model._n_updates % self.every == 0:
            self._judge()

    def _on_training_end(self) -> None:
        self._judge()
        self.model.policy.load_state_dict(self.best)

    def _judge(self) -> None:
        cost = simulated_cost(
            self.judged, self.model.policy, seed=self.scenarios, n_paths=self.n_judged_paths
        )
        self.logger.record("eval/cost", cost)
        if cost < self.least:
            self.least = cost
            self.best = {name: tensor.clone() for name, tensor in self.model.policy.state_dict().items()}


@torch.no_grad()
def simulated_cost(
    world: Any, policy: Any, *, seed: int, n_paths: int = 2048, n_periods: int = 250, warm_up: int = 50
) -> float:
    """Mean cost a decision of a network over the periods that follow a warm-up, on the scenarios of a seed."""
    generator = torch.Generator().manual_seed(seed)
    state, total = world.begin(n_paths, generator), 0.0
    for period, future in enumerate(world.futures(n_paths, warm_up + n_periods, generator)):
        state, cost = world.step(state, decide(policy, world.observe(state)), future)
        if period >= warm_up:
            total += float(cost.mean())
    return total / n_periods
