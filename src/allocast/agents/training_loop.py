"""Trains an agent with Stable-Baselines3 on a training world."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import log
from typing import Any

import numpy as np
import torch
from stable_baselines3 import A2C, PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm

from allocast.agents.agent import AgentPolicy
from allocast.agents.agent_settings import AgentSettings
from allocast.agents.evaluation import evaluate, order_critical_ratio
from allocast.agents.observation import OBSERVATION_HIGH, OBSERVATION_LOW
from allocast.agents.policy_network import PolicyNetwork
from allocast.agents.training_world import TrainingWorld
from allocast.agents.vector_environment import InventoryVecEnv
from allocast.numerics.streams import integer_seed, stream

__all__ = ["TrainingResult", "train_agent"]

Progress = Callable[[Mapping[str, float]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingResult:
    """A trained agent and how it learned.

    Parameters
    ----------
    agent : AgentPolicy
    curve : tuple of dict
        One a point of the learning curve: ``step``, ``reward`` (mean while exploring), ``cost`` (mean per
        decision on fixed scenarios, in units of ``TrainingWorld.cost_scale``) and ``order_up_to_cost`` (of the
        critical fractile on the same scenarios).
    """

    agent: AgentPolicy
    curve: tuple[dict[str, float], ...]


def train_agent(
    world: TrainingWorld, settings: AgentSettings, *, seed: int, on_progress: Progress | None = None
) -> TrainingResult:
    """Train on one core; the same world, settings and seed give the same agent.

    The agent is the network of the cheapest point of the learning curve.

    Parameters
    ----------
    seed : int, >= 0
        A library at the rim draws its own numbers from it: torch takes no ``Generator`` of NumPy's.
    on_progress : function of a point of the learning curve, optional
        Called as soon as the point is known.
    """
    torch.set_num_threads(1)  # networks this small lose a factor of ten to more threads
    observer = _Observer(world, settings, seed, on_progress)
    model = _algorithm(InventoryVecEnv(world, settings.n_envs), settings, integer_seed(seed, "agent"))
    model.learn(settings.total_steps, callback=observer)
    observer.record()
    agent = AgentPolicy(
        network=observer.best, observation_low=observer.low, observation_high=observer.high, settings=settings
    )
    return TrainingResult(agent=agent, curve=tuple(observer.curve))


def _algorithm(env: InventoryVecEnv, settings: AgentSettings, seed: int) -> OnPolicyAlgorithm:
    common: dict[str, Any] = {
        "policy": "MlpPolicy",
        "env": env,
        "learning_rate": lambda remaining: settings.learning_rate * remaining,
        "n_steps": settings.n_steps,
        "gamma": settings.gamma,
        "gae_lambda": settings.gae_lambda,
        "policy_kwargs": {
            "net_arch": list(settings.hidden_sizes),
            "log_std_init": log(settings.initial_spread),
        },
        "seed": seed,
        "device": "cpu",
    }
    if settings.algorithm == "a2c":
        return A2C(**common)
    batch_size = settings.n_envs * settings.n_steps // settings.n_batches
    return PPO(**common, batch_size=batch_size, n_epochs=settings.n_epochs)


class _Observer(BaseCallback):  # type: ignore[misc]  # SB3 is not followed by mypy
    """Keeps the learning curve, the best network and the range of what was observed."""

    def __init__(
        self, world: TrainingWorld, settings: AgentSettings, seed: int, on_progress: Progress | None
    ) -> None:
        super().__init__()
        self.world = world
        self.starts = world.draw_starts(settings.evaluation_episodes, stream(seed, "agent", "evaluation"))
        self.order_up_to_cost = float(evaluate(world, order_critical_ratio, self.starts).mean())
        self.interval = settings.total_steps / settings.n_evaluations
        self.on_progress = on_progress
        self.low, self.high = OBSERVATION_HIGH, OBSERVATION_LOW  # empty: anything seen widens it
        self.curve: list[dict[str, float]] = []
        self.lowest_cost = np.inf

    def _on_step(self) -> bool:
        return True

    def _on_rollout_end(self) -> None:
        seen = self.model.rollout_buffer.observations
        self.low = np.minimum(self.low, seen.min(axis=(0, 1)))
        self.high = np.maximum(self.high, seen.max(axis=(0, 1)))
        self.reward = float(self.model.rollout_buffer.rewards.mean())
        if self.num_timesteps >= self.interval * (len(self.curve) + 1):
            self.record()

    def record(self) -> None:
        """Evaluate the network as it is now."""
        network = PolicyNetwork.from_sb3(self.model.policy)
        cost = float(evaluate(self.world, network.action, self.starts).mean())
        if cost < self.lowest_cost:
            self.lowest_cost, self.best = cost, network
        point = {
            "step": float(self.num_timesteps),
            "reward": self.reward,
            "cost": cost,
            "order_up_to_cost": self.order_up_to_cost,
        }
        self.curve.append(point)
        if self.on_progress is not None:
            self.on_progress(point)
