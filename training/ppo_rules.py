"""Stable-Baselines3's PPO on the lost-sales instances, beside the networks that learn through the dynamics.

It sees the same observations and gives the same actions; its costs are the same expectations given what is on hand.
Orders are whole from the start.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import Any

import torch
from stable_baselines3 import PPO

from allocast.agents.one_thread import one_thread
from allocast.agents.pathwise.lost_sales import LostSalesPaths
from allocast.agents.pathwise.vector_environment import DifferentiableVecEnv
from allocast.simulation.textbook.lost_sales import LostSales, OrderRule
from training.pathwise_rules import learned_rules

__all__ = ["PPOLearning", "lost_sales_ppo_rules"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PPOLearning:
    """How PPO learns one instance.

    Parameters
    ----------
    n_decisions : int
    n_envs, n_steps, batch_size, n_epochs : int
    rate : float
        At the start; it falls to 0 along a straight line.
    gamma, gae_lambda : float
    spread : float
        Of the exploration at the start; the whole range of the action is 2 wide.
    hidden : tuple of int
    """

    n_decisions: int = 5_000_000
    n_envs: int = 512
    n_steps: int = 32
    batch_size: int = 4096
    n_epochs: int = 4
    rate: float = 1e-3
    gamma: float = 0.98
    gae_lambda: float = 0.9
    spread: float = 0.25
    hidden: tuple[int, ...] = (64, 64)

    def model(self, world: Any, seed: int) -> PPO:
        """A network that has learned nothing yet."""
        return PPO(
            "MlpPolicy",
            DifferentiableVecEnv(world, self.n_envs),
            learning_rate=lambda remaining: self.rate * remaining,
            n_steps=self.n_steps,
            batch_size=self.batch_size,
            n_epochs=self.n_epochs,
            gamma=self.gamma,
            gae_lambda=self.gae_lambda,
            policy_kwargs={
                "net_arch": list(self.hidden),
                "activation_fn": torch.nn.SiLU,
                "log_std_init": log(self.spread),
            },
            seed=seed,
            device="cpu",
        )

    def learned(self, world: Any, seed: int) -> PPO:
        """A network that has learned."""
        with one_thread():
            return self.model(world, seed).learn(self.n_decisions)


def lost_sales_ppo_rules(
    instances: Sequence[LostSales], seed: int, learning: PPOLearning | None = None
) -> list[OrderRule]:
    """Orders that PPO learned for each instance."""
    return learned_rules(_whole_lost_sales, instances, seed, learning or PPOLearning())


def _whole_lost_sales(instance: LostSales) -> LostSalesPaths:
    return LostSalesPaths(instance, orders="whole")
