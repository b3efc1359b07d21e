"""The part of Stable-Baselines3's network that decides."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from stable_baselines3.common.policies import ActorCriticPolicy
from torch import Tensor

__all__ = ["decide", "one_thread"]


def decide(policy: ActorCriticPolicy, observation: Tensor) -> Tensor:
    """The deterministic action, with its gradient, not yet cut to the action space."""
    features = policy.extract_features(observation, policy.pi_features_extractor)
    action: Tensor = policy.action_net(policy.mlp_extractor.forward_actor(features))
    return action


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch with one thread for as long as this lasts: networks this small lose a factor of ten to more."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
