"""A trained agent dressed as a policy: it decides, is saved and loaded with NumPy alone."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from allocast.agents.agent_settings import AgentSettings, saved_settings
from allocast.agents.budgets.budgeted_policy import at_price
from allocast.agents.policy_network import PolicyNetwork
from allocast.agents.worlds.actions import ACTION_MEANING, fractile, interval_quantiles, order_up_to_level
from allocast.agents.worlds.observation import observe_situation
from allocast.agents.worlds.observation_names import observation_names
from allocast.errors import DataError
from allocast.inventory.policies.projected_need import ProjectedNeed
from allocast.inventory.situation import OrderDecision, Situation
from allocast.numerics.arrays import BoolArray, FloatArray, freeze
from allocast.numerics.checks import require_shape

__all__ = ["STAND_IN", "AgentPolicy"]

STAND_IN = ProjectedNeed()
"""Decides for series that an agent does not know."""

_MARGIN = 0.05  # of the range of training
_ROUNDING = 1e-5  # training stores observations in single precision


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentPolicy:
    """A network that chooses the order-up-to level of every series from its observation.

    Outside the range seen in training a network guesses. Series with an observation there are therefore left to
    a classical policy, and the decision says so. Up to 5 % of the range beyond its ends is still taken for its end:
    forecasts are sampled anew for every decision.

    Parameters
    ----------
    network : PolicyNetwork
    observation_low, observation_high, observation_mean : arrays of shape (n_observations,)
        The range and the mean of each observation in training.
    settings : AgentSettings
        With which it was trained.

    Raises
    ------
    DataError
        The network takes other observations than its number of suppliers has.
    """

    kind: ClassVar[str] = "agent"

    network: PolicyNetwork
    observation_low: FloatArray
    observation_high: FloatArray
    observation_mean: FloatArray
    settings: AgentSettings

    def __post_init__(self) -> None:
        n_names, taken = len(self.observation_names), self.network.n_observations
        if taken != n_names:
            raise DataError(f"the agent's network must take {n_names} observations; it takes {taken}.")
        for name in ("observation_low", "observation_high", "observation_mean"):
            values = np.array(getattr(self, name), dtype=np.float64)
            require_shape(name, values, (n_names,))
            object.__setattr__(self, name, freeze(values))

    @property
    def name(self) -> str:
        """Name with its algorithm."""
        return f"agent({self.settings.algorithm})"

    @property
    def n_suppliers(self) -> int:
        """How many suppliers of each series it orders from."""
        return max(self.network.n_actions - 1, 1)

    @property
    def observation_names(self) -> tuple[str, ...]:
        """What it looks at."""
        return observation_names(self.n_suppliers)

    @property
    def example_observations(self) -> pd.DataFrame:
        """Three rows that ``predict_table`` takes: the low end, the middle and the high end of training."""
        low, high = self.observation_low, self.observation_high
        return pd.DataFrame(np.stack([low, (low + high) / 2, high]), columns=list(self.observation_names))

    def decide(self, situation: Situation) -> OrderDecision:
        """Order up to the level that the network's action means; where it does not know, as ``STAND_IN`` does."""
        return self.decide_at(situation, 0.0)

    def decide_at(self, situation: Situation, price: float) -> OrderDecision:
        """What it orders if each unit of money spent is worth so much more than itself, as where a budget is shared.

        Raises
        ------
        DataError
            It orders from several suppliers, and a situation has one.
        """
        if self.n_suppliers > 1:
            raise DataError(
                f"this agent orders from {self.n_suppliers} suppliers of each series, and a situation names one; "
                "train it on one."
            )
        observation = observe_situation(situation, price=price)
        own = self._meant(situation, observation)
        outside: BoolArray = np.asarray(self.beyond_training(observation).any(axis=1))
        if not outside.any():
            return own
        return replace(
            own.where(outside, STAND_IN.decide(at_price(situation, price))),
            notes=tuple(
                self._unseen(seen) if left else "" for left, seen in zip(outside, observation, strict=True)
            ),
            decided_by=tuple(STAND_IN.name if left else self.name for left in outside),
        )

    def _meant(self, situation: Situation, observation: FloatArray) -> OrderDecision:
        """An order up to the level that the network's action means."""
        quantiles = interval_quantiles(situation.lead_time_demand().units)
        level = order_up_to_level(self._action(observation), quantiles)
        return OrderDecision.up_to(level, situation.position.units)

    def beyond_training(self, observation: FloatArray) -> BoolArray:
        """Which observations lie outside the range of training, of the shape of ``observation``."""
        room = _MARGIN * (self.observation_high - self.observation_low) + _ROUNDING
        below = observation < self.observation_low - room
        return np.asarray(below | (observation > self.observation_high + room))

    def _unseen(self, observation: FloatArray) -> str:
        """Why a series was left to the stand-in: its observation furthest beyond training, in widths of the range."""
        low, high = self.observation_low, self.observation_high
        beyond = np.maximum(low - observation, observation - high) / (high - low + _ROUNDING)
        worst = int(np.argmax(beyond))
        return (
            f"Decided by {STAND_IN.name}: {self.observation_names[worst]} is {observation[worst]:.3g}, and the agent "
            f"has only seen {low[worst]:.3g} to {high[worst]:.3g}."
        )

    def predict_table(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Actions and the fractiles they mean, one row for each row of observations.

        Parameters
        ----------
        frame : DataFrame with the columns ``observation_names``, doubles

        Raises
        ------
        DataError
            Columns are missing.
        """
        missing = [name for name in self.observation_names if name not in frame]
        if missing:
            raise DataError(f"observations lack the columns {', '.join(missing)} ({len(missing)} missing).")
        action = self._action(frame[list(self.observation_names)].to_numpy(dtype=np.float64))
        return pd.DataFrame({"action": action, "fractile": fractile(action)}, index=frame.index)

    def state(self) -> dict[str, bytes]:
        """File name to content: ``weights.npz`` and ``agent.json``."""
        description = {
            "observation_names": list(self.observation_names),
            "action_meaning": ACTION_MEANING,
            "observation_low": self.observation_low.tolist(),
            "observation_high": self.observation_high.tolist(),
            "observation_mean": self.observation_mean.tolist(),
            "settings": asdict(self.settings),
        }
        return {
            "weights.npz": self.network.to_bytes(),
            "agent.json": json.dumps(description, indent=1, sort_keys=True).encode(),
        }

    @classmethod
    def from_state(cls, files: Mapping[str, bytes]) -> "AgentPolicy":
        """The agent that ``state`` described.

        Raises
        ------
        DataError
            A file is missing, or it was trained on other observations or actions than this version's.
        """
        missing = sorted({"weights.npz", "agent.json"} - set(files))
        if missing:
            raise DataError(
                f"an agent consists of weights.npz and agent.json; {', '.join(missing)} is missing."
            )
        description: dict[str, Any] = json.loads(files["agent.json"])
        network = PolicyNetwork.from_bytes(files["weights.npz"])
        settings = saved_settings(description["settings"])
        known = {
            "observation_names": list(observation_names(max(network.n_actions - 1, 1))),
            "action_meaning": ACTION_MEANING,
        }
        other = [name for name, value in known.items() if description.get(name) != value]
        if other:
            raise DataError(f"this agent was trained with other {' and '.join(other)}; train it again.")
        return cls(
            network=network,
            observation_low=np.array(description["observation_low"]),
            observation_high=np.array(description["observation_high"]),
            observation_mean=np.array(description["observation_mean"]),
            settings=settings,
        )

    def _action(self, observation: FloatArray) -> FloatArray:
        """How much to order, shape (n,)."""
        return self.network.action(np.clip(observation, self.observation_low, self.observation_high))[:, 0]
