"""What environments and trainers need of a world: n episodes side by side, stepped by array operations."""

from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from allocast.errors import DataError, UnknownNameError
from allocast.numerics.arrays import BoolArray, FloatArray

__all__ = ["ByName", "Outcome", "World", "put_rows", "require_options"]

State = TypeVar("State")
Numbers = TypeVar("Numbers", bound=NDArray[Any])

ByName = dict[str, NDArray[Any]]
"""Arrays of shape (n,) or (n, …) by the name of what they hold: units, money, or where an episode stands."""


class Outcome(Protocol):
    """What one step brought each episode."""

    @property
    def reward(self) -> FloatArray:
        """Minus the cost, in units of the world's scale, shape (n,)."""
        ...

    def ledger(self) -> ByName:
        """Flows in units and costs in money."""
        ...


class World(Protocol[State]):
    """Where episodes come from and how they go on; it holds no state of its own.

    A state holds n episodes, each just before a decision. Everything that will happen to an episode is fixed when
    it begins: ``step`` draws nothing, so that two ways of acting can be compared on equal futures.
    """

    @property
    def observation_low(self) -> FloatArray:
        """Smallest value of each observation, shape (observation_size,)."""
        ...

    @property
    def observation_high(self) -> FloatArray:
        """Largest value of each observation, shape (observation_size,)."""
        ...

    @property
    def action_size(self) -> int:
        """Numbers of an action, each in [-1, 1]."""
        ...

    def begin(self, n: int, rng: np.random.Generator, options: Mapping[str, float] | None = None) -> State:
        """New episodes, drawn; what ``options`` names is set, and not drawn."""
        ...

    def restart(self, state: State, over: BoolArray, rng: np.random.Generator) -> State:
        """New episodes in the places of those that are over."""
        ...

    def observe(self, state: State) -> FloatArray:
        """What the agent sees, shape (n, observation_size)."""
        ...

    def step(self, state: State, action: FloatArray) -> tuple[State, Outcome]:
        """Order, and let time pass until the next decision; actions of shape (n, action_size)."""
        ...

    def is_over(self, state: State) -> BoolArray:
        """Which episodes have reached their end, shape (n,)."""
        ...

    def describe(self, state: State) -> ByName:
        """Where the episodes stand."""
        ...


def put_rows(old: Numbers, where: BoolArray, new: Numbers) -> Numbers:
    """A copy with the rows of ``where`` replaced; what has no rows stays as it is."""
    if not len(old):
        return old
    copy = old.copy()
    copy[where] = new
    return copy


def require_options(options: Mapping[str, float], highest: Mapping[str, float]) -> None:
    """That options have names that a world knows and values within 0 and its highest.

    Raises
    ------
    UnknownNameError
        Another name.
    DataError
        A value outside.
    """
    for name, value in options.items():
        if name not in highest:
            raise UnknownNameError("reset option", name, highest)
        if not 0 <= value <= highest[name]:
            raise DataError(f"reset option {name} must lie within 0 and {highest[name]}; it is {value}.")
