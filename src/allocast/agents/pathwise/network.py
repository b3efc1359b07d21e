"""The part of Stable-Baselines3's network that decides."""

from stable_baselines3.common.policies import ActorCriticPolicy
from torch import Tensor

__all__ = ["decide"]


def decide(policy: ActorCriticPolicy, observation: Tensor) -> Tensor:
    """The deterministic action, with its gradient, not yet cut to the action space."""
    features = policy.extract_features(observation, policy.pi_features_extractor)
    action: Tensor = policy.action_net(policy.mlp_extractor.forward_actor(features))
    return action
