"""Everything that the rest of a training depends on, taken from an algorithm and put back."""

import random
from operator import attrgetter
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.base_class import BaseAlgorithm

from allocast.agents.saved_state import shaped_like

__all__ = ["restore", "taken"]

_COUNTERS = ("num_timesteps", "_n_updates", "_episode_num", "_last_obs", "_last_episode_starts")


def taken(model: BaseAlgorithm) -> dict[str, Any]:
    """The state of an algorithm between two rollouts: networks, optimisers, memory, episodes, chance.

    What is restored from it goes on exactly as the algorithm itself would have, in this process or another.
    """
    parts, variables = _torch_parts(model)
    memory = getattr(model, "replay_buffer", None)
    return {
        "counters": {name: getattr(model, name) for name in _COUNTERS if hasattr(model, name)},
        "parts": {name: attrgetter(name)(model).state_dict() for name in parts},
        "variables": {name: attrgetter(name)(model) for name in variables},
        "memory": None if memory is None else _memory(memory),
        "episodes": getattr(model.env, "state", None),
        "paths": getattr(model, "_paths", None),
        "chance": {name: generator.bit_generator.state for name, generator in _generators(model).items()},
        "torch": torch.get_rng_state(),
        "numpy": np.random.get_state(legacy=False),  # noqa: NPY002 - it is what SB3 draws from
        "python": random.getstate(),
        "path_chance": model.generator.get_state() if hasattr(model, "generator") else None,
    }


def restore(model: BaseAlgorithm, state: dict[str, Any]) -> None:
    """Make a new algorithm of the same settings and world what it was."""
    for name, value in state["counters"].items():
        setattr(model, name, value)
    for name, part in state["parts"].items():
        attrgetter(name)(model).load_state_dict(part)
    for name, value in state["variables"].items():
        attrgetter(name)(model).data.copy_(value)  # in place: an optimiser holds it
    for name, value in (state["memory"] or {}).items():
        setattr(model.replay_buffer, name, value)
    if state["episodes"] is not None:
        template = model.env.world.begin(1, np.random.default_rng(0))
        model.env.state = shaped_like(template, state["episodes"])
    if state["paths"] is not None:
        world = model.env.env_method("differentiable", indices=0)[0]
        model._paths = shaped_like(world.begin(1, torch.Generator()), state["paths"])
    for name, generator in _generators(model).items():
        generator.bit_generator.state = state["chance"][name]
    torch.set_rng_state(state["torch"])
    np.random.set_state(state["numpy"])  # noqa: NPY002 - it is what SB3 draws from
    random.setstate(state["python"])
    if state["path_chance"] is not None:
        model.generator.set_state(state["path_chance"])


def _torch_parts(model: BaseAlgorithm) -> tuple[list[str], list[str]]:
    """Names of what has a state, optimisers last, and of single tensors."""
    parts, variables = model._get_torch_save_params()
    if getattr(model.policy, "optimizer", None) is not None and "policy.optimizer" not in parts:
        parts = [*parts, "policy.optimizer"]
    return parts, variables


def _memory(buffer: Any) -> dict[str, Any]:
    """What a replay buffer remembers, and where it writes next."""
    kept = {name: value for name, value in vars(buffer).items() if isinstance(value, np.ndarray)}
    return kept | {"pos": buffer.pos, "full": buffer.full}


def _generators(model: BaseAlgorithm) -> dict[str, np.random.Generator]:
    own = {"actions": model.action_space.np_random}
    if hasattr(model.env, "_rng"):
        own["episodes"] = model.env._rng
    return own
