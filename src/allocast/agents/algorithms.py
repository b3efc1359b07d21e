"""The algorithms that agents are trained with, made from their settings."""

from math import log
from typing import Any

import numpy as np
import torch
from stable_baselines3 import A2C, PPO, SAC, TD3
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.noise import NormalActionNoise

from allocast.agents.agent_settings import (
    AgentSettings,
    OffPolicySettings,
    OnPolicySettings,
    PathwiseSettings,
)
from allocast.agents.environments.vector_environment import InventoryVecEnv
from allocast.agents.pathwise import Cosine, PathwiseGradient
from allocast.agents.worlds.training_world import TrainingWorld
from allocast.errors import UnknownNameError

__all__ = ["make_algorithm"]


def make_algorithm(world: TrainingWorld, settings: AgentSettings, seed: int) -> BaseAlgorithm:
    """An untrained algorithm on many episodes of a world.

    Parameters
    ----------
    seed : int, >= 0
        SB3 seeds its libraries' global generators with it.
    """
    if isinstance(settings, OnPolicySettings):
        return _on_policy(world, settings, seed)
    if isinstance(settings, OffPolicySettings):
        return _off_policy(world, settings, seed)
    if isinstance(settings, PathwiseSettings):
        return _pathwise(world, settings, seed)
    raise UnknownNameError("settings of an agent", type(settings).__name__, ["OnPolicySettings"])


def _common(settings: AgentSettings, seed: int) -> dict[str, Any]:
    return {
        "policy": "MlpPolicy",
        "policy_kwargs": {"net_arch": list(settings.hidden_sizes), "activation_fn": torch.nn.Tanh},
        "learning_rate": lambda remaining: settings.learning_rate * remaining,
        "seed": seed,
        "device": "cpu",
    }


def _on_policy(world: TrainingWorld, settings: OnPolicySettings, seed: int) -> BaseAlgorithm:
    given = _common(settings, seed) | {
        "env": InventoryVecEnv(world, settings.n_envs),
        "n_steps": settings.n_steps,
        "gamma": settings.gamma,
        "gae_lambda": settings.gae_lambda,
    }
    given["policy_kwargs"]["log_std_init"] = log(settings.initial_spread)
    if settings.algorithm == "a2c":
        return A2C(**given)
    batch_size = settings.n_envs * settings.n_steps // settings.n_batches
    return PPO(**given, batch_size=batch_size, n_epochs=settings.n_epochs)


def _off_policy(world: TrainingWorld, settings: OffPolicySettings, seed: int) -> BaseAlgorithm:
    given = _common(settings, seed) | {
        "env": InventoryVecEnv(world, settings.n_envs),
        "gamma": settings.gamma,
        "buffer_size": settings.memory_steps,
        "batch_size": settings.batch_size,
        "learning_starts": settings.batch_size,
        "train_freq": settings.n_steps,
        "gradient_steps": settings.n_updates,
    }
    if settings.algorithm == "sac":
        return SAC(**given)
    size = world.action_size
    noise = NormalActionNoise(mean=np.zeros(size), sigma=np.full(size, settings.spread))
    return TD3(**given, action_noise=noise)


def _pathwise(world: TrainingWorld, settings: PathwiseSettings, seed: int) -> BaseAlgorithm:
    differentiable = world.differentiable()
    tail = min(settings.n_tail_steps, differentiable.n_decisions - 1)
    given = _common(settings, seed) | {"learning_rate": Cosine(highest=settings.learning_rate)}
    return PathwiseGradient(
        **given,
        env=differentiable,
        n_paths=settings.n_envs,
        n_steps=min(settings.n_steps, differentiable.n_decisions - tail),
        n_tail_steps=tail,
        keep_paths=False,
    )
