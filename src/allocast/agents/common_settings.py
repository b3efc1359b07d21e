"""How an agent is trained: what all algorithms have in common. Defaults are the documentation."""

from dataclasses import dataclass
from typing import Literal, get_args, get_type_hints

import numpy as np

from allocast.errors import SettingsError, UnknownNameError

__all__ = ["AgentSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSettings:
    """What all algorithms have in common; each family has its own class.

    Parameters
    ----------
    algorithm : str
    total_steps : int, >= 1
        Decisions to learn from; rounded up to whole rollouts.
    n_envs : int, >= 1
        Episodes played side by side.
    n_steps : int, >= 1
        Decisions of each episode between two updates; a rollout is ``n_envs * n_steps`` decisions.
    learning_rate : float, > 0
        At the start; it falls to 0 at the end.
    hidden_sizes : tuple of int
        Neurons of each hidden layer.
    gamma : float in [0, 1)
        What a cost one decision later weighs now. It must see beyond the lead time.
    n_evaluations : int, >= 1
        Points of the learning curve; the best network of them is kept. Each is a checkpoint too.
    evaluation_episodes : int, >= 1
        Fixed scenarios on which every point is judged, without exploration.
    patience : int, >= 1, optional
        Stop after so many points without a lower cost; by default never.
    scenarios : "forecast" or "history"
        Where the futures come from that it learns in: drawn from the forecast, or put together from blocks of history
        (``block_bootstrap``), which follows no model.
    highest_price : float, >= 0, money per unit of money
        Each episode has a shadow price of money up to this. Where a budget is shared (``BudgetedPolicy``), the agent
        decides at prices that it learned at; at higher ones a classical policy does. 0: money is never scarce.

    Raises
    ------
    UnknownNameError
        The algorithm is none of the family's.
    SettingsError
        A number is out of its range.
    """

    algorithm: str
    total_steps: int = 400_000
    n_envs: int = 256
    n_steps: int = 16
    learning_rate: float = 1e-3
    hidden_sizes: tuple[int, ...] = (64, 64)
    gamma: float = 0.97
    n_evaluations: int = 20
    evaluation_episodes: int = 2048
    patience: int | None = None
    scenarios: Literal["forecast", "history"] = "forecast"
    highest_price: float = 0.0

    def __post_init__(self) -> None:
        valid = get_args(get_type_hints(type(self))["algorithm"])
        if self.algorithm not in valid:
            raise UnknownNameError("algorithm", self.algorithm, valid)
        object.__setattr__(self, "hidden_sizes", tuple(self.hidden_sizes))
        mistakes = [message for wrong, message in self._mistakes() if wrong]
        if mistakes:
            raise SettingsError("\n".join(mistakes))

    def _mistakes(self) -> list[tuple[bool, str]]:
        return [
            *self._below_one("total_steps", "n_envs", "n_steps", "n_evaluations", "evaluation_episodes"),
            *(self._below_one("patience") if self.patience is not None else ()),
            (
                self.scenarios not in ("forecast", "history"),
                f"scenarios must be forecast or history; they are {self.scenarios}.",
            ),
            (
                not 0 <= self.highest_price < np.inf,
                f"highest_price must be >= 0 and finite; it is {self.highest_price}.",
            ),
            (not self.learning_rate > 0, f"learning_rate must be > 0; it is {self.learning_rate}."),
            (not 0 <= self.gamma < 1, f"gamma must lie in [0, 1); it is {self.gamma}."),
            (
                min(self.hidden_sizes, default=0) < 1,
                f"hidden_sizes must be >= 1; they are {self.hidden_sizes}.",
            ),
        ]

    def _below_one(self, *names: str) -> list[tuple[bool, str]]:
        return [(getattr(self, n) < 1, f"{n} must be >= 1; it is {getattr(self, n)}.") for n in names]
