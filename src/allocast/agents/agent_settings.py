"""How an agent is trained: the settings of each family of algorithms."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args, get_type_hints

import numpy as np

from allocast.agents.common_settings import AgentSettings
from allocast.errors import DataError, UnknownNameError
from allocast.numerics.arrays import FloatArray

__all__ = [
    "ALGORITHMS",
    "AgentSettings",
    "OffPolicySettings",
    "OnPolicySettings",
    "PathwiseSettings",
    "ServiceLevelSettings",
    "saved_settings",
    "settings_from",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class OnPolicySettings(AgentSettings):
    """Stable-Baselines3's PPO and A2C, which learn from what the policy of the moment does.

    Parameters
    ----------
    n_steps : int, >= 2
    gae_lambda : float in [0, 1]
    initial_spread : float, > 0
        Standard deviation of the exploration at the start; the whole range of the action is 2 wide.
    n_epochs, n_batches : int, >= 1
        PPO only: passes over a rollout, and updates a pass; ``n_batches`` divides the rollout evenly.
    """

    algorithm: Literal["ppo", "a2c"] = "ppo"
    gae_lambda: float = 0.9
    initial_spread: float = 0.25
    n_epochs: int = 5
    n_batches: int = 8

    def _mistakes(self) -> list[tuple[bool, str]]:
        rollout = self.n_envs * self.n_steps
        return [
            *AgentSettings._mistakes(self),
            *self._below_one("n_epochs", "n_batches"),
            (self.n_steps < 2, f"n_steps must be >= 2; it is {self.n_steps}."),
            (not self.initial_spread > 0, f"initial_spread must be > 0; it is {self.initial_spread}."),
            (not 0 <= self.gae_lambda <= 1, f"gae_lambda must lie in [0, 1]; it is {self.gae_lambda}."),
            (
                self.n_batches >= 1 and rollout % self.n_batches > 0,
                f"n_batches must divide a rollout of {rollout} decisions; it is {self.n_batches}.",
            ),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class OffPolicySettings(AgentSettings):
    """Stable-Baselines3's SAC and TD3, which learn from a memory of what any policy did.

    Parameters
    ----------
    batch_size : int, >= 1
        Decisions looked at in one update; learning begins when so many are remembered.
    n_updates : int, >= 1
        After each rollout.
    memory_steps : int, >= n_envs
        Decisions remembered.
    spread : float, > 0
        TD3 only: standard deviation of its exploration.
    """

    algorithm: Literal["sac", "td3"] = "sac"
    total_steps: int = 100_000
    n_envs: int = 64
    n_steps: int = 1
    batch_size: int = 512
    n_updates: int = 4
    memory_steps: int = 100_000
    spread: float = 0.1

    def _mistakes(self) -> list[tuple[bool, str]]:
        return [
            *AgentSettings._mistakes(self),
            *self._below_one("batch_size", "n_updates"),
            (not self.spread > 0, f"spread must be > 0; it is {self.spread}."),
            (
                self.memory_steps < self.n_envs,
                f"memory_steps must be >= n_envs, {self.n_envs}; it is {self.memory_steps}.",
            ),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class PathwiseSettings(AgentSettings):
    """Our pathwise trainer, which follows the gradient of the simulated cost itself; ``gamma`` is not used.

    Parameters
    ----------
    n_tail_steps : int, >= 0
        Decisions of each episode after those that learn, in which the last of these show their cost. It should
        be more than the longest lead time. Both together are cut to what the world's futures hold.
    """

    algorithm: Literal["pathwise"] = "pathwise"
    total_steps: int = 2_000_000
    n_envs: int = 512
    learning_rate: float = 1e-2
    n_tail_steps: int = 8

    def _mistakes(self) -> list[tuple[bool, str]]:
        return [
            *AgentSettings._mistakes(self),
            (self.n_tail_steps < 0, f"n_tail_steps must be >= 0; it is {self.n_tail_steps}."),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLevelSettings(AgentSettings):
    """Few numbers that choose the service level of each order, learned by the gradient of what past windows cost.

    It learns from history, each window of it with the forecasts of a model trained before it. What belongs to networks
    is not used.

    Parameters
    ----------
    total_steps : int, >= 1
        Updates.
    n_envs : int, >= 1
        Past windows in each.
    past_windows : int, >= 1
        The forecasts of so many windows of the backtest's shape, each by a model of its beginning.
    classical_level : float in (0, 1), optional
        By default levels start at the critical ratio, and a shift of all is learned with the rest. Given, they start
        here, and the shift is left out of the agent: it says how far forecasts of the past were off, more than
        today's will be.
    penalty : float, >= 0
        Money added for each number's square: what history does not ask for stays as it is classically.
    """

    algorithm: Literal["service_level"] = "service_level"
    total_steps: int = 60
    n_envs: int = 4
    learning_rate: float = 0.03
    past_windows: int = 12
    classical_level: float | None = None
    penalty: float = 0.02

    def _mistakes(self) -> list[tuple[bool, str]]:
        return [
            *AgentSettings._mistakes(self),
            *self._below_one("past_windows"),
            (
                not 0 < (0.5 if self.classical_level is None else self.classical_level) < 1,
                f"classical_level must lie in (0, 1); it is {self.classical_level}.",
            ),
            (not self.penalty >= 0, f"penalty must be >= 0; it is {self.penalty}."),
        ]

    def usual_logit(self, critical_ratio: FloatArray) -> FloatArray:
        """Logarithm of the odds of the usual level of each series, shape (n_series,)."""
        level = (
            critical_ratio
            if self.classical_level is None
            else np.full_like(critical_ratio, self.classical_level)
        )
        inside = np.clip(level, 1e-3, 1 - 1e-3)
        return np.asarray(np.log(inside / (1 - inside)))


_FAMILIES: tuple[type[AgentSettings], ...] = (
    OnPolicySettings,
    OffPolicySettings,
    PathwiseSettings,
    ServiceLevelSettings,
)
_FAMILY_OF = {name: family for family in _FAMILIES for name in get_args(get_type_hints(family)["algorithm"])}
ALGORITHMS = tuple(_FAMILY_OF)
"""All that can be trained with."""


def settings_from(values: Mapping[str, Any]) -> AgentSettings:
    """Settings from their names and values, of the family that their algorithm belongs to.

    Raises
    ------
    UnknownNameError
        The algorithm is none of ``ALGORITHMS``, or a name is none of its family's.

    Examples
    --------
    >>> type(settings_from({"algorithm": "sac"})).__name__
    'OffPolicySettings'
    """
    algorithm = str(values.get("algorithm"))
    if algorithm not in _FAMILY_OF:
        raise UnknownNameError("algorithm", algorithm, ALGORITHMS)
    family = _FAMILY_OF[algorithm]
    valid = [field.name for field in fields(family)]
    for name in values:
        if name not in valid:
            raise UnknownNameError(f"setting of {algorithm}", name, valid)
    return family(**values)


def saved_settings(values: Mapping[str, Any]) -> AgentSettings:
    """The settings that were saved beside an agent.

    Raises
    ------
    DataError
        This version has other settings.
    """
    try:
        return settings_from(values)
    except UnknownNameError as error:
        raise DataError(f"this agent was trained with other settings ({error}); train it again.") from error
